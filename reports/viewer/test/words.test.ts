import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { transformSync } from "esbuild";
import { VERDICTS } from "../src/review/items";
import { fill } from "../src/strings";
import type { Sentence } from "../src/strings_types";
import { PRESENCE } from "../src/tables/per_class";
import { LAYERS, MODES, PANES } from "../src/viewer/state";
import { WORDS } from "./words";

const SOURCES = new URL("../src/", import.meta.url);
const FILES = readdirSync(SOURCES, { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name));
const TEXTS = new Map(FILES.map((name) => [name, readFileSync(new URL(name, SOURCES), "utf8")]));

/** [section.key, text] of all words; of a table in a section, the section alone is named. */
function leaves(): [string, string, string][] {
  return Object.entries(WORDS).flatMap(([section, held]) => Object.entries(held).map(([key, value]): [string, string, string] => [section, key, JSON.stringify(value)]));
}

test("every word is used", () => {
  const all = [...TEXTS.values()].join("\n");
  const unused = leaves().filter(([section, key]) => !new RegExp(`\\bwords\\.${section}(\\.${key}\\b|\\b(?!\\.))`).test(all));
  assert.deepEqual(unused, []);
});

test("a section that is read by what it is about has its words and no other", () => {
  const expected: [object, readonly string[]][] = [
    [WORDS.verdicts, VERDICTS],
    [WORDS.presence, PRESENCE],
    [WORDS.modes, MODES],
    [WORDS.pairs, MODES.filter((mode) => mode !== "side")],
    [WORDS.panes, PANES],
    [WORDS.layers, LAYERS],
    [WORDS.layers_of_class, LAYERS],
    [WORDS.result_of_class, Object.keys(WORDS.result)],
  ];
  for (const [words, keys] of expected) assert.deepEqual(Object.keys(words), [...keys]);
});

test("a brace in a word begins a place that is filled", () => {
  for (const [section, key, text] of leaves()) {
    const bare = text.replace(/\{\w+\}/g, "").replace(/^\{.*\}$/, ""); // the last: a table as JSON
    assert.doesNotMatch(bare, /[{}]/, `${section}.${key}`);
  }
});

test("a sentence is filled with text, whatever it holds", () => {
  const sentence = "{a} of {b}, {a}" as unknown as Sentence<"a" | "b">;
  assert.equal(fill(sentence, { a: "$& {b} <i>", b: 7 }), "$& {b} <i> of 7, $& {b} <i>");
  assert.equal(fill("nothing to fill", {}), "nothing to fill");
});

/** What looks like English and is none: names of keys and headers, markup, styles. */
const NO_PROSE = new Set([
  "Enter", "Escape", "ArrowDown", "ArrowLeft", "ArrowRight", "ArrowUp", "PageDown", "PageUp", "Home", "End", "Content-Type", "GET", "PUT",
  "textarea, select, input:not([type=checkbox], [type=range]), dialog dialog *", "textarea, select, input:not([type=checkbox], [type=range])",
  "dialog dialog", "a, button", "px system-ui, sans-serif", "(prefers-reduced-motion: reduce)",
  "cross across", "cross down", "heat-key hit s6", "heat-key miss s6",
]);
const PROSE = /[A-Za-z]{2,}[,;:.]? [A-Za-z]{2,}|^\s*[A-Z][a-z]+|…/;

/** The texts in a script, in the order in which they stand; a template gives the parts between its values. */
function textsOf(script: string): string[] {
  const token = /"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|(?<=[(,=:[!&|?{};]|return ?)\/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\]|\\.)*\])+\/\w*/g;
  return [...script.matchAll(token)].flatMap(([text]) => (text[0] === "/" ? [] : text.slice(1, -1).split(/\$\{[^}]*\}/)));
}

test("what is English in a script is found", () => {
  const made = transformSync('const a = /"/; const b = <p title="One two">Go on</p>; f(`${a} is late`); // no such thing', { loader: "tsx", minifyWhitespace: true });
  assert.deepEqual(textsOf(made.code).filter((text) => PROSE.test(text)), ["One two", "Go on", " is late"]);
});

test("no source holds English", () => {
  const found = [...TEXTS].flatMap(([name, text]) => {
    const { code } = transformSync(text, { loader: name.endsWith("x") ? "tsx" : "ts", minifyWhitespace: true, charset: "utf8" });
    return textsOf(code).filter((held) => PROSE.test(held) && !NO_PROSE.has(held)).map((held) => [name, held]);
  });
  assert.deepEqual(found, []);
});
