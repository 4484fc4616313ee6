// Reads what Python put into the page: the JSON at once, the blocks when they are asked for.

import { fill, words } from "./strings";
import type { PageData } from "./types";

export type Numbers = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

/** A table by columns. */
export interface Packed {
  rows: number;
  numbers: (name: string) => Numbers;
  texts: (name: string) => string[];
  has: (name: string) => boolean;
  /** The columns that hold texts. */
  textNames: string[];
}

interface ColumnHead {
  name: string;
  type: string;
  bytes: number;
}

const ARRAYS: Record<string, new (buffer: ArrayBuffer) => Numbers> = {
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
  i4: Int32Array,
  f4: Float32Array,
  f8: Float64Array,
};

declare global {
  interface Window {
    /** Called by the files of a report in a folder. */
    __block?: (id: string, text: string) => void;
  }
}

/** The data of this page; null where it holds none. */
export function pageData(): PageData | null {
  const text = document.getElementById("data-page")?.textContent;
  return text ? (JSON.parse(text) as PageData) : null;
}

const arrived = new Map<string, (text: string) => void>();
const loading = new Map<string, Promise<string>>();

/** The text of a block: of the page, or of the file that holds it. Rejects where the file is not there. */
export function blockText(page: PageData, id: string): Promise<string> {
  const element = document.getElementById(id);
  if (element) return Promise.resolve(element.textContent ?? "");
  const { folder } = page;
  if (folder === null) return Promise.reject(new Error(fill(words.errors.no_block, { block: id })));
  let text = loading.get(id);
  if (!text) {
    text = fromFile(`${folder}/${id}.js`, id);
    text.catch(() => loading.delete(id)); // it may be there the next time
    loading.set(id, text);
  }
  return text;
}

/** A file beside the page cannot be fetched when it was opened by double click; a script can. */
function fromFile(source: string, id: string): Promise<string> {
  window.__block = (name, text) => arrived.get(name)?.(text);
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    arrived.set(id, resolve);
    script.onload = () => script.remove();
    script.onerror = () => reject(new Error(fill(words.errors.no_file, { file: source })));
    script.src = source;
    document.head.append(script);
  });
}

export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Undo "gzip" or "deflate" (zlib). */
export async function inflated(bytes: Uint8Array<ArrayBuffer>, format: CompressionFormat): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const tables = new Map<string, Promise<Packed>>();

/** The packed table of a block, read once. */
export function packedTable(page: PageData, id: string): Promise<Packed> {
  let table = tables.get(id);
  if (!table) {
    table = blockText(page, id).then((text) => inflated(bytesOf(text), "gzip")).then(unpack);
    table.catch(() => tables.delete(id));
    tables.set(id, table);
  }
  return table;
}

/** A packed table: a line of JSON that names the columns, then their bytes one after the other. */
export function unpack(bytes: Uint8Array<ArrayBuffer>): Packed {
  const end = bytes.indexOf(10);
  const decoder = new TextDecoder();
  const head = JSON.parse(decoder.decode(bytes.subarray(0, end))) as { rows: number; columns: ColumnHead[] };
  const numbers = new Map<string, Numbers>();
  const texts = new Map<string, string[]>();
  let at = end + 1;
  for (const { name, type, bytes: length } of head.columns) {
    const part = bytes.slice(at, at + length);
    at += length;
    const Typed = ARRAYS[type];
    if (Typed) numbers.set(name, new Typed(part.buffer));
    else texts.set(name, head.rows ? decoder.decode(part).split("\n") : []);
  }
  return {
    rows: head.rows,
    numbers: (name) => held(numbers, name),
    texts: (name) => held(texts, name),
    has: (name) => numbers.has(name) || texts.has(name),
    textNames: [...texts.keys()],
  };
}

function held<T>(columns: Map<string, T>, name: string): T {
  const column = columns.get(name);
  if (!column) throw new Error(fill(words.errors.no_column, { column: name }));
  return column;
}
