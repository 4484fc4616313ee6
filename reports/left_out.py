"""Which files are in no number, each told once, and how many masks were found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.formats import count, plural
from reports.language import WORDS, Words

__all__ = ["LeftOut", "chosen_images", "left_out", "masks_found", "unusable"]

_MOST_REASONS = 5
_MOST_KINDS = 3  # reasons of images left out by choice that the first screen names
_POLICIES: dict[str, str] = {"skip": WORDS.left_out.policy_skip, "empty": WORDS.left_out.policy_empty}


@dataclass(frozen=True)
class LeftOut:
    """So many files, why, and what to do."""

    n: str
    what: str
    fix: str


def left_out(inputs: Mapping[str, Any]) -> tuple[LeftOut, ...]:
    """Files by reason: those left out by choice, those without a partner, then what could not be used, most first."""
    rows = _by_choice(inputs)
    policy = _POLICIES.get(str(inputs.get("missing_policy")), "")
    for key, words in (("missing", WORDS.left_out.missing), ("extra", WORDS.left_out.extra)):
        if held := inputs.get(key):
            rows.append(_row(len(held), words, _fix(held[0]), policy=policy))
    bad = unusable(inputs)
    first = {record.get("kind"): record for record in reversed(bad)}
    for kind, n in Counter(record.get("kind") for record in bad).most_common():
        rows.append(_row(n, WORDS.left_out.reason, _fix(first[kind]), **_reason(first[kind])))
    if len(rows) > _MOST_REASONS:
        rows[_MOST_REASONS:] = [LeftOut(count(len(rows) - _MOST_REASONS), WORDS.left_out.more_reasons, "")]
    return tuple(rows)


def chosen_images(inputs: Mapping[str, Any]) -> dict[str, str]:
    """Image -> why it is left out by choice."""
    records = inputs.get("excluded_by_choice") or []
    return {str(record.get("image")): str(record.get("reason") or "") for record in records}


def _by_choice(inputs: Mapping[str, Any]) -> list[LeftOut]:
    """One row: how many images, and which kinds of reasons (what stands before a colon), most frequent first."""
    images = chosen_images(inputs)
    if not images:
        return []
    kinds = [kind for kind, _ in Counter(why.partition(":")[0].strip() for why in images.values()).most_common()]
    reasons = ", ".join(kinds[:_MOST_KINDS])
    if len(kinds) > _MOST_KINDS:
        more = plural(len(kinds) - _MOST_KINDS, WORDS.counted.reasons)
        reasons = WORDS.left_out.chosen_more.format(kinds=reasons, more=more)
    return [_row(len(images), WORDS.left_out.chosen, "", reasons=reasons)]


def unusable(inputs: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """`excluded` without the files that `missing` and `extra` tell of already."""
    told = {_key(record) for key in ("missing", "extra") for record in inputs.get(key) or []}
    return [record for record in inputs.get("excluded") or [] if _key(record) not in told]


def masks_found(inputs: Mapping[str, Any], side: str) -> int | None:
    """Files of a side less those that are no masks (hidden ones, texts, …)."""
    found = (inputs.get("found") or {}).get(side)
    others = sum(record.get("count") or 0 for record in inputs.get("skipped") or [] if record.get("side") == side)
    return None if found is None else found - others


def _key(record: Mapping[str, Any]) -> tuple[Any, ...]:
    return record.get("side"), record.get("file"), record.get("kind")


def _row(n: int, words: Words, fix: str, **filled: str) -> LeftOut:
    return LeftOut(count(n), plural(n, words, **filled), fix)


def _reason(record: Mapping[str, Any]) -> dict[str, str]:
    kind = str(record.get("kind") or WORDS.left_out.kind_unknown)
    return {"kind": kind.replace("-", " ").replace("_", " "), "reason": str(record.get("reason") or "")}


def _fix(record: Mapping[str, Any]) -> str:
    return str(record.get("fix") or "")
