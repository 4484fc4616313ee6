"""What a command line, the environment and a configuration file say of gates, and of defaults for other options."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspector.cli_options import Command, with_options
from inspector.errors import UsageError

if TYPE_CHECKING:
    from inspector.gates.config_files import ConfigFile
    from inspector.gates.configuration import Configuration

__all__ = [
    "ISOLATED",
    "RUN_ENVIRONMENT",
    "RUN_KEYS",
    "all_gate_options",
    "config_option",
    "configuration_from",
    "gate_options",
]

Option = Callable[[Command], Command]

ISOLATED = "isolated"  # as the object of a context: no configuration file is looked for
RUN_ENVIRONMENT = "INSPECT_RUN"  # before the names of options in capitals
_FOUND = "inspector.configuration"  # where a context keeps the file that was found
PRESETS = ("recommended", "strict", "medical", "driving")


def _find(ctx: click.Context, option: click.Parameter, value: Path | None) -> None:
    """Callback of --config, before any other option is looked at."""
    if ctx.resilient_parsing:
        return
    from inspector.gates.config_files import ConfigFile, find_config, read_config

    _check_environment()
    path = value or (None if ctx.obj == ISOLATED else find_config(Path.cwd()))
    ctx.meta[_FOUND] = read_config(path) if path else ConfigFile()


def _find_defaults(ctx: click.Context, option: click.Parameter, value: Path | None) -> None:
    """The same where [run] of the file gives the other options their defaults."""
    if ctx.resilient_parsing:
        return
    from inspector.class_files import presets

    _find(ctx, option, value)
    file = _used_file(ctx)
    if "run" in file.data:
        run = file.parsed({"run": file.data["run"]}).run
        ctx.default_map = dict(run.given(file.folder, presets()))


def _check_environment() -> None:
    """Raise UsageError for a variable that begins as those of options do and is of none."""
    from inspector.gates.config_errors import nearest
    from inspector.gates.run_options import RunOptions

    known = [f"{RUN_ENVIRONMENT}_{field.alias or name}".upper() for name, field in RunOptions.model_fields.items()]
    for name in sorted(os.environ):
        if name.startswith(f"{RUN_ENVIRONMENT}_") and name not in known:
            raise UsageError(f"environment variable {name}: there is no such option; {nearest(name, known)}")


def _config(callback: Callable[[click.Context, click.Parameter, Path | None], None]) -> Option:
    return click.option(
        "--config",
        type=click.Path(path_type=Path),
        is_eager=True,
        expose_value=False,
        envvar="INSPECT_CONFIG",
        callback=callback,
        help="Configuration file.  [default: inspect.toml, or [tool.mask-inspector] in pyproject.toml, here or above "
        "up to the root of the repository]",
    )


GATES: tuple[Option, ...] = (
    click.option(
        "--gate",
        "one_line",
        multiple=True,
        allow_from_autoenv=False,
        metavar="GATE",
        help="A gate in one line, such as 'iou.person >= 0.6' or 'iou.* >= main - 1%'; may be given several times.",
    ),
    click.option(
        "--preset",
        type=click.Choice(PRESETS),
        allow_from_autoenv=False,
        help="Gates to begin with; they only warn, until a gate of the same id gives numbers.",
    ),
    click.option(
        "--strict/--no-strict",
        default=None,
        allow_from_autoenv=False,
        help="What is inconclusive fails: too few images to tell are no excuse.",
    ),
    click.option(
        "--baseline",
        "baselines",
        multiple=True,
        allow_from_autoenv=False,
        metavar="NAME=PATH",
        help="What gates compare with: a baseline file or a run folder; may be given several times.",
    ),
    click.option(
        "--set",
        "changes",
        multiple=True,
        allow_from_autoenv=False,
        metavar="ID.KEY=VALUE",
        help="Change one key of a gate of the configuration, such as small.fail_below=0.4; may be given several times.",
    ),
    click.option(
        "--waivers",
        "waivers_file",
        allow_from_autoenv=False,
        metavar="FILE",
        help="Images that a review accepts for a while, as `inspect review apply` writes them: what fails because of "
        "them alone is waived.",
    ),
)
SHARED = (
    click.option("--level", type=click.Choice(["off", "warn", "error"]), help="Of gates that do not say their own."),
    click.option("--confidence", type=float, metavar="SHARE", help="Of intervals and tests, such as 0.95."),
    click.option("--min-images", type=int, metavar="N", help="Fewer images than this decide nothing."),
    click.option("--correction", type=click.Choice(["holm", "none"]), help="For gates on many classes at once."),
    click.option("--seed", type=int, metavar="N", help="Seed of the resamples."),
    click.option("--resamples", type=int, metavar="N", help="Bootstrap resamples behind each interval."),
    click.option("--ratchet/--no-ratchet", default=None, help="Propose higher thresholds where they are beaten."),
)
KEYS = (
    "preset", "strict", "level", "confidence", "min_images", "correction", "seed", "resamples", "ratchet",
    "waivers_file",
)  # fmt: skip
RUN_KEYS = ("preset", "strict", "waivers_file")  # of the main job


def config_option(command: Command) -> Command:
    """Decorator: --config alone, for the defaults of other options."""
    return _config(_find_defaults)(command)


def gate_options(command: Command) -> Command:
    """Decorator: the options of gates that the main job has. It has options of its own that are called as others."""
    return with_options(command, (*GATES, _config(_find_defaults)))


def all_gate_options(command: Command) -> Command:
    """Decorator: a flag for each key of [gates]."""
    return with_options(command, (*GATES, _config(_find), *SHARED))


def _used_file(ctx: click.Context) -> ConfigFile:
    """The configuration file in use; its path is None where there is none."""
    file: ConfigFile = ctx.meta[_FOUND]
    return file


def configuration_from(ctx: click.Context, options: Mapping[str, Any], keys: tuple[str, ...] = KEYS) -> Configuration:
    """The configuration that holds for this command. `keys` are the options that are keys of [gates] here. Raises
    UsageError."""
    from inspector.gates.configuration import Asked, configure

    values = {key: options[key] for key in keys if options[key] is not None}
    asked = Asked(values, options["one_line"], options["changes"], options["baselines"])
    return configure(_used_file(ctx), asked, os.environ)
