"""Configuration: where it is found, what goes before what, presets, and sentences for every mistake."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import click
import jsonschema
import pytest

from inspector.cli import cli
from inspector.cli_gate_options import GATES, KEYS, PRESETS, SHARED
from inspector.errors import InputError, UsageError
from inspector.gates.config import PRESETS as PRESET_NAMES
from inspector.gates.config import Config, Gate, Gates
from inspector.gates.config_files import ConfigFile, find_config, read_config
from inspector.gates.configuration import Asked, Configuration, configure
from inspector.gates.named_baselines import baselines_of
from inspector.gates.presets import preset_gates
from inspector.gates.run_options import RunOptions
from inspector.gates.schema import schema_text
from inspector.gates.targets import measure_of

NOTHING = Asked({})
FIRST = '[[gates.gate]]\nid = "overall"\nmetric = "miou"\nfail_below = 0.5\n'


def written(folder: Path, text: str, name: str = "inspect.toml") -> ConfigFile:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return read_config(path)


def configured(file: ConfigFile, asked: Asked = NOTHING, environ: Mapping[str, str] | None = None) -> Configuration:
    return configure(file, asked, environ or {})


def by_id(configuration: Configuration) -> dict[str, Gate]:
    return {gate.id: gate for gate in configuration.gates.gate}


# ---------------------------------------------------------------------- where it is looked for


def test_the_nearest_file_up_to_the_root_of_the_repository_is_found(tmp_path: Path) -> None:
    inner = tmp_path / "repository" / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "inspect.toml").write_text(FIRST)  # above the repository
    assert find_config(inner) is None  # outside a repository no folder above is looked at
    (tmp_path / "repository" / ".git").mkdir()
    assert find_config(inner) is None
    written(tmp_path / "repository", "[tool.mask-inspector.gates]\nstrict = true\n", "pyproject.toml")
    assert find_config(inner) == tmp_path / "repository" / "pyproject.toml"
    written(inner.parent, "[tool.other]\n", "pyproject.toml")  # without our table it is none of ours
    assert find_config(inner) == tmp_path / "repository" / "pyproject.toml"
    written(tmp_path / "repository", FIRST)
    assert find_config(inner) == tmp_path / "repository" / "inspect.toml"
    written(inner, FIRST)
    assert find_config(inner) == inner / "inspect.toml"


def test_a_pyproject_holds_the_same_below_its_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = FIRST.replace("[[gates.gate]]", "[[tool.mask-inspector.gates.gate]]")
    file = written(tmp_path, f'[project]\nname = "x"\n{text}', "pyproject.toml")
    assert configured(file).gates == configured(written(tmp_path, FIRST)).gates
    assert file.name == "pyproject.toml [tool.mask-inspector]" == configured(file).source
    assert file.line_of("overall") == 4 and file.line_of("other") == 0


def test_no_file_is_no_gate(tmp_path: Path) -> None:
    assert configured(ConfigFile()).gates == Gates()
    assert configured(written(tmp_path, "")).gates == Gates()


# ---------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[gates", "this is no TOML"),
        ("gate = 1", "the top level: there is no key 'gate'; did you mean 'gates'?"),
        ("[gates]\nmin_image = 3", "[gates]: there is no key 'min_image'; did you mean 'min_images'?"),
        ("[gates]\nmin_images = 0", "[gates], min_images: found 0, expected at least 1"),
        ("[gates]\nmin_images = true", "[gates], min_images: found true, expected a whole number"),
        ("[gates]\nmin_images = 2.5", "[gates], min_images: found 2.5, expected a whole number"),
        ('[gates]\nstrict = "yes"', '[gates], strict: found "yes", expected true or false'),
        ('[gates]\nlevel = "hard"', "[gates], level: found \"hard\", expected 'off', 'warn' or 'error'"),
        ("[gates]\nconfidence = 95", "[gates], confidence: found 95, expected less than 1"),
        ("gates = 3", "[gates]: found 3, expected a table"),
        ("[gates.gate]\nid = 'x'", "[gates], gate: found"),
        ("[baselines]\nmain = 3", "[baselines], main: found 3, expected text in quotes"),
        ("baselines = 3", "[baselines]: found 3, expected a table"),
        ("[run]\ntolerence = 3", "[run]: there is no key 'tolerence'; did you mean 'tolerance'?"),
        ("run = 3", "[run]: found 3, expected a table"),
        ("[run]\ntolerance = -1", "[run], tolerance: found -1, expected more than 0"),
        ("[run]\nignore = ['a']", "[run], ignore"),
        ("[run]\nspacing = [1]", "[run], spacing: found [1], expected a number or a longer list"),
        (FIRST + "fail_belov = 0.5", "[[gates.gate]] 1 ('overall'): there is no key 'fail_belov'; did you mean"),
        (FIRST.replace("0.5", '"0.5"'), "[[gates.gate]] 1 ('overall'), fail_below: found \"0.5\", expected a number"),
        (FIRST.replace("0.5", "nan"), "fail_below: found NaN, expected a finite number"),
        (FIRST.replace("0.5", "true"), "fail_below: found true, expected a number"),
        (FIRST.replace("fail_below = 0.5", ""), "('overall'): expected fail_below, fail_above, warn_below,"),
        (FIRST + 'baseline = "main"', "('overall'): a gate has thresholds or a baseline, not both"),
        (FIRST + "margin = 0.1", "('overall'): margin is for gates with a baseline"),
        (FIRST + "fail_above = 0.4", "('overall'): nothing lies between 0.5 and 0.4"),
        (FIRST.replace('id = "overall"\n', ""), "[[gates.gate]] 1: the key 'id' is missing"),
        (FIRST.replace('metric = "miou"\n', ""), "('overall'): the key 'metric' is missing"),
        (FIRST.replace("overall", "over all"), "id: found \"over all\", expected letters, digits"),
        (FIRST + FIRST, "[gates]: two gates are called 'overall'"),
        (FIRST + 'classes = "person"', "classes: found \"person\", expected '*' or a list in [brackets]"),
        (FIRST + "classes = [1]", "classes"),
        (FIRST.replace("miou", "moiu"), "there is no metric 'moiu'; expected one of miou"),
        (FIRST.replace("0.5", "50"), "gate 'overall': fail_below = 50 was found, but miou is a fraction"),
        (FIRST + 'size = "small"', "gate 'overall': miou is not measured by size"),
        (FIRST + 'classes = "*"', "gate 'overall': miou is a number of all classes"),
        (
            FIRST + '[[gates.waivers]]\ngate = "overal"\nreason = "r"\nowner = "o"\nuntil = 2030-01-01',
            "a waiver is for 'overal', which is no gate here",
        ),
        (
            FIRST + '[[gates.waivers]]\ngate = "overall"\nreason = ""\nowner = "o"\nuntil = "soon"',
            "[[gates.waivers]] 1 ('overall'), reason: found \"\", expected some text; [[gates.waivers]] 1 ('overall'), "
            'until: found "soon", expected a day such as 2030-12-31',
        ),
        (FIRST + '[[gates.waivers]]\ngate = "overall"', "the key 'reason' is missing"),
    ],
)  # fmt: skip
def test_a_mistake_names_file_table_and_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        configured(written(tmp_path, text))
    assert said in str(caught.value)
    if not str(caught.value).startswith(("gate ", "there is no metric")):  # those name the gate
        assert "inspect.toml" in str(caught.value)


def test_in_a_pyproject_tables_are_named_in_full(tmp_path: Path) -> None:
    file = written(tmp_path, "[tool.mask-inspector.gates]\nlevle = 1", "pyproject.toml")
    with pytest.raises(UsageError, match=re.escape("[tool.mask-inspector.gates]: there is no key 'levle'")):
        configured(file)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a = 1\n" * 200_000])
def test_a_file_that_is_no_configuration_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.toml").write_bytes(content)
    with pytest.raises(UsageError, match="x.toml: "):
        read_config(tmp_path / "x.toml")
    with pytest.raises(UsageError, match="none.toml: cannot be read"):
        read_config(tmp_path / "none.toml")


# ---------------------------------------------------------------------- what goes before what


@pytest.mark.parametrize("key", [key for key in Gates.model_fields if key not in ("gate", "waivers")])
def test_flag_before_environment_before_file_before_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.toml", "b.toml", "c.toml"):
        (tmp_path / name).write_text("")
    other = {
        "level": ("warn", "off", "error"), "confidence": (0.9, 0.8, 0.7), "min_images": (1, 2, 3),
        "correction": ("none", "holm", "none"), "seed": (1, 2, 3), "resamples": (100, 200, 300),
        "strict": (True, False, True), "ratchet": (True, False, True), "preset": ("strict", "medical", "driving"),
        "waivers_file": ("a.toml", "b.toml", "c.toml"),
    }  # fmt: skip
    in_file, in_environment, as_flag = other[key]
    file = written(tmp_path, f"[gates]\n{key} = {json.dumps(in_file)}\n")
    environ = {f"INSPECT_GATES_{key.upper()}": json.dumps(in_environment).strip('"')}
    asked = Asked({key: as_flag})
    for expected, held in (
        (getattr(Gates(), key), configured(ConfigFile())),
        (in_file, configured(file)),
        (in_environment, configured(file, NOTHING, environ)),
        (as_flag, configured(file, asked, environ)),
        (as_flag, configured(ConfigFile(), asked)),
    ):
        assert getattr(held.gates, key) == expected
    assert key in KEYS


def test_every_key_of_gates_is_a_flag_and_a_variable() -> None:
    keys = set(Gates.model_fields) - {"gate", "waivers"}
    assert keys == set(KEYS)
    flags = {param.name for param in cli.commands["gate"].commands["check"].params}  # type: ignore[attr-defined]
    assert keys | {"one_line", "changes", "baselines", "config"} <= flags
    assert PRESETS == PRESET_NAMES
    assert len(GATES) + len(SHARED) == len(keys) + 3


def test_every_long_option_of_the_main_job_is_a_key_of_run_and_none_besides() -> None:
    about_gates = {"gate", "config", "preset", "strict", "no-strict", "baseline", "set", "waivers"}
    options = {
        name.removeprefix("--").replace("-", "_")
        for option in cli.commands["run"].params
        if isinstance(option, click.Option)
        for name in (*option.opts, *option.secondary_opts)
        if name.startswith("--") and name.removeprefix("--") not in about_gates
    }
    assert options == {field.alias or name for name, field in RunOptions.model_fields.items()}


@pytest.mark.parametrize(
    ("variable", "text", "said"),
    [
        ("MIN_IMAGE", "3", "MIN_IMAGE: there is no such setting; did you mean 'INSPECT_GATES_MIN_IMAGES'?"),
        ("MIN_IMAGES", "many", 'INSPECT_GATES_MIN_IMAGES, [gates], min_images: found "many", expected a whole'),
        ("STRICT", "yes", 'INSPECT_GATES_STRICT, [gates], strict: found "yes", expected true or false'),
        ("GATE", "miou", "gate 'miou': expected >="),
        ("SET", "overall", "expected ID.KEY=VALUE"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_variable_names_the_variable(tmp_path: Path, variable: str, text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        configured(written(tmp_path, FIRST), NOTHING, {f"INSPECT_GATES_{variable}": text})
    assert said in str(caught.value)


def test_one_line_gates_join_those_of_the_file(tmp_path: Path) -> None:
    environ = {"INSPECT_GATES_GATE": "iou.* >= 0.1; dice >= 0.2\n", "INSPECT_GATES_LEVEL": ""}
    held = configured(written(tmp_path, FIRST), Asked({}, ["recall >= 0.3"]), environ)
    assert list(by_id(held)) == ["overall", "iou.each.at-least", "dice.at-least", "recall.at-least"]
    assert held.source.endswith("inspect.toml and the command line and the environment")
    with pytest.raises(UsageError, match="two gates are called 'recall.at-least'"):
        configured(ConfigFile(), Asked({}, ["recall >= 0.3", "recall >= 0.4"]))


def test_single_keys_of_a_gate_are_changed(tmp_path: Path) -> None:
    file = written(tmp_path, FIRST)
    environ = {"INSPECT_GATES_SET": "overall.fail_below=0.4 overall.level=warn"}
    assert by_id(configured(file, NOTHING, environ))["overall"].fail_below == 0.4
    gate = by_id(configured(file, Asked({}, changes=["overall.fail_below = 0.3"]), environ))["overall"]
    assert (gate.fail_below, gate.level) == (0.3, "warn")
    for change, said in (
        ("overal.level=warn", "no gate 'overal'; did you mean 'overall'"), ("overall.levle=warn", "no key 'levle'"),
        ("overall.fail_below=low", "found \"low\", expected a number"), ("overall", "expected ID.KEY=VALUE"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=said):
            configured(file, Asked({}, changes=[change]))


def test_run_options_become_parameters_with_paths_from_the_file(tmp_path: Path) -> None:
    text = '[run]\ngt = "masks"\nclasses = "camvid"\nignore = 255\nspacing = [0.5, 1]\njson = true\noutput = "/out"\n'
    held = written(tmp_path, text).parsed().run.given(tmp_path, ("camvid",))
    assert held == {
        "gt": str(tmp_path / "masks"), "classes": "camvid", "ignore": (255,), "spacing": "0.5,1.0", "as_json": True,
        "output": "/out",
    }  # fmt: skip
    held = (
        written(tmp_path, '[run]\nclasses = "my.toml"\nignore = [0, 255]\nspacing = 2').parsed().run.given(tmp_path, ())
    )
    assert held == {"classes": str(tmp_path / "my.toml"), "ignore": (0, 255), "spacing": "2.0"}


# ---------------------------------------------------------------------- baselines


def test_a_baseline_is_found_by_flag_variable_file_and_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conf").mkdir()
    for place in ("conf/a.json", "b.json", "c.json", "conf/d.json", "e.json"):
        (tmp_path / place).write_text("{}")
    monkeypatch.chdir(tmp_path)
    file = written(tmp_path / "conf", '[baselines]\nmain = "a.json"\nnight-ly = "a.json"\nlost = "lost.json"\n')

    def found(name: str, given: list[str] = [], environ: Mapping[str, str] | None = None) -> str:  # noqa: B006
        held = configured(file, Asked({}, baselines=given), environ)
        return str(baselines_of(held, lambda path: path.resolve().relative_to(tmp_path))(name))  # type: ignore[arg-type,return-value]

    assert found("main") == "conf/a.json"
    assert found("main", [], {"INSPECT_BASELINES_MAIN": "b.json"}) == "b.json"
    assert found("main", ["main=c.json"], {"INSPECT_BASELINES_MAIN": "b.json"}) == "c.json"
    assert found("night-ly", [], {"INSPECT_BASELINES_NIGHT_LY": "b.json"}) == "b.json"
    assert found("new", [], {"INSPECT_BASELINES_NEW": "b.json"}) == "b.json"
    assert (found("d.json"), found("e.json")) == ("conf/d.json", "e.json")
    for name, said in (("lost", "lost.json not found"), ("other", "names main, night-ly, lost")):
        with pytest.raises(InputError, match=said):
            found(name)
    with pytest.raises(UsageError, match="expected NAME=PATH"):
        found("main", ["main"])


# ---------------------------------------------------------------------- presets


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_only_warns_and_every_gate_of_it_can_be_measured(name: str) -> None:
    records = preset_gates(name)
    for gate in (Gate.model_validate(record) for record in records):
        measure_of(gate)
        assert gate.level == "warn" and gate.fail_below is None and gate.fail_above is None
    held = configured(ConfigFile(), Asked({"preset": name}, baselines=["main=x.json"]))
    assert list(by_id(held)) == [record["id"] for record in records]
    assert {gate.level for gate in held.gates.gate} == {"warn"} and not held.notes


def test_a_number_of_the_users_makes_a_gate_of_a_preset_a_gate(tmp_path: Path) -> None:
    text = '[gates]\npreset = "recommended"\n[[gates.gate]]\nid = "small-objects"\nfail_below = 0.4\n'
    gate = by_id(configured(written(tmp_path, text)))["small-objects"]
    assert (gate.metric, gate.size, gate.fail_below, gate.level) == ("object_recall", "small", 0.4, None)
    gate = by_id(configured(written(tmp_path, text.replace("fail_below = 0.4", "warn_below = 0.4"))))["small-objects"]
    assert (gate.warn_below, gate.level) == (0.4, "warn")
    gate = by_id(configured(written(tmp_path, text + 'level = "warn"')))["small-objects"]
    assert (gate.fail_below, gate.level) == (0.4, "warn")
    held = configured(ConfigFile(), Asked({"preset": "recommended"}, changes=["area-ratio.fail_below=0.1"]))
    assert by_id(held)["area-ratio"].level is None
    twice = text + '[[gates.gate]]\nid = "small-objects"\nfail_below = 0.4\nmetric = "miou"\n'
    with pytest.raises(UsageError, match="two gates are called 'small-objects'"):
        configured(written(tmp_path, twice))


def test_gates_of_a_preset_take_the_baseline_that_there_is(tmp_path: Path) -> None:
    held = configured(ConfigFile(), Asked({"preset": "recommended"}))
    idle = [gate.id for gate in held.gates.gate if gate.level == "off"]
    assert idle == ["overall-regresses", "no-class-regresses"]
    assert held.notes == (f"preset recommended: {', '.join(idle)} need a baseline, and [baselines] names none",)
    held = configured(written(tmp_path, '[baselines]\nlast = "x.json"'), Asked({"preset": "recommended"}))
    assert by_id(held)["overall-regresses"].baseline == "last"


# ---------------------------------------------------------------------- the schema


def test_the_published_schema_is_that_of_the_program() -> None:
    published = (files("inspector.gates") / "gate.schema.json").read_text(encoding="utf-8")
    assert published == schema_text(), "write it again: inspect gate schema > inspector/gates/gate.schema.json"
    jsonschema.Draft202012Validator.check_schema(json.loads(published))


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        (FIRST, True), ("", True), (FIRST.replace("miou", "iou") + 'classes = ["a"]', True),
        ('[gates]\npreset = "strict"', True),
        ('[gates]\npreset = "strict"\n[[gates.gate]]\nid = "small-objects"\nfail_below = 0.1', True),
        ("[run]\nignore = [255]\njson = true", True), (FIRST + "x = 1", False), ("[gates]\nlevel = 'hard'", False),
        (FIRST.replace("0.5", "'0.5'"), False), ("[run]\ntolerence = 1", False),
        ("[[gates.gate]]\nmetric = 'iou'", False),
    ],
)  # fmt: skip
def test_the_schema_and_the_program_agree(tmp_path: Path, text: str, holds: bool) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(schema_text()))
    assert validator.is_valid(tomllib.loads(text)) == holds
    try:
        configured(written(tmp_path, text))
    except UsageError:
        assert not holds
    else:
        assert holds


def test_every_key_of_a_configuration_is_explained() -> None:
    schema = json.loads(schema_text())
    lacking = [
        f"{name}.{key}"
        for name, table in {"": schema, **schema["$defs"]}.items()
        for key, value in table.get("properties", {}).items()
        if not value.get("description", "").endswith(".")
    ]
    assert lacking == [] and set(Config.model_fields) == {"gates", "baselines", "run"}
