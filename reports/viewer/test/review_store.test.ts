import assert from "node:assert/strict";
import { test } from "node:test";
import type { PageData } from "../src/types";
import { keyOf, VERDICTS, type Item } from "../src/review/items";
import { reviewText } from "../src/review/file";
import { KEPT, ReviewStore, type World } from "../src/review/store";
import { item, ITEMS, PAGE } from "./review_sample";
import { WORDS } from "./words";

const words = WORDS.review_state;

const KEY = keyOf(item());

class Storage {
  readonly held = new Map<string, string>();
  getItem = (key: string) => this.held.get(key) ?? null;
  setItem(key: string, text: string): void {
    this.held.set(key, text);
  }
  removeItem = (key: string) => void this.held.delete(key);
  key = (place: number) => [...this.held.keys()][place] ?? null;
  get length(): number {
    return this.held.size;
  }
}

const alone = (storage: Storage): World => ({ storage: () => storage, fetch: () => assert.fail("the network was asked"), later: () => assert.fail("it waited"), token: "" });

// ---------------------------------------------------------------------- kept by the browser

test("a verdict outlasts the page, under the key of its run", () => {
  const storage = new Storage();
  const store = new ReviewStore(PAGE, alone(storage));
  store.put(item());
  store.name("Ada");
  assert.equal(store.status, words.kept);
  const again = new ReviewStore(PAGE, alone(storage));
  assert.deepEqual([...again.items.values()], [item()]);
  assert.equal(again.reviewer, "Ada");
  assert.equal(new ReviewStore({ ...PAGE, run: "f".repeat(16) }, alone(storage)).items.size, 0);
  assert.ok(storage.held.has(`${KEPT}${PAGE.run}`));
});

test("a second verdict on a place takes the place of the first; taken back, it is gone", () => {
  const storage = new Storage();
  const store = new ReviewStore(PAGE, alone(storage));
  store.put(item());
  store.put(item({ verdict: "accept" }));
  assert.deepEqual([...store.items.values()].map((each) => each.verdict), ["accept"]);
  store.clear(KEY);
  store.clear("no such key");
  assert.equal(store.items.size, new ReviewStore(PAGE, alone(storage)).items.size);
  assert.equal(store.items.size, 0);
});

test("listeners are told, until they are no more", () => {
  const store = new ReviewStore(PAGE, alone(new Storage()));
  let told = 0;
  const end = store.subscribe(() => told++);
  store.put(item());
  assert.equal(told, 1);
  end();
  store.clear(KEY);
  assert.equal(told, 1);
});

test("a browser that refuses to keep anything is said to, and the review goes on", () => {
  const refuse = { ...alone(new Storage()), storage: () => { throw new Error("denied"); } }; // prettier-ignore
  const store = new ReviewStore(PAGE, refuse);
  assert.deepEqual([store.status, store.isAtRisk()], [words.not_kept, false]);
  store.put(item());
  assert.deepEqual([store.status, store.isAtRisk(), store.items.size], [words.not_kept, true, 1]);
});

test("a browser that is full is said to be, until it is not", () => {
  const storage = new Storage();
  const store = new ReviewStore(PAGE, alone(storage));
  const set = storage.setItem;
  storage.setItem = () => { throw new DOMException("full", "QuotaExceededError"); }; // prettier-ignore
  store.put(item());
  assert.deepEqual([store.status, store.isAtRisk()], [words.not_kept, true]);
  storage.setItem = set;
  store.put(item({ verdict: "accept" }));
  assert.deepEqual([store.status, store.isAtRisk()], [words.kept, false]);
});

test("what another tab wrote is taken in, and what is no review is said to be none", () => {
  const storage = new Storage();
  const one = new ReviewStore(PAGE, alone(storage));
  const two = new ReviewStore(PAGE, alone(storage));
  one.put(item());
  two.reload();
  assert.deepEqual([...two.items.values()], [item()]);
  storage.setItem(KEPT + PAGE.run, "{");
  two.reload();
  assert.match(two.status, /could not be read.*no JSON/);
});

const DAMAGED = ["{", "no JSON", reviewText(PAGE, ITEMS).slice(0, -20), reviewText(PAGE, ITEMS).replace('"schema_version": 1', '"schema_version": 2')];

