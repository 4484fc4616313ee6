// The words of the page, all of them in reports/language/script.toml: Python puts them there as JSON, this reads them.

import type { Sentence, Words } from "./strings_types";

export type { Words };

/** What the page says, by section and key. Nothing before `speak`. */
export let words: Words;

/** Say everything in these words from now on. */
export function speak(said: Words): void {
  words = said;
}

/** The words that this page holds. Throws where it holds none. */
export function pageWords(): Words {
  return JSON.parse(document.getElementById("words")!.textContent!) as Words;
}

/** A sentence with what belongs in its {places}; what is put there is text, whatever it holds. */
export function fill<Place extends string>(sentence: string | Sentence<Place>, values: Record<NoInfer<Place>, string | number>): string {
  return (sentence as string).replace(/\{(\w+)\}/g, (_, place: Place) => String(values[place]));
}
