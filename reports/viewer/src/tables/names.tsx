// Names of classes: untrusted, with a dot of their colour.

import { words } from "../strings";
import type { PageData } from "../types";

/** A name that cannot reorder what stands around it. */
export function Name({ children }: { children: string }) {
  return <bdi title={children}>{children}</bdi>;
}

/** The class of an index; no class where there is none. */
export function classOf({ classes }: PageData, index: number): { name: string; color: string } {
  return classes[index] ?? { name: words.common.no_class, color: "#808080" };
}

export function ClassName({ page, index }: { page: PageData; index: number }) {
  const { name, color } = classOf(page, index);
  return (
    <span class="cls">
      <svg class="dot" aria-hidden="true"><rect width="12" height="12" rx="3" fill={color} /></svg>
      <Name>{name}</Name>
    </span>
  );
}