for (const damaged of DAMAGED) {
  test(`what cannot be read is kept apart before it is written over: ${damaged.slice(-20).trim()}`, () => {
    const storage = new Storage();
    const place = KEPT + PAGE.run;
    const ofAnother = `${KEPT}${"f".repeat(16)}.unreadable.2026`;
    storage.setItem(place, damaged);
    storage.setItem(ofAnother, "the text of another run");
    const store = new ReviewStore(PAGE, alone(storage));
    assert.match(store.status, /could not be read/);
    assert.deepEqual([...store.unreadable], [[place, damaged]]);
    store.put(item());
    assert.equal(store.status, words.kept);
    const [[aside, text], ...more] = [...store.unreadable] as [[string, string]];
    assert.deepEqual([text, storage.held.get(aside), more], [damaged, damaged, []]);
    assert.ok(aside.startsWith(`${place}.unreadable.20`), aside);
    store.put(item({ verdict: "accept" }));
    const again = new ReviewStore(PAGE, alone(storage));
    assert.deepEqual([[...again.items.values()], [...again.unreadable]], [[item({ verdict: "accept" })], [[aside, damaged]]]);
    again.forget(aside);
    assert.deepEqual([again.unreadable.size, [...storage.held.keys()].sort()], [0, [place, ofAnother].sort()]);
  });
}

test("what cannot be read is not written over where there is no room to keep it apart", () => {
  const storage = new Storage();
  const place = KEPT + PAGE.run;
  storage.setItem(place, "damaged");
  const set = storage.setItem;
  storage.setItem = (key, text) => { if (key.includes("unreadable")) throw new DOMException("full", "QuotaExceededError"); set.call(storage, key, text); }; // prettier-ignore
  const store = new ReviewStore(PAGE, alone(storage));
  for (const verdict of VERDICTS) {
    store.put(item({ verdict }));
    assert.deepEqual([store.status, store.isAtRisk(), storage.held.get(place)], [words.not_kept, true, "damaged"]);
    assert.deepEqual([...store.unreadable], [[place, "damaged"]]);
  }
  storage.setItem = set;
  store.put(item());
  assert.deepEqual([store.status, store.isAtRisk(), [...store.unreadable.values()]], [words.kept, false, ["damaged"]]);
});

test("what cannot be read is kept apart once, however often its place is not written", () => {
  const storage = new Storage();
  const place = KEPT + PAGE.run;
  storage.setItem(place, "damaged");
  const set = storage.setItem;
  storage.setItem = (key, text) => { if (key === place) throw new DOMException("full", "QuotaExceededError"); set.call(storage, key, text); }; // prettier-ignore
  const store = new ReviewStore(PAGE, alone(storage));
  for (const verdict of VERDICTS) store.put(item({ verdict }));
  assert.equal([...storage.held.values()].filter((text) => text === "damaged").length, 2);
  storage.setItem = set;
  store.put(item());
  assert.equal([...storage.held.values()].filter((text) => text === "damaged").length, 1);
});

test("what another tab has put in the place of an unreadable text is not removed with it", () => {
  const storage = new Storage();
  const place = KEPT + PAGE.run;
  storage.setItem(place, "damaged");
  const store = new ReviewStore(PAGE, alone(storage));
  new ReviewStore(PAGE, alone(storage)).put(item());
  store.forget(place);
  assert.deepEqual([store.status, [...store.items.values()], store.unreadable.size], ["", [item()], 1]);
});

test("a tab that was not told of what another wrote does not write over it", () => {
  const storage = new Storage();
  const [one, two] = [new ReviewStore(PAGE, alone(storage)), new ReviewStore(PAGE, alone(storage))];
  const kept = () => new ReviewStore(PAGE, alone(storage)).items;
  one.put(item());
  two.put(ITEMS[1]!);
  assert.equal(kept().size, 2);
  one.clear(keyOf(ITEMS[1]!));
  assert.deepEqual([...kept().values()], [item()]);
  storage.held.clear(); // by hand, while the pages are open
  two.put(ITEMS[1]!);
  assert.equal(kept().size, 2);
});

test("what a full browser does not keep is at risk, and is lost to nothing smaller that it does keep", () => {
  const storage = new Storage();
  const store = new ReviewStore(PAGE, alone(storage));
  const set = storage.setItem;
  storage.setItem = (key, text) => { if (key.startsWith(KEPT)) throw new DOMException("full", "QuotaExceededError"); set.call(storage, key, text); }; // prettier-ignore
  store.put(item());
  store.name("Ada");
  assert.ok(store.isAtRisk());
  set.call(storage, KEPT + PAGE.run, reviewText(PAGE, [ITEMS[1]!])); // by another tab
  store.reload();
  assert.equal(store.items.size, 2);
});

test("many items are imported in one step", () => {
  const storage = new Storage();
  const store = new ReviewStore(PAGE, alone(storage));
  let [written, told] = [0, 0];
  const set = storage.setItem;
  storage.setItem = (key, text) => (written++, set.call(storage, key, text));
  store.subscribe(() => told++);
  const many = Array.from({ length: 2000 }, (_, y) => item({ box: [y, 0, y + 1, 5] }));
  assert.equal(store.merge(many).added, 2000);
  assert.deepEqual([written, told, store.items.size], [1, 1, 2000]);
});

