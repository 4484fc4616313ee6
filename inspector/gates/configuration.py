"""What holds in the end: flags go before the environment, the environment before the file, the file before defaults."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from inspector.errors import UsageError
from inspector.gates.config import PRESETS, Config, Gates
from inspector.gates.config_errors import explained, nearest
from inspector.gates.config_files import ConfigFile
from inspector.gates.image_waivers import ImageWaivers, read_image_waivers
from inspector.gates.one_line import parse_gate
from inspector.gates.presets import merged, preset_gates, with_baseline
from inspector.gates.targets import measure_of

__all__ = ["ENVIRONMENT", "Asked", "Configuration", "configure"]

ENVIRONMENT = "INSPECT_GATES_"  # before the key in capitals
BASELINES = "INSPECT_BASELINES_"  # before the name in capitals
ONE_LINE, CHANGES = "GATE", "SET"  # lists: gates in one line, apart by ";"; changes, apart by blanks
TABLES = ("gate", "waivers")  # keys of [gates] that no flag and no variable sets as a whole

Record = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """What a command line says of gates.

    values     keys of [gates] that were given
    one_line   gates in one line
    changes    "ID.KEY=VALUE": keys of gates that others defined
    baselines  "NAME=PATH"
    """

    values: Mapping[str, Any]
    one_line: Sequence[str] = ()
    changes: Sequence[str] = ()
    baselines: Sequence[str] = ()


@dataclass(frozen=True)
class Configuration:
    """Gates and baselines, checked, and where they come from. `notes` say what a careful user should know."""

    gates: Gates
    baselines: Mapping[str, Path]
    file: ConfigFile
    is_asked: bool  # whether the command line or the environment said anything
    notes: tuple[str, ...] = ()
    image_waivers: ImageWaivers = field(default_factory=ImageWaivers)

    @property
    def source(self) -> str:
        """Where the gates come from, for people."""
        parts = [self.file.name, "the command line and the environment" if self.is_asked else ""]
        return " and ".join(filter(None, parts)) or "nowhere"


def configure(file: ConfigFile, asked: Asked, environ: Mapping[str, str]) -> Configuration:
    """The configuration that a file, the environment and a command line add up to.

    Raises UsageError that names the file, the variable or the flag for what is wrong: an unknown key, a value of
    another kind, a metric that there is not, a threshold that no number of its unit can lie on.
    """
    from_environment = _environment(environ)
    lines = [*from_environment.one_line, *asked.one_line]
    changes = [*from_environment.changes, *asked.changes]
    own = {**from_environment.values, **asked.values}
    baselines = _baselines(file, asked.baselines, environ)
    table = _table(file)
    preset, notes = _preset(own.get("preset", table.get("preset")), list(baselines))
    written = table.get("gate", [])
    checked = _of_file(file, {**table, "gate": merged(preset, written)} if isinstance(written, list) else table)
    if own or lines or changes:
        records = _changed([*written, *map(parse_gate, lines)], changes, preset)
        checked = _checked({**table, **own, "gate": merged(preset, records)})
    for gate in checked.gate:
        measure_of(gate)
    given = bool(own or lines or changes or asked.baselines)
    place = Path() if "waivers_file" in own else file.folder
    accepted = read_image_waivers(place / checked.waivers_file) if checked.waivers_file else ImageWaivers()
    return Configuration(checked, baselines, file, given, tuple(notes), accepted)


def _table(file: ConfigFile) -> Record:
    """[gates] of the file, as it was written. Raises UsageError where it is no table."""
    held = file.data.get("gates", {})
    if not isinstance(held, Mapping):
        file.parsed()  # which says what is wrong with it
    return dict(held)


def _preset(name: Any, baselines: Sequence[str]) -> tuple[list[Record], list[str]]:
    """(the gates of a preset, notes); none of a name that is none, which is refused where it was written."""
    if name not in PRESETS:
        return [], []
    gates, idle = with_baseline(preset_gates(name), baselines)
    return gates, [f"preset {name}: {', '.join(idle)} need a baseline, and [baselines] names none"] if idle else []


def _of_file(file: ConfigFile, gates: Mapping[str, Any]) -> Gates:
    return file.parsed({**file.data, "gates": gates}).gates


def _checked(gates: Mapping[str, Any]) -> Gates:
    data = {"gates": gates}
    try:
        return Config.model_validate(data).gates
    except ValidationError as error:
        raise explained(error, "the configuration with the command line and the environment", data) from None


# ---------------------------------------------------------------------- the environment


def _environment(environ: Mapping[str, str]) -> Asked:
    """What variables say. Raises UsageError for one that begins like ours and is none."""
    keys = [name for name in Gates.model_fields if name not in TABLES]
    known = {key.upper(): key for key in keys} | {ONE_LINE: "", CHANGES: ""}
    values: Record = {}
    for name in sorted(environ):
        if not name.startswith(ENVIRONMENT) or not environ[name]:  # CI sets what it has no value for to nothing
            continue
        key = name.removeprefix(ENVIRONMENT)
        if key not in known:
            hint = nearest(name, [ENVIRONMENT + each for each in known])
            raise UsageError(f"environment variable {name}: there is no such setting; {hint}", kind="config")
        if known[key]:
            values[known[key]] = _of_variable(name, known[key], environ[name])
    lines = re.split(r"[;\n]", environ.get(ENVIRONMENT + ONE_LINE, ""))
    changes = environ.get(ENVIRONMENT + CHANGES, "").split()
    return Asked(values, [line.strip() for line in lines if line.strip()], changes)


def _of_variable(name: str, key: str, text: str) -> Any:
    data = {"gates": {key: _value(text)}}
    try:
        Config.model_validate(data)
    except ValidationError as error:
        raise explained(error, f"environment variable {name}", data) from None
    return data["gates"][key]


def _value(text: str) -> Any:
    """A value as TOML writes it; what is none is text, so that names need no quotes."""
    try:
        return tomllib.loads(f"value = {text}")["value"] if "\n" not in text else text
    except tomllib.TOMLDecodeError:
        return text


# ---------------------------------------------------------------------- changes and baselines


def _changed(gates: Sequence[Record], changes: Sequence[str], preset: Sequence[Record]) -> list[Record]:
    """The user's gates with single keys changed, or added to gates of the preset: "ID.KEY=VALUE"."""
    held = list(gates)
    for change in changes:
        place, equals, text = change.partition("=")
        name, dot, key = place.strip().rpartition(".")
        if not (equals and dot and name and key):
            raise UsageError(f"--set {change!r}: expected ID.KEY=VALUE, such as small.fail_below=0.4", kind="config")
        held = _added(held, name, change, preset)
        index = [gate["id"] for gate in held].index(name)
        held[index] = {**held[index], key: _value(text.strip())}
    return held


