// What stands above a table.

import { useEffect, useId, useRef, useState } from "preact/hooks";
import { setState } from "../hash";
import { fill, words } from "../strings";
import type { Column } from "../types";

/**
 * A text that changes with every keystroke: held here at once, written to the address when the typing rests (browsers
 * allow few changes of the address in a second).
 */
export function useTyped(ns: string, key: string, inAddress: string): [string, (text: string) => void] {
  const [typed, setTyped] = useState(inAddress);
  const written = useRef(inAddress);
  useEffect(() => {
    if (inAddress !== written.current) setTyped((written.current = inAddress));
  }, [inAddress]);
  useEffect(() => {
    if (typed === written.current) return;
    const waiting = setTimeout(() => setState(ns, { [key]: (written.current = typed) || null, row: null }), 300);
    return () => clearTimeout(waiting);
  }, [typed]);
  return [typed, setTyped];
}

interface SearchProps {
  label: string;
  text: string;
  onText: (text: string) => void;
  hint: string;
  /** Parts of the text that cannot be read. */
  bad: readonly string[];
}

export function Search({ label, text, onText, hint, bad }: SearchProps) {
  const id = useId();
  return (
    <div class="search">
      <input
        type="search" aria-label={label} placeholder={label} value={text} spellcheck={false} autocomplete="off" aria-invalid={!!bad.length}
        aria-describedby={id} onInput={(event) => onText(event.currentTarget.value)}
      />
      <details>
        <summary>{words.tables.hint_title}</summary>
        <p>{hint}</p>
      </details>
      <p class="bad" id={id} role="alert">{bad.length > 0 && fill(words.tables.bad, { terms: bad.join(" ") })}</p>
    </div>
  );
}

interface ChooserProps {
  columns: readonly Column[];
  isShown: (column: Column) => boolean;
  onChange: (key: string, isShown: boolean) => void;
}

/** Which columns there are, what they mean, and which of them are shown. */
export function Chooser({ columns, isShown, onChange }: ChooserProps) {
  return (
    <details class="chooser">
      <summary>{words.tables.columns}</summary>
      <fieldset aria-label={words.tables.columns}>
        {columns.map((column) => (
          <label key={column.key}>
            <input type="checkbox" name={column.key} checked={isShown(column)} onChange={(event) => onChange(column.key, event.currentTarget.checked)} />
            <span>{column.title}<small>{column.definition}</small></span>
          </label>
        ))}
      </fieldset>
    </details>
  );
}

interface PickProps {
  label: string;
  /** The key of the address that it sets. */
  name: string;
  value: string | undefined;
  choices: readonly (readonly [value: string, words: string])[];
  onPick: (value: string | null) => void;
}

export function Pick({ label, name, value = "", choices, onPick }: PickProps) {
  return (
    <label class="pick">
      {label}
      <select name={name} value={value} onChange={(event) => onPick(event.currentTarget.value || null)}>
        {choices.map(([key, text]) => <option key={key} value={key}>{text}</option>)}
      </select>
    </label>
  );
}
