// Builds the one script of the report; `--tests` builds the tests, `--check` says whether what is committed is what the sources give.
import { build } from "esbuild";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const BUNDLE = new URL("../assets/viewer.js", import.meta.url);
const MOST_BYTES = 98_000;

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
  await build({ ...common, entryPoints, platform: "node", format: "esm", outdir: ".tests", outExtension: { ".js": ".mjs" } });
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

if (process.argv.includes("--tests")) {
  await tests();
} else {
  const text = await bundle();
  if (!process.argv.includes("--check")) writeFileSync(BUNDLE, text);
  else if (readFileSync(BUNDLE, "utf8") !== text) throw new Error("reports/assets/viewer.js is not what the sources give: run npm run build");
  console.log(`viewer.js: ${Buffer.byteLength(text)} bytes`);
}
