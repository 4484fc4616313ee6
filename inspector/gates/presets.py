"""Presets: gates to begin with. They only warn, until the user's own gate of the same id gives numbers."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["merged", "preset_gates", "with_baseline"]

PRESETS = Path(__file__).parents[1] / "presets"
NUMBERS = frozenset({"fail_below", "fail_above", "margin"})  # whoever writes one of them means it
MAIN = "main"  # what a preset calls the baseline

Record = dict[str, Any]


def preset_gates(name: str) -> list[Record]:
    """The gates of a preset, as a file would hold them."""
    text = (PRESETS / f"gates-{name}.toml").read_text(encoding="utf-8")
    gates: list[Record] = tomllib.loads(text)["gate"]
    return gates


def with_baseline(gates: Sequence[Record], known: Sequence[str]) -> tuple[list[Record], list[str]]:
    """(gates of a preset that compare with one of the known baselines, ids of those that are off, as there is none).

    The baseline is that called main, or the first one.
    """
    name = MAIN if MAIN in known else next(iter(known), "")
    held = [{**gate, "baseline": name} if "baseline" in gate and name else gate for gate in gates]
    idle = [] if name else [str(gate["id"]) for gate in gates if "baseline" in gate]
    return [{**gate, "level": "off"} if gate["id"] in idle else gate for gate in held], idle


def merged(preset: Sequence[Record], own: Sequence[Any]) -> list[Any]:
    """The preset's gates, each with what the first of the user's gates of its id says, then the user's other gates."""
    held, others = {gate["id"]: gate for gate in preset}, []
    left = set(held)
    for gate in own:
        name = gate.get("id") if isinstance(gate, Mapping) else None
        if name in left:
            left.remove(name)
            held[name] = _changed(held[name], gate)
        else:
            others.append(gate)
    return [*held.values(), *others]


def _changed(gate: Mapping[str, Any], own: Mapping[str, Any]) -> Record:
    """A gate of a preset with the user's keys; with a number of theirs it does what [gates] level says."""
    kept = {key: value for key, value in gate.items() if not (key == "level" and NUMBERS & own.keys())}
    return {**kept, **own}
