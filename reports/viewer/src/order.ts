// The order in which the table of images shows them now: what "next" and "previous" follow in the viewer.

let images: readonly number[] = [];

/** Indices of the images that the table shows, after its filters, in its order. */
export function order(): readonly number[] {
  return images;
}

export function setOrder(next: readonly number[]): void {
  images = next;
}
