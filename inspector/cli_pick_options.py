"""The options of `inspect pick`: what their values may be, and what they mean together."""

from __future__ import annotations

import click
from click.core import ParameterSource

__all__ = ["bars", "check_together", "seconds"]

SCORES = (  # of `inspect pick --evaluate`
    "strict", "lenient", "balanced", "semantic", "instance", "panoptic", "none", "explicit", "implicit", "settled",
    "asked", "architecture",
)  # fmt: skip
LONGEST_S = 3600  # of a question to a language model
_UNSAID = (None, ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP)
#: Of `inspect pick`: what an option is for, and what it makes useless.
NEEDED = {
    "labels": "masks", "classes": "masks", "ignore": "masks", "model": "llm", "key_env": "llm", "timeout": "llm",
    "at_least": "evaluate", "at_most": "evaluate",
}  # fmt: skip
USELESS = {
    "masks": ("run",),
    "file": ("words",),
    "print_prompt": ("llm", "as_json"),
    "evaluate": ("words", "file", "masks", "run", "llm", "interview", "print_prompt"),
}


def bars(ctx: click.Context, option: click.Parameter, values: tuple[str, ...]) -> dict[str, float]:
    """NAME=SHARE, several times."""
    found = {}
    for value in values:
        name, _, share = value.partition("=")
        try:
            found[name] = float(share)
        except ValueError:
            raise click.BadParameter(f"{value!r}: expected NAME=SHARE, such as strict=0.9") from None
        if name not in SCORES or not 0 <= found[name] <= 1:
            raise click.BadParameter(f"{value!r}: expected a share of 0 to 1 for one of {', '.join(SCORES)}")
    return found


def seconds(ctx: click.Context, option: click.Parameter, value: float) -> float:
    if not 1 <= value <= LONGEST_S:  # NaN passes click's own range
        raise click.BadParameter(f"{value} is no time: give 1 to {LONGEST_S} s")
    return value


def check_together(ctx: click.Context) -> None:
    """Refuse an option that would do nothing beside the others that were given, or without one that was not."""
    given = {name for name in ctx.params if ctx.get_parameter_source(name) not in _UNSAID and ctx.params[name]}
    for name, needed in NEEDED.items():
        if name in given and needed not in given:
            ctx.fail(f"{_spelled(name)} is for {_spelled(needed)}: give that too, or leave it out")
    for name, useless in USELESS.items():
        for other in useless if name in given else ():
            if other in given:
                ctx.fail(f"{_spelled(name)} and {_spelled(other)} were given: leave one of them out")


def _spelled(name: str) -> str:
    return {"words": "a description", "as_json": "--json"}.get(name, f"--{name.replace('_', '-')}")