def _added(gates: list[Record], name: str, change: str, preset: Sequence[Record]) -> list[Record]:
    """The gates, with one of this name: of the preset's gates only the id, as the rest of it joins later."""
    own, others = ([gate["id"] for gate in each] for each in (gates, preset))
    if name in own:
        return gates
    if name in others:
        return [*gates, {"id": name}]
    known = [*own, *others]
    hint = nearest(name, known) if known else "there are no gates"
    raise UsageError(f"--set {change!r}: there is no gate {name!r}; {hint}", kind="config")


def _baselines(file: ConfigFile, given: Sequence[str], environ: Mapping[str, str]) -> dict[str, Path]:
    """Name -> path: of the file (from its folder), then of the environment, then of the command line."""
    held = file.data.get("baselines")
    named = held if isinstance(held, Mapping) else {}
    found = {str(name): file.folder / str(path) for name, path in named.items()}
    in_capitals = {re.sub(r"[^A-Z0-9]", "_", name.upper()): name for name in found}
    for variable, path in sorted(environ.items()):
        if variable.startswith(BASELINES) and path:
            capitals = variable.removeprefix(BASELINES)
            found[in_capitals.get(capitals, capitals.lower())] = Path(path)
    for text in given:
        name, equals, path = text.partition("=")
        if not (equals and name and path):
            raise UsageError(f"--baseline {text!r}: expected NAME=PATH, such as main=baseline.json", kind="config")
        found[name] = Path(path)
    return found