test("of two items on one place the later one is imported", () => {
  const store = new ReviewStore(PAGE, alone(new Storage()));
  store.put(item({ at: "2026-11-21T20:00:00Z", note: "here" }));
  const older = item({ at: "2026-11-21T19:59:59Z", note: "older" });
  assert.deepEqual(store.merge([older, ITEMS[1]!]), { added: 1, changed: 0, kept: 1 });
  assert.equal(store.items.get(KEY)!.note, "here");
  const newer = item({ at: "2026-11-21T20:00:01Z", note: "newer" });
  assert.deepEqual(store.merge([newer, ITEMS[1]!]), { added: 0, changed: 1, kept: 1 });
  assert.equal(store.items.get(KEY)!.note, "newer");
});

// ---------------------------------------------------------------------- kept by a server

const SERVED: PageData = { ...PAGE, server: { token_header: "X-Review-Token", url: "/items" } };

/** What inspector/review_store.py and its server do, in a few lines; answers come when `settle` lets them. */
class Server {
  readonly present = new Map<string, { revision: number; item: Item }>();
  revision = 0;
  isAway = false;
  isLost = false;
  /** Answers that were asked for are written at once, and arrive when this lets them. */
  gate: Promise<unknown> = Promise.resolve();
  requests: string[] = [];

  readonly world = (): World & { rounds: (() => void)[] } => {
    const rounds: (() => void)[] = [];
    return { storage: () => new Storage(), fetch: (url, init) => this.answer(url, init), later: (what) => rounds.push(what), token: "key", rounds };
  };

