// The state of a review while the page is open: kept by this browser, or by the server of `inspect review serve`.

import { fill, words } from "../strings";
import type { PageData } from "../types";
import { readReview, reviewText } from "./file";
import { keyOf, type Item } from "./items";

const POLL_MS = 5000;
/** Under this and the identity of a run a browser keeps its review. */
export const KEPT = "mask-inspector.review.";
/** After the key of a review and before a date: what lay there and could not be read. */
const ASIDE = ".unreadable.";
const REVIEWER = "mask-inspector.reviewer";

/** What the store needs of the world; tests give their own. */
export interface World {
  /** Throws where the browser keeps nothing for this page. */
  storage: () => Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  later: (what: () => void, ms: number) => void;
  /** The key in the address that the server printed. */
  token: string;
}

/** An item as it goes over the wire: without a verdict it is taken back. */
type Sent = Omit<Item, "verdict"> & { verdict: Item["verdict"] | null };

/** What is on the server for one subject, as it answers. */
interface Answer {
  revision: number;
  item: Sent | null;
}

/** Someone else's verdict came first: `mine` is what was not saved. */
export interface Conflict {
  mine: Sent;
  theirs: Sent | null;
}

/** Items by their keys, and how they are kept. Listeners are told of every change. */
export class ReviewStore {
  readonly items = new Map<string, Item>();
  readonly conflicts = new Map<string, Conflict>();
  /** What this browser keeps of the run and cannot read, by the key under which it lies. */
  unreadable = new Map<string, string>();
  /** How the last change was kept, or why it was not, as a sentence; "" before the first. */
  status = "";
  reviewer = "";
  /** Changes whenever anything does. */
  version = 0;
  private readonly revisions = new Map<string, number>();
  private readonly waiting = new Map<string, Sent>();
  private readonly sending = new Set<string>();
  private readonly listeners = new Set<() => void>();
  private seen = 0;
  private isKept = true;
  private isAway = false;
  /** Why what this browser keeps of the run cannot be read; "" where it can. */
  private wrong = "";

  constructor(
    private readonly page: PageData,
    private readonly world: World,
  ) {
    this.reviewer = this.read(REVIEWER) ?? "";
    if (page.server) void this.poll();
    else this.reload();
  }

  /** Called after each change; returns what ends it. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Make an item the verdict on its subject. */
  put(item: Item): void {
    this.refresh();
    this.change([item]);
  }

  /** Take the verdict with this key back. */
  clear(key: string): void {
    this.refresh();
    const item = this.items.get(key);
    if (item) this.change([{ ...item, verdict: null, note: "" }]);
  }

  /** End a conflict: with what the other said, or with what I said. */
  settle(key: string, isMine: boolean): void {
    const conflict = this.conflicts.get(key);
    this.conflicts.delete(key);
    if (conflict && isMine) this.change([conflict.mine]);
    else this.tell(words.review_state.settled);
  }

  /** Who reviews, for the items to come. */
  name(reviewer: string): void {
    this.reviewer = reviewer;
    this.write(REVIEWER, reviewer);
    this.tell(this.status);
  }

  /** Take items in; of two on one subject the later one counts. Returns how many were new, changed, left as they were. */
  merge(items: readonly Item[]): { added: number; changed: number; kept: number } {
    this.refresh();
    const counts = { added: 0, changed: 0, kept: 0 };
    const taken = items.filter((item) => {
      const here = this.items.get(keyOf(item));
      const isNews = !here || here.at < item.at;
      counts[!here ? "added" : isNews ? "changed" : "kept"]++;
      return isNews;
    });
    if (taken.length) this.change(taken);
    return counts;
  }

  /** Whether closing the page would lose something. */
  isAtRisk(): boolean {
    return this.page.server ? this.waiting.size > 0 : !this.isKept && this.items.size > 0;
  }

  /** Read what this browser keeps: at the start, and when another of its tabs has written. */
  reload(): void {
    const why = this.takeKept();
    this.unreadable = this.findUnreadable();
    this.tell(why || this.status);
  }

  /** Remove a text that cannot be read; not what another tab has put in its place since. */
  forget(key: string): void {
    if (this.read(key) === this.unreadable.get(key)) this.world.storage().removeItem(key);
    this.status = "";
    this.reload();
  }

  /** Before a change: another tab may have written while this one slept, and its verdicts are not to be written over. */
  private refresh(): void {
    if (!this.page.server && this.isKept) this.takeKept();
  }

  /** Hold what this browser keeps. What is wrong with it, as a sentence; then all stays as it is. */
  private takeKept(): string {
    const text = this.read(this.key);
    if (text === undefined) {
      this.isKept = false;
      return words.review_state.not_kept;
    }
    this.wrong = "";
    try {
      const items = this.itemsOf(text);
      if (text && this.isKept) this.items.clear(); // what it refused to keep is here alone
      for (const item of items) this.items.set(keyOf(item), item);
      return "";
    } catch (error) {
      return (this.wrong = fill(words.review_state.unreadable, { why: (error as Error).message }));
    }
  }

  /** Throws an Error with a sentence for what is no review of this run. */
  private itemsOf(text: string | null): Item[] {
    return text ? readReview(text, this.page, () => undefined) : [];
  }

