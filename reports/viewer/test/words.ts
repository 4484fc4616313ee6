// The words as the page holds them. Where this is imported the script speaks them.

import { readFileSync } from "node:fs";
import { parse } from "smol-toml";
import { speak, type Words } from "../src/strings";

export const WORDS = parse(readFileSync(new URL("../../language/script.toml", import.meta.url), "utf8")) as unknown as Words;

speak(WORDS);
