// Builds the one script of the report; `--tests` builds the tests, `--check` says whether what is committed is what the sources give.
import { build } from "esbuild";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { parse } from "smol-toml";

const BUNDLE = new URL("../assets/viewer.js", import.meta.url);
const WORDS = new URL("../language/script.toml", import.meta.url);
const TYPES = new URL("src/strings_types.ts", import.meta.url);
const MOST_BYTES = 93_000;

const common = {
  bundle: true,
  jsx: "transform",
  jsxFactory: "createElement",
  jsxFragment: "Fragment",
  inject: ["src/jsx.ts"],
  tsconfigRaw: { compilerOptions: { strict: true } }, // what tsconfig.json says of markup is for the checker of types
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
};

async function tests() {
  const entryPoints = readdirSync("test").filter((name) => /\.test\.tsx?$/.test(name)).map((name) => `test/${name}`);
  const external = ["esbuild", "smol-toml"];
  await build({ ...common, entryPoints, external, platform: "node", format: "esm", outdir: ".tests", outExtension: { ".js": ".mjs" } });
}

/** The text of the bundle. It stands between <script> and </script>, where neither may occur. */
async function bundle() {
  const made = await build({
    ...common,
    entryPoints: ["src/main.tsx"],
    format: "iife",
    minify: true,
    target: ["chrome115", "firefox115", "safari16.4"],
    write: false,
  });
  const text = made.outputFiles[0].text;
  if (/<\/script|<!--/i.test(text)) throw new Error("the bundle holds </script or <!--: it would end the script it stands in");
  const bytes = Buffer.byteLength(text);
  if (bytes > MOST_BYTES) throw new Error(`the bundle has ${bytes} bytes, at most ${MOST_BYTES} are allowed`);
  return text;
}

/** The types of all words: which there are, and what each is filled with. */
function types() {
  return `// Made of reports/language/script.toml by build.mjs: which words there are, and the places that are filled in them.

/** A text that is to be filled: see \`fill\` in strings.ts. */
export interface Sentence<Place extends string> {
  readonly places: Place;
}

export interface Words ${typeOf(parse(readFileSync(WORDS, "utf8")), "")}
`;
}

function typeOf(value, indent) {
  if (typeof value === "string") {
    const places = new Set(Array.from(value.matchAll(/\{(\w+)\}/g), ([, place]) => JSON.stringify(place)));
    return places.size ? `Sentence<${[...places].join(" | ")}>` : "string";
  }
  if (Array.isArray(value)) return `readonly [${value.map((each) => typeOf(each, indent)).join(", ")}]`;
  const lines = Object.entries(value).map(([key, held]) => `${indent}  ${/^\w+$/.test(key) ? key : JSON.stringify(key)}: ${typeOf(held, `${indent}  `)};\n`);
  return `{\n${lines.join("")}${indent}}`;
}

function keep(file, text, isCheck) {
  if (!isCheck) writeFileSync(file, text);
  else if (readFileSync(file, "utf8") !== text) throw new Error(`${file.pathname} is not what the sources give: run npm run build`);
}

if (process.argv.includes("--tests")) {
  await tests();
} else {
  const isCheck = process.argv.includes("--check");
  keep(TYPES, types(), isCheck);
  const text = await bundle();
  keep(BUNDLE, text, isCheck);
  console.log(`viewer.js: ${Buffer.byteLength(text)} bytes`);
}