  private change(items: readonly Sent[]): void {
    const keys = items.map(keyOf);
    items.forEach((item, place) => {
      const key = keys[place]!;
      this.conflicts.delete(key); // who says something anew has seen what the other said
      this.hold(key, item);
      if (this.page.server) this.waiting.set(key, item);
    });
    if (this.page.server) {
      this.tell(words.review_state.sending);
      for (const key of keys) void this.send(key);
    } else {
      this.isKept = this.setAside() && this.write(this.key, reviewText(this.page, this.items.values()));
      if (this.isKept) this.wrong = "";
      this.unreadable = this.findUnreadable();
      this.tell(this.isKept ? words.review_state.kept : words.review_state.not_kept);
    }
  }

  private tell(status: string): void {
    this.status = status;
    this.version++;
    for (const listener of this.listeners) listener();
  }

  // ------------------------------------------------------------------ this browser

  private get key(): string {
    return KEPT + this.page.run;
  }

  /** Before the review is written: what lies in its place and cannot be read gets a key of its own. Whether it may be
   *  written over. */
  private setAside(): boolean {
    const text = this.read(this.key);
    if (!text || !this.isUnreadable(text)) return text !== undefined;
    const isThere = [...this.findUnreadable()].some(([key, aside]) => key !== this.key && aside === text);
    return isThere || this.write(this.key + ASIDE + new Date().toISOString(), text);
  }

  private isUnreadable(text: string): boolean {
    try {
      this.itemsOf(text);
      return false;
    } catch {
      return true;
    }
  }

  /** The texts that were set aside, and the one that will be. */
  private findUnreadable(): Map<string, string> {
    const found = new Map<string, string>();
    try {
      const storage = this.world.storage();
      for (let i = 0; i < storage.length; i++) {
        const key = storage.key(i)!;
        if (key.startsWith(this.key + ASIDE) || (key === this.key && this.wrong)) found.set(key, storage.getItem(key)!);
      }
    } catch {
      // a browser that keeps nothing has nothing that cannot be read
    }
    return found;
  }

  /** undefined: refused. */
  private read(key: string): string | null | undefined {
    try {
      return this.world.storage().getItem(key);
    } catch {
      return undefined;
    }
  }

  /** Whether it is kept; not where the browser refuses, or is full. */
  private write(key: string, text: string): boolean {
    try {
      this.world.storage().setItem(key, text);
      return true;
    } catch {
      return false;
    }
  }

  // ------------------------------------------------------------------ the server

  /** Send what waits for a key, one change after the other. */
  private async send(key: string): Promise<void> {
    if (this.sending.has(key)) return;
    this.sending.add(key);
    try {
      for (let item = this.waiting.get(key); item !== undefined; item = this.waiting.get(key)) {
        const answer = await this.ask("PUT", "", { item, revision: this.revisions.get(key) ?? 0 });
        if (answer.status !== 200 && answer.status !== 409) throw new Error(await reasonOf(answer));
        const { revision, item: present } = (await answer.json()) as Answer;
        this.revisions.set(key, revision);
        if (answer.status === 409 && !isSame(present, item)) {
          this.conflicts.set(key, { mine: this.waiting.get(key)!, theirs: present });
          this.waiting.delete(key);
          this.hold(key, present);
          this.tell(words.review_state.conflict);
        } else if (this.waiting.get(key) === item) {
          this.waiting.delete(key);
          this.tell(words.review_state.saved);
        }
      }
    } catch (error) {
      this.tell(fill(words.review_state.not_saved, { why: (error as Error).message })); // it waits for the next round
    } finally {
      this.sending.delete(key);
    }
  }

  /** Ask for what others changed, send what was not sent, and do so again. */
  private async poll(): Promise<void> {
    try {
      const answer = await this.ask("GET", `?since=${this.seen}`);
      if (!answer.ok) throw new Error(await reasonOf(answer));
      const { revision, items } = (await answer.json()) as { revision: number; items: Answer[] };
      this.seen = revision;
      for (const each of items) this.arrive(each);
      for (const key of this.waiting.keys()) void this.send(key);
      if (items.length || this.isAway) this.tell(this.isAway ? words.review_state.back : this.status);
      this.isAway = false;
    } catch (error) {
      this.isAway = true;
      this.tell(fill(words.review_state.away, { why: (error as Error).message }));
    }
    this.world.later(() => void this.poll(), POLL_MS);
  }

  /** What another said; what I am about to say is left, and meets it on the server. */
  private arrive({ revision, item }: Answer): void {
    const key = item && keyOf(item);
    if (!key || this.waiting.has(key) || (this.revisions.get(key) ?? 0) >= revision) return;
    this.revisions.set(key, revision);
    this.hold(key, item);
  }

  private hold(key: string, item: Sent | null): void {
    if (item?.verdict) this.items.set(key, item as Item);
    else this.items.delete(key);
  }

  private ask(method: string, query: string, body?: object): Promise<Response> {
    const { token_header: header, url } = this.page.server!;
    return this.world.fetch(url + query, {
      method,
      headers: { [header]: this.world.token, ...(body ? { "Content-Type": "application/json" } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  }
}

/** Whether the server has what I sent: its answer may have been lost on the way. */
function isSame(present: Sent | null, mine: Sent): boolean {
  return present?.at === mine.at && present.verdict === mine.verdict && present.note === mine.note && present.reviewer === mine.reviewer;
}

async function reasonOf(answer: Response): Promise<string> {
  return (await answer.text()).trim().slice(0, 200) || String(answer.status);
}
