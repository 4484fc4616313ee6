"""What the page says of the comparison with another run, and of the history of runs."""

from __future__ import annotations

__all__ = [
    "COMPARE_CAUSE_MORE",
    "COMPARE_CORRECTED",
    "COMPARE_CORRECTED_NOT",
    "COMPARE_IMAGES",
    "COMPARE_PAIRED",
    "COMPARE_SPOKEN",
    "GATE_WORDS",
    "HISTORY_ONE",
    "HISTORY_RUNS",
    "HISTORY_SPOKEN",
    "VERDICTS",
]

#: verdict -> (shape of its badge, words)
VERDICTS: dict[str, tuple[str, str]] = {
    "better": ("good", "better"),
    "worse": ("error", "worse"),
    "no difference shown": ("note", "no difference shown"),
    "cannot tell": ("warning", "cannot tell"),
}
COMPARE_PAIRED = "{images} that both runs scored, in {groups}, {overlap} of those of either run"
COMPARE_CORRECTED = "p and verdicts are corrected for the number of tests ({correction})"
COMPARE_CORRECTED_NOT = "p is not corrected for the number of tests"
COMPARE_SPOKEN = "{name}: {metric} {delta} points, interval {interval}: {verdict}"
COMPARE_IMAGES = "showing {shown} of the images that changed most; {unchanged} unchanged"
COMPARE_CAUSE_MORE = "{n} more changed less"
HISTORY_RUNS = "The last {n} runs of this project, newest at the right; a cross is a run whose gates failed."
HISTORY_ONE = "The first run of this project that was kept: nothing to compare it with yet."
HISTORY_SPOKEN = "{title}: {n} runs, from {first} to {last}"
GATE_WORDS = {"passed": "good", "failed": "error"}
