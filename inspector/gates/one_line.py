"""Gates in one line: `iou.person >= 0.6`.

    metric[.size][.class][@column=value] OP number[%]
    metric[.size][.class][@column=value] >= BASELINE [- margin[%]]     (<= BASELINE [+ margin] where low is good)

OP is >=, >, <= or <; `*` as the class is every class; names with dots, blanks or signs may stand in quotes. A slice is
always in quotes as a whole or runs to the operator. The id is made of all but the number, so that a gate stays itself
when its threshold moves.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from inspector.errors import UsageError
from inspector.gates.targets import name_of
from inspector.measures import MEASURES, Measure
from inspector.settings import SIZES

__all__ = ["parse_gate"]

EXAMPLES = "'iou.person >= 0.6', 'iou.* >= 50%', 'object_recall.small.person@weather=rain >= 0.4', 'iou.* >= main - 1%'"
_QUOTED = r"\"[^\"]*\"|'[^']*'"
_OPERATOR = re.compile(rf"(?:{_QUOTED}|[^<>\"'])*?(?P<op>[<>]=?)")
_NUMBER = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9]+)\s*(?P<percent>%?)")
_BASELINE = re.compile(
    rf"(?P<name>{_QUOTED}|[^\s\"'+-][^\s\"']*?)(?:\s*(?P<sign>[-+])\s*(?P<margin>{_NUMBER.pattern}))?"
)
_SCOPE = re.compile(rf"(?P<metric>[A-Za-z0-9_-]+)(?:\.(?P<rest>(?:{_QUOTED}|[^@\"'])*))?(?:@(?P<slice>.+))?", re.DOTALL)


@dataclass(frozen=True)
class _Scope:
    """What stands before the operator."""

    metric: str
    measure: Measure
    size: str | None
    class_name: str | None
    slice: str | None


def parse_gate(text: str) -> dict[str, Any]:
    """The gate that a line says, as a configuration file would hold it. Raises UsageError with examples."""
    found = _OPERATOR.match(text)
    if found is None:
        raise _bad(text, "expected >=, >, <= or < after a name; one with a quote in it stands in the other quotes")
    scope = _scope(text, text[: found.start("op")].strip())
    operator, wanted = found["op"], text[found.end() :].strip()
    condition = _threshold(text, scope, operator, wanted) or _comparison(text, scope, operator, wanted)
    side = f"against-{condition['baseline']}" if "baseline" in condition else _SIDES[operator[0]]
    record = {
        "id": _id(scope, side),
        "metric": scope.metric,
        "classes": "*" if scope.class_name == "*" else (scope.class_name,) if scope.class_name else None,
        "size": scope.size,
        "slice": scope.slice,
        **condition,
    }
    return {key: value for key, value in record.items() if value is not None}


_SIDES = {">": "at-least", "<": "at-most"}


def _bad(text: str, why: str) -> UsageError:
    return UsageError(f"gate {text!r}: {why}; write it as in {EXAMPLES}", kind="one_line_gate")


def _scope(text: str, written: str) -> _Scope:
    found = _SCOPE.fullmatch(written)
    if found is None:
        raise _bad(text, f"{written!r} is no metric with a scope" if written else "there is no metric before the sign")
    metric = name_of(found["metric"])
    measure, rest = MEASURES[metric], found["rest"]
    if rest is not None and not rest.strip():
        raise _bad(text, "a class or a size is missing after the dot")
    size = None
    if rest and measure.sizes and rest.partition(".")[0].strip() in SIZES:
        head, dot, rest = rest.partition(".")
        size = head.strip()
        if dot and not rest.strip():
            raise _bad(text, "a class is missing after the last dot")
    part = _bare(found["slice"]) if found["slice"] else None
    if part is not None and "=" not in part:
        raise _bad(text, f"{part!r} is no slice; expected column=value")
    return _Scope(metric, measure, size, _bare(rest) if rest else None, part)


def _bare(text: str) -> str:
    """Without blanks around it, and without quotes."""
    text = text.strip()
    return text[1:-1] if re.fullmatch(_QUOTED, text) else text


def _threshold(text: str, scope: _Scope, operator: str, wanted: str) -> dict[str, Any]:
    """fail_below or fail_above; nothing where what is wanted is no number."""
    found = _NUMBER.fullmatch(wanted)
    if found is None:
        return {}
    line = _value(text, scope, found["number"], found["percent"])
    key = "fail_below" if operator[0] == ">" else "fail_above"
    return {key: line if operator.endswith("=") else _beyond(line, operator, scope.measure.unit)}


def _value(text: str, scope: _Scope, number: str, percent: str) -> float:
    if percent and scope.measure.unit not in ("fraction", "ratio"):
        raise _bad(text, f"{scope.metric} is counted, so per cent says nothing of it")
    return float(Decimal(number) / 100 if percent else Decimal(number))


def _beyond(line: float, operator: str, unit: str) -> float:
    """The first number that is more (or less) than the line: "> 0.6" fails at 0.6 itself. What is counted is whole."""
    if unit in ("px", "count"):
        return float(math.floor(line) + 1 if operator == ">" else math.ceil(line) - 1)
    return math.nextafter(line, math.inf if operator == ">" else -math.inf)


def _comparison(text: str, scope: _Scope, operator: str, wanted: str) -> dict[str, Any]:
    """baseline and margin."""
    found = _BASELINE.fullmatch(wanted)
    if found is None or _bare(found["name"]).lower() in ("", "nan", "inf", "infinity"):
        raise _bad(text, f"{wanted!r} is neither a number nor a baseline" if wanted else "nothing follows the sign")
    if scope.measure.better == "one":
        raise _bad(text, f"{scope.metric} is best at 1, so more is neither better nor worse than a baseline")
    is_low = scope.measure.better == "low"
    expected = ("<=", "+") if is_low else (">=", "-")
    if operator != expected[0] or found["sign"] not in (None, expected[1]):
        good = "low" if is_low else "high"
        raise _bad(text, f"{good} is good of {scope.metric}, so expected {expected[0]} BASELINE {expected[1]} margin")
    margin = found["margin"]
    held = _value(text, scope, found["number"], found["percent"]) if margin else 0.0
    return {"baseline": _bare(found["name"]), "margin": held}


def _id(scope: _Scope, side: str) -> str:
    """Of letters, digits and dots; where they cannot say the names, with a few digits that stand for these."""
    words = [scope.metric, scope.size, scope.class_name, scope.slice, side]
    parts = ["each" if word == "*" else word for word in words if word]
    plain = [re.sub(r"[^A-Za-z0-9_]+", "-", part).strip("-") for part in parts]
    text = ".".join(filter(None, plain))
    if _loses(parts) or len(text) > 90:
        text = f"{text[:80].rstrip('.-')}.{hashlib.sha256('.'.join(parts).encode()).hexdigest()[:8]}"
    return text


def _loses(parts: Sequence[str]) -> bool:
    """Whether another name could have the same letters and digits: a blank or a dash alone is no loss."""
    return any(re.search(r"[^A-Za-z0-9_ =-]", part) for part in parts)
