"""Which of all findings a person should read: causes instead of symptoms, one story a class, the costly ones first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from inspector.findings import Finding, Severity
from inspector.tally import Tally
from inspector.wording import listed

__all__ = ["MAX_PER_KIND", "select"]

MAX_PER_KIND = 5  # findings of one kind are told in full, the rest by name in the last of them
MAX_PER_CLASS = 3  # findings about what the model does to one class
MIN_GAIN = 0.001  # of mIoU: a tenth of a point; what is worth less does not cost the headline, whatever its kind
MAX_PER_RARE_CLASS = 1  # to one that too few images hold: "cannot tell" is the story there
DOMINANT = 0.3  # of all wrong pixels: a fault of the pipeline with such a part is what DAMAGE comes from

#: Explanations of the same pixels: of those a class has, only the costliest of a family is told.
FAMILIES: tuple[frozenset[str], ...] = (
    frozenset({"small-objects-missed", "class-imbalance"}),
    frozenset({"under-predicted"}),  # how much is missing; a cause below may say why
    frozenset({"over-predicted"}),
    frozenset({"class-confused"}),
    frozenset({"false-regions"}),
    frozenset({"partial-coverage", "boundary-blurred"}),
)
CAUSES = frozenset().union(*FAMILIES)

#: While one of these stands, what the model does to a class cannot be known …
INVALIDATE = (
    "predictions-flipped",
    "predictions-rotated",
    "predictions-transposed",
    "label-ids-permuted",
    "pairs-shuffled",
)
#: … and little else can: predictions then fit nothing well, shifted or not, and err along any line.
_BLIND = frozenset({"predictions-shifted", "masks-interpolated", "tile-seams", "suspicious-truth"})

#: A finding that explains others away: kind -> kinds that are then its symptoms.
EXPLAINS: dict[str, frozenset[str]] = {
    **dict.fromkeys(INVALIDATE, _BLIND | {"pairs-shuffled"}),
    "pairs-shuffled": _BLIND,
    "predictions-shifted": frozenset(  # areas stay as they are, but every outline is off and small things are missed
        {"boundary-blurred", "small-objects-missed", "class-imbalance", "class-confused", "suspicious-truth"}
    ),
    "masks-interpolated": frozenset(  # rims of the classes in between, along every outline
        {"boundary-blurred", "false-regions", "over-predicted", "class-imbalance", "suspicious-truth"}
    ),
}

#: What wrong pixels look like, class by class, that were strewn over the image along its border or along seams.
DAMAGE = frozenset({"false-regions", "partial-coverage", "over-predicted", "class-imbalance", "boundary-blurred"})

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def select(tally: Tally, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings to show, in the order to show them."""
    told = _without_symptoms(list(findings))
    told = [_as_weighty_as_it_is(tally, finding) for finding in told]
    told = _one_story_a_class(tally, sorted(told, key=_rank))
    return tuple(_capped(tally, told))


def _rank(finding: Finding) -> tuple[int, float, str, int]:
    index = -1 if finding.class_index is None else finding.class_index
    return _ORDER[finding.severity], -finding.gain, finding.kind, index


def _without_symptoms(findings: list[Finding]) -> list[Finding]:
    """Leave out what a stronger finding explains, and every cause in a class while the pipeline is broken."""
    findings = _without_lesser_remedy(findings)
    certain = {f.kind for f in findings if f.severity == Severity.ERROR}
    explained = frozenset[str]().union(*(EXPLAINS.get(kind, frozenset()) for kind in certain))
    if any(f.measures.get("wrong_part_fraction", 0.0) >= DOMINANT for f in findings):
        explained |= DAMAGE
    if certain.intersection(INVALIDATE):
        explained |= CAUSES | {"never-predicted", "absent-from-truth", "cannot-tell"}
    lost = {f.class_index for f in findings if f.kind == "never-predicted"}
    return [f for f in findings if f.kind not in explained and not (f.kind in CAUSES and f.class_index in lost)]


def _without_lesser_remedy(findings: list[Finding]) -> list[Finding]:
    """Upside down, sky and road look exchanged, and exchanged they look upside down: keep what mends more pixels."""
    remedies = [f for f in findings if "agreement_mended_fraction" in f.measures]
    best = max((f.measures["agreement_mended_fraction"] for f in remedies), default=0.0)
    return [f for f in findings if f not in remedies or f.measures["agreement_mended_fraction"] == best]


def _as_weighty_as_it_is(tally: Tally, finding: Finding) -> Finding:
    """A cause in a class that too few images hold, or one that costs next to nothing, is only a note."""
    if finding.kind in CAUSES and (finding.gain < MIN_GAIN or _in_few_images(tally, finding)):
        return replace(finding, severity=Severity.NOTE)
    return finding


def _in_few_images(tally: Tally, finding: Finding) -> bool:
    c = finding.class_index
    return c is not None and bool(tally.images_with_truth[c] < tally.settings.min_images)


def _one_story_a_class(tally: Tally, ranked: list[Finding]) -> list[Finding]:
    """Of each family of causes the costliest for each class, and a few of those."""
    kept: list[Finding] = []
    for finding in ranked:
        rivals = [f for f in kept if f.kind in CAUSES and f.class_index == finding.class_index]
        most = MAX_PER_CLASS
        if _in_few_images(tally, finding) and tally.n_images >= tally.settings.min_images:
            most = MAX_PER_RARE_CLASS
        family = next((family for family in FAMILIES if finding.kind in family), frozenset())
        if finding.kind in CAUSES and (len(rivals) >= most or any(f.kind in family for f in rivals)):
            continue
        kept.append(finding)
    return kept


def _capped(tally: Tally, ranked: list[Finding]) -> list[Finding]:
    """At most MAX_PER_KIND of a kind; the classes of the others are named in the advice of the last one told."""
    totals, seen, kept = Counter(f.kind for f in ranked), Counter[str](), []
    for finding in ranked:
        seen[finding.kind] += 1
        if seen[finding.kind] == MAX_PER_KIND < totals[finding.kind]:
            left = [f for f in ranked if f.kind == finding.kind][MAX_PER_KIND:]
            finding = _naming(tally, finding, left)
        if seen[finding.kind] <= MAX_PER_KIND:
            kept.append(finding)
    return kept


def _naming(tally: Tally, last: Finding, left: list[Finding]) -> Finding:
    names = [tally.categories.names[f.class_index] for f in left if f.class_index is not None]
    more = f" The same is found for {listed(names, most=20)}." if names else ""
    return replace(last, advice=last.advice + more, measures=last.measures | {"more_findings_count": float(len(left))})
