"""Which files are in no number, each told once, and how many masks were found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.formats import count, plural

__all__ = ["LeftOut", "chosen_images", "left_out", "masks_found", "unusable"]

_MOST_REASONS = 5
_MOST_KINDS = 3  # reasons of images left out by choice that the first screen names
_POLICIES = {
    "error": "",
    "skip": ", skipped by choice",
    "empty": ", by choice scored as if nothing was predicted",
}


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
    for key, one, several, more in (
        ("missing", "true mask without a prediction", "true masks without a prediction", policy),
        ("extra", "prediction without a true mask", "predictions without a true mask", ""),
    ):
        if held := inputs.get(key):
            rows.append(LeftOut(count(len(held)), (one if len(held) == 1 else several) + more, _fix(held[0])))
    bad = unusable(inputs)
    first = {record.get("kind"): record for record in reversed(bad)}
    for kind, n in Counter(record.get("kind") for record in bad).most_common():
        rows.append(LeftOut(count(n), _reason(first[kind], n), _fix(first[kind])))
    if len(rows) > _MOST_REASONS:
        rows[_MOST_REASONS:] = [LeftOut(count(len(rows) - _MOST_REASONS), "more reasons, listed under Inputs", "")]
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
    more = f" and {plural(len(kinds) - _MOST_KINDS, 'more reason')}" if len(kinds) > _MOST_KINDS else ""
    what = "image left out by choice" if len(images) == 1 else "images left out by choice"
    return [LeftOut(count(len(images)), f"{what}: {', '.join(kinds[:_MOST_KINDS])}{more}", "")]


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


def _reason(record: Mapping[str, Any], n: int) -> str:
    kind = str(record.get("kind") or "excluded").replace("-", " ").replace("_", " ")
    return f"{kind}: {record.get('reason') or ''}" if n == 1 else f"{kind}, for one: {record.get('reason') or ''}"


def _fix(record: Mapping[str, Any]) -> str:
    return str(record.get("fix") or "")