  private async answer(url: string, init: RequestInit): Promise<Response> {
    await Promise.resolve();
    this.requests.push(`${init.method} ${url}`);
    if (this.isAway) throw new TypeError("Failed to fetch");
    if ((init.headers as Record<string, string>)["X-Review-Token"] !== "key") return new Response("the key is wrong\n", { status: 403 });
    if (init.method === "GET") {
      const since = Number(new URL(url, "http://x").searchParams.get("since"));
      const answer = Response.json({ run: PAGE.run, revision: this.revision, items: [...this.present.values()].filter((each) => each.revision > since) });
      await this.gate;
      return answer;
    }
    const { item: sent, revision } = JSON.parse(init.body as string) as { item: Item; revision: number };
    const present = this.present.get(keyOf(sent));
    if (revision !== (present?.revision ?? 0)) return Response.json(present ?? { revision: 0, item: null }, { status: 409 });
    const stored = { revision: ++this.revision, item: sent };
    this.present.set(keyOf(sent), stored);
    if (this.isLost) throw new TypeError("the answer was lost");
    return Response.json(stored);
  }
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

function joined(server: Server): { store: ReviewStore; round: () => Promise<unknown> } {
  const world = server.world();
  const store = new ReviewStore(SERVED, world);
  const round = () => {
    world.rounds.splice(0).forEach((what) => what());
    return settle();
  };
  return { store, round };
}

test("a verdict goes to the server, and to the others with their next round", async () => {
  const server = new Server();
  const [ada, ben] = [joined(server), joined(server)];
  await settle();
  ada.store.put(item());
  assert.deepEqual([ada.store.status, ada.store.isAtRisk()], [words.sending, true]);
  await settle();
  assert.deepEqual([ada.store.status, ada.store.isAtRisk()], [words.saved, false]);
  await ben.round();
  assert.deepEqual([...ben.store.items.values()], [item()]);
  ben.store.clear(KEY);
  await settle();
  await ada.round();
  assert.equal(ada.store.items.size, 0);
  assert.equal(server.present.get(KEY)!.item.verdict, null);
});

test("who comes second is told what the first said, and may keep that", async () => {
  const server = new Server();
  const [ada, ben] = [joined(server), joined(server)];
  await settle();
  ada.store.put(item({ reviewer: "Ada" }));
  await settle();
  ben.store.put(item({ reviewer: "Ben", verdict: "accept" }));
  await settle();
  assert.equal(ben.store.status, words.conflict);
  const conflict = ben.store.conflicts.get(KEY)!;
  assert.deepEqual([conflict.theirs!.reviewer, conflict.mine.verdict], ["Ada", "accept"]);
  assert.equal(ben.store.items.get(KEY)!.reviewer, "Ada");
  ben.store.settle(KEY, false);
  await settle();
  assert.equal(server.present.get(KEY)!.item.reviewer, "Ada");
  assert.equal(ben.store.conflicts.size, 0);
});

test("who comes second may put their own", async () => {
  const server = new Server();
  const [ada, ben] = [joined(server), joined(server)];
  await settle();
  ada.store.put(item({ reviewer: "Ada" }));
  await settle();
  ben.store.put(item({ reviewer: "Ben" }));
  await settle();
  ben.store.settle(KEY, true);
  await settle();
  assert.deepEqual([server.present.get(KEY)!.item.reviewer, ben.store.status], ["Ben", words.saved]);
});

test("a new verdict after a conflict ends it: what I said before is not put over it", async () => {
  const server = new Server();
  const [ada, ben] = [joined(server), joined(server)];
  await settle();
  ada.store.put(item({ reviewer: "Ada" }));
  await settle();
  ben.store.put(item({ reviewer: "Ben", verdict: "accept" }));
  await settle();
  ben.store.put(item({ reviewer: "Ben", verdict: "needs-relabel" }));
  await settle();
  assert.deepEqual([ben.store.conflicts.size, ben.store.status], [0, words.saved]);
  assert.equal(server.present.get(KEY)!.item.verdict, "needs-relabel");
});

test("verdicts in a hurry arrive one after the other, the last one stays", async () => {
  const server = new Server();
  const { store } = joined(server);
  await settle();
  for (const verdict of VERDICTS) store.put(item({ verdict }));
  await settle();
  assert.equal(server.present.get(KEY)!.item.verdict, VERDICTS.at(-1));
  assert.equal(store.conflicts.size, 0);
});

test("while the server is away verdicts wait, and are sent when it is back", async () => {
  const server = new Server();
  const { store, round } = joined(server);
  await settle();
  server.isAway = true;
  store.put(item());
  await settle();
  assert.match(store.status, /Not saved yet.*Failed to fetch/);
  assert.ok(store.isAtRisk());
  await round();
  assert.equal(server.present.size, 0);
  server.isAway = false;
  await round();
  assert.deepEqual([server.present.size, store.status, store.isAtRisk()], [1, words.saved, false]);
});

for (const isSent of [false, true]) {
  test(`an old answer does not undo my verdict, which is ${isSent ? "on the server" : "still to be sent"}`, async () => {
    const server = new Server();
    const ada = joined(server);
    await settle();
    ada.store.put(item({ reviewer: "Ada" }));
    await settle();
    let open = () => {};
    server.gate = new Promise<void>((resolve) => (open = resolve));
    const { store } = joined(server); // its first question is answered with Ada's verdict, later
    await settle();
    server.isAway = !isSent;
    store.put(item({ reviewer: "Ben" }));
    await settle();
    store.settle(KEY, true);
    await settle();
    assert.equal(server.revision, isSent ? 2 : 1);
    open();
    await settle();
    assert.equal(store.items.get(KEY)!.reviewer, "Ben");
  });
}

test("an answer that was lost makes no conflict with myself", async () => {
  const server = new Server();
  const { store, round } = joined(server);
  await settle();
  server.isLost = true;
  store.put(item());
  await settle();
  assert.match(store.status, /Not saved yet/);
  server.isLost = false;
  await round();
  assert.deepEqual([store.conflicts.size, store.status, store.isAtRisk()], [0, words.saved, false]);
});

test("a server that is away is missed, and greeted when it is back", async () => {
  const server = new Server();
  const { store, round } = joined(server);
  server.isAway = true;
  await round();
  await round();
  assert.match(store.status, /does not answer.*Failed to fetch/);
  server.isAway = false;
  await round();
  assert.equal(store.status, words.back);
});

test("a wrong key is said to be one", async () => {
  const server = new Server();
  const world = { ...server.world(), token: "old" };
  const store = new ReviewStore(SERVED, world);
  await settle();
  assert.match(store.status, /the key is wrong/);
  store.put(item());
  await settle();
  assert.match(store.status, /Not saved yet.*the key is wrong/);
});

test("whatever two people do in whatever order, they end with what the server has", async () => {
  let seed = 7;
  const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below; // a fixed sequence
  const server = new Server();
  const people = [joined(server), joined(server)];
  await settle();
  for (let step = 0; step < 200; step++) {
    const { store, round } = people[random(2)]!;
    const subject = { image_index: random(3), image: "a" };
    const act = random(6);
    if (act < 3) store.put(item({ ...subject, verdict: VERDICTS[random(4)]!, note: String(step) }));
    else if (act === 3) store.clear(keyOf(item(subject)));
    else if (act === 4) void round();
    else for (const key of [...store.conflicts.keys()]) store.settle(key, random(2) === 0);
    if (random(3) === 0) await Promise.resolve();
    server.isAway = random(10) === 0;
  }
  server.isAway = false;
  for (let turn = 0; turn < 6; turn++) {
    for (const { store, round } of people) {
      await round();
      for (const key of [...store.conflicts.keys()]) store.settle(key, false);
    }
  }
  const truth = [...server.present.values()].map((each) => each.item).filter((each) => each.verdict);
  const sorted = (items: Iterable<Item>) => [...items].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  assert.ok(server.revision > 20);
  for (const { store } of people) {
    assert.deepEqual(sorted(store.items.values()), sorted(truth));
    assert.equal(store.isAtRisk(), false);
  }
});
