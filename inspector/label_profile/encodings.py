"""Whether some masks of a set are written in another way than the rest: 0 and 255 among class numbers."""

from __future__ import annotations

from collections.abc import Sequence

from inspector.label_profile.counts import LabelCounts

__all__ = ["black_and_white"]

WHITE = 255  # what editors write for "foreground"; a class list that knows the value gives it another number, or none


def black_and_white(counts: Sequence[LabelCounts]) -> tuple[int, ...]:
    """The places of the class maps that hold 255 and nothing else beside 0, where others hold other values and never
    255; empty where all are written alike, or 255 is a value of theirs (often void)."""
    held = [set(image.class_ids.tolist()) - {0} for image in counts]
    others = [values for values in held if values and values != {WHITE}]
    if not others or any(WHITE in values for values in others):
        return ()
    return tuple(index for index, values in enumerate(held) if values == {WHITE})
