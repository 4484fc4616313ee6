"""Is an ignored value really a class, so that its errors are hidden?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from inspector.findings import Finding, Severity
from inspector.intervals import Resamples
from inspector.proof import from_images
from inspector.tally import Tally
from inspector.wording import listed, percent

__all__ = ["analyze"]

MUCH_VOID = 0.25  # of all pixels: void is for rims and doubt, a quarter of the data is neither
#: names that say void, or say nothing ("class 11" of a list that was only counted)
VOID_NAME = re.compile(r"void|ignore|unlabel|unknown|undefined|don.?t.?care|out.of.roi|^(class)?[ _-]?\d+$", re.I)


def analyze(tally: Tally, resamples: Resamples) -> Iterator[Finding]:
    """One finding when `--ignore` takes away a class that the class list names, or void is MUCH_VOID of the pixels."""
    void_px = int(tally.image("void_px").sum())
    pixels = void_px + int(tally.image("valid_px").sum())
    share = void_px / pixels if pixels else 0.0
    named = [name for name in tally.categories.named_ignored if not VOID_NAME.search(name)]
    if named:
        what = f"The ignored value is a class of its own in the class list: {listed(named)}"
        yield _finding(tally, what, share, Severity.ERROR if share >= MUCH_VOID else Severity.WARNING)
    elif share >= MUCH_VOID:
        values = listed([str(value) for value in sorted(tally.categories.ignore_values)])
        what = f"Much of the truth is ignored (value {values}), as if it were a class"
        yield _finding(tally, what, share, Severity.WARNING)


def _finding(tally: Tally, what: str, share: float, severity: Severity) -> Finding:
    return Finding(
        kind="ignore-is-a-class",
        severity=severity,
        title=f"{what}; {percent(share)} of all pixels are in no count, and whatever is predicted there is not judged",
        measures={"void_fraction": share, "void_px": float(tally.image("void_px").sum())},
        evidence=from_images(tally.image("image_index"), tally.image("void_px")),
        advice="Score it as a class (as background, if it is that), or ignored background hides every false positive.",
    )
