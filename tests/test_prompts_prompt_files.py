"""Prompt files: what is checked in is what is generated, true of the commands it names, and safe to fill."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from inspector.categories import presets
from inspector.cli import cli
from prompts import prompt_blocks
from prompts.__main__ import main as generate
from prompts.answer import TASKS, Answer
from prompts.answer_schema import schema
from prompts.decision import Rule, load_tables
from prompts.errors import PromptsError
from prompts.facts import FACTS
from prompts.knowledge import load_knowledge
from prompts.llm_answers import with_true_quotes
from prompts.prompt_files import filled, load_prompt, messages, prompt_names, read_prompt, render
from tests.command import inspect
from tests.mask_folders import write_masks

PICKER, INSPECTOR = "segmentation-task-picker", "segmentation-mask-inspector"
FILES = Path(str(resources.files("prompts").joinpath("files")))
SCHEMA = Path(str(resources.files("inspector").joinpath("inspection.schema.json")))
HEAD = "---\nname: a-prompt\ndescription: what it does and when to use it, in words enough\nversion: 1.0.0\n"
INPUTS = "inputs:\n  text: words\n"


def _raw(name: str) -> str:
    return (FILES / f"{name}.md").read_text("utf-8")


# ---------------------------------------------------------------- every file


def test_the_two_files_are_there() -> None:
    assert prompt_names() == (INSPECTOR, PICKER)


@pytest.mark.parametrize("name", [PICKER, INSPECTOR])
def test_what_is_checked_in_is_what_is_generated(name: str) -> None:
    assert render(_raw(name)) == _raw(name), "tables or schema have changed: run `python -m prompts` and commit"


@pytest.mark.parametrize("name", [PICKER, INSPECTOR])
def test_the_head_means_the_same_to_a_yaml_reader(name: str) -> None:
    head = load_prompt(name).frontmatter
    assert yaml.safe_load(_raw(name).split("---\n")[1]) == head.model_dump()
    assert head.name == name
    headings = [re.sub(r"[^a-z ]", "", line.lower()).strip().replace(" ", "-") for line in _raw(name).splitlines()]
    assert head.output_schema in headings


@pytest.mark.parametrize("name", [PICKER, INSPECTOR])
def test_a_file_stays_small_enough_to_paste(name: str) -> None:
    assert len(_raw(name)) < 60_000  # about 15,000 tokens


def test_an_unknown_name_is_told_with_the_names_there_are() -> None:
    with pytest.raises(PromptsError, match=f"no prompt file 'pick'; there are {INSPECTOR}, {PICKER}"):
        load_prompt("pick")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no head at all", "expected a head between two lines of ---"),
        (HEAD + INPUTS + "output_schema: x\n---\n", "and a text after it"),
        (HEAD + INPUTS + "---\nbody", "output_schema: Field required"),
        (HEAD + INPUTS + "output_schema: x\nmore: y\n---\nbody", "more: Extra inputs"),
        (HEAD.replace("1.0.0", "one") + INPUTS + "output_schema: x\n---\nbody", "version: String should match"),
        (HEAD + "    deep: x\n---\nbody", "found '    deep: x', expected `key: value`"),
        (HEAD + "  lost: x\n---\nbody", "found '  lost: x', expected `key: value`"),
        (HEAD + "- item\n---\nbody", "found '- item'"),
    ],
)
def test_a_wrong_head_is_told_with_the_file_and_the_key(text: str, told: str) -> None:
    with pytest.raises(PromptsError, match=re.escape(told)) as caught:
        read_prompt(text, "mine.md")
    assert str(caught.value).startswith("mine.md: ")


def test_a_part_that_nothing_makes_is_an_error() -> None:
    with pytest.raises(PromptsError, match="<!-- generated: weather -->: nothing makes this part; there are schema"):
        render("<!-- generated: weather -->\n<!-- end -->")


def test_the_command_for_maintainers_writes_every_generated_part_again(tmp_path: Path) -> None:
    shutil.copytree(FILES, tmp_path / "files")
    place = tmp_path / "files" / f"{PICKER}.md"
    place.write_text(_raw(PICKER).replace('"additionalProperties"', '"old"'), "utf-8")
    assert generate([], tmp_path) is None
    assert place.read_text("utf-8") == _raw(PICKER)
    assert "error:" in str(generate([str(tmp_path / "absent.jsonl")], tmp_path))


# ---------------------------------------------------------------- the task picker


def _block(name: str) -> str:
    return _raw(PICKER).partition(f"<!-- generated: {name} -->\n")[2].partition("\n<!-- end -->")[0]


def test_the_schema_in_the_file_is_that_of_the_answer() -> None:
    assert json.loads(_block("schema").removeprefix("```json\n").removesuffix("\n```")) == schema()


def test_every_fact_and_every_rule_of_a_whole_table_stands_in_the_file() -> None:
    assert [line.split("`")[1] for line in _block("facts").splitlines()] == list(FACTS)
    tables = load_tables()
    rules = {name: tables[name].rules for name in ("task", "architecture", "sister", "metrics")}
    rules["resolution"] = tuple(
        rule for name in ("resolution", "tiling") for rule in tables[name].rules if rule.when.get("task") != ("none",)
    )
    assert "task = none" not in _block("resolution")
    for block, held in rules.items():
        chosen = re.findall(r"^- .+? → \*\*(.+)\*\*", _block(block), re.MULTILINE)
        assert chosen == [", ".join(rule.choose) for rule in held]


def test_the_loss_of_a_class_map_and_the_library_of_every_choice_stand_in_the_file() -> None:
    tables, known = load_tables(), load_knowledge().architectures
    semantic = [rule.choose[0] for rule in tables["loss"].rules if rule.when.get("task") == ("semantic",)]
    assert re.findall(r"\*\*(.+)\*\*", _block("loss"))[: len(semantic)] == semantic
    names = dict(re.findall(r"^- `(.+?)`: (.+)$", _block("names"), re.MULTILINE))
    assert list(names) == sorted(
        {name for table in ("architecture", "sister") for rule in tables[table].rules for name in rule.choose}
    )
    for name, line in names.items():
        assert line.startswith(f"{known[name].library}; closed product: {known[name].commercial}")
        assert line.endswith("; loss " + known[name].losses[0]) if known[name].losses else "loss" not in line


@pytest.mark.parametrize(
    ("name", "values", "line"),
    [
        ("speed", ("real time", "edge"), "real time or edge"),
        ("speed", ("any",), "speed = any"),
        ("thin", ("yes",), "thin = yes"),
        ("subject", ("thin",), "subject = thin"),
        ("labelled", ("tens",), "labelled = tens"),
    ],
)
def test_a_condition_is_short_where_it_can_only_mean_one_fact(name: str, values: tuple[str, ...], line: str) -> None:
    rule = Rule(id="r", choose=("a", "b"), why="w", when={"dims": ("2d",)}, unless={name: values})
    assert prompt_blocks._line(rule) == f"- 2d, not {line} → **a, b**"


def test_a_rule_is_written_with_its_conditions_and_exceptions() -> None:
    lines = _block("task").splitlines()
    assert lines[0].startswith("- output = something else → **none**. What is wanted is not a mask")
    assert lines[-1].startswith("- else → **semantic**. ")


def _examples() -> list[tuple[str, dict[str, Any]]]:
    found = re.findall(r"^> ([^\n]+)\n\n```json\n(.+?)\n```$", _raw(PICKER), re.MULTILINE | re.DOTALL)
    return [(description, json.loads(answer)) for description, answer in found]


def test_there_are_six_examples_of_every_task_and_one_asks() -> None:
    examples = _examples()
    assert len(examples) == 6
    assert {answer["task"] for _, answer in examples} == set(TASKS)
    assert sum(answer["ask_user"] is not None for _, answer in examples) == 1


@pytest.mark.parametrize(("description", "answer"), _examples(), ids=lambda each: str(each)[:20])
def test_an_example_keeps_every_rule_that_the_file_sets(description: str, answer: dict[str, Any]) -> None:
    read = Answer.model_validate(answer)
    assert with_true_quotes(read, description) == (read, ())
    assert {each.name for each in read.not_chosen} == set(TASKS) - {read.task}
    assert (read.task == "none") == (read.sister_task is not None) == (read.loss is None)
    assert (read.task == "none") == (read.resolution_tiling is None)
    assert (read.ask_user is not None) == (read.confidence <= 0.6)


@pytest.mark.parametrize(("description", "answer"), _examples(), ids=lambda each: str(each)[:20])
def test_an_example_names_what_the_knowledge_base_knows(description: str, answer: dict[str, Any]) -> None:
    knowledge = load_knowledge()
    for each in answer["architecture"]:
        assert each["library"] == knowledge.architectures[each["name"]].library
        assert answer["task"] in knowledge.architectures[each["name"]].tasks
    assert answer["loss"] is None or answer["loss"]["name"] in knowledge.losses
    assert {each["name"] for each in answer["metrics"]} <= set(knowledge.metrics)


def test_the_examples_are_of_the_gold_file_for_development_and_agree_with_it(shared: Path) -> None:
    lines = (shared / "picker" / "dev.jsonl").read_text("utf-8").splitlines()
    gold = {item["description"]: item for item in map(json.loads, lines)}
    for description, answer in _examples():
        assert answer["task"] == gold[description]["task"]
        assert answer["architecture"][0]["name"] in gold[description]["architectures"]
    assert sum(gold[description]["style"] == "negation" for description, _ in _examples()) == 2


@example("a\n````\nb", "`````")
@given(st.text() | st.text("`\n a~", max_size=20), st.text())
def test_nothing_in_a_text_can_close_its_fence(description: str, evidence: str) -> None:
    case = messages(PICKER, description, evidence)[1]["content"]
    found = _fenced(case)
    wanted = [text.strip("\n") if text.strip() else "(nothing)" for text in (description, evidence)]
    assert found == wanted


def _fenced(case: str) -> list[str]:
    """What stands in fences, as CommonMark reads it: a fence is closed by a line of as many backticks or more."""
    found: list[str] = []
    lines, fence, inside = case.split("\n"), "", []
    for line in lines:
        if not fence and line.startswith("```"):
            fence, inside = line[: len(line) - len(line.lstrip("`"))], []
        elif fence and re.fullmatch(r" {0,3}`{3,}[ \t]*", line) and line.count("`") >= len(fence):
            found.append("\n".join(inside))
            fence = ""
        elif fence:
            inside.append(line)
    assert not fence
    return found


def test_a_filled_prompt_is_the_whole_file_with_the_texts_in_their_places() -> None:
    text = filled(PICKER, "the {{evidence}} of it", "12 images")
    assert "{{description}}" not in text
    assert text.count("12 images") == 1 and text.count("{{evidence}}") == 1  # the latter are the person's words
    assert text.startswith("# Which segmentation task")
    assert "version:" not in text.partition("\n## ")[0]


def test_two_places_and_no_other_template_stand_in_the_file() -> None:
    """promptfoo reads the same file as a template of Nunjucks."""
    assert re.findall(r"\{[{%#].*", _raw(PICKER)) == ["{{description}}", "{{evidence}}"]


def test_a_file_without_a_case_cannot_be_filled() -> None:
    with pytest.raises(PromptsError, match="no '## The case' to fill in; give it to an assistant as it is"):
        filled(INSPECTOR, "x", "")


# ---------------------------------------------------------------- the mask inspector


def test_every_option_and_preset_that_the_skill_names_exists() -> None:
    text = _raw(INSPECTOR)
    commands = {name: {word for option in command.params for word in option.opts} for name, command in _commands()}
    for line in re.findall(r"^inspect .*$", text, re.MULTILINE):
        _, command, *words = line.split()
        assert {word for word in words if word.startswith("-")} <= commands[command]
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) <= commands["run"] | commands["demo"] | {"--help"}
    line = next(part for part in text.split("\n- ") if "Presets:" in part).partition("Presets:")[2]
    assert tuple(re.findall(r"`([a-z0-9-]+)`", line)) == presets()


def _commands() -> list[tuple[str, click.Command]]:
    assert isinstance(cli, click.Group)
    return list(cli.commands.items())


def test_the_exit_codes_are_those_of_the_command() -> None:
    told = inspect("run", "--help").out.partition("Exit codes:")[2]
    codes = re.findall(r"(\d) ", told)
    assert re.findall(r"^\| (\d) \|", _raw(INSPECTOR), re.MULTILINE) == codes == list("01234")


def test_every_key_that_the_skill_names_is_in_the_document() -> None:
    rows = [line.split("|")[2] for line in _raw(INSPECTOR).splitlines() if re.match(r"\| [a-z ]+ \|", line)]
    names = [name for row in rows for name in re.findall(r"`([a-z_.\[\]0-9]+)`", row)]
    absolute = [name for name in names if "." in name.strip(".") or name == "partial"]
    assert len(absolute) > 20
    known = _paths(json.loads(SCHEMA.read_text("utf-8")))
    assert [name for name in absolute if name not in known] == []
    leaves = {path.rpartition(".")[2].removesuffix("[]") for path in known}
    assert [name for name in names if name.strip(".") not in leaves and name not in known] == ["error"]


def _paths(whole: dict[str, Any]) -> set[str]:
    """Every path of a document that a schema describes: a.b, and a[].b within lists."""
    found: set[str] = set()

    def walk(node: dict[str, Any], path: str) -> None:
        for key in ("$ref",):
            if key in node:
                node = whole["$defs"][node[key].rpartition("/")[2]]
        if path:
            found.add(path)
        for name, inner in node.get("properties", {}).items():
            walk(inner, f"{path}.{name}".lstrip("."))
        if isinstance(node.get("items"), dict):
            walk(node["items"], f"{path}[]")
        for inner in node.get("anyOf", ()):
            walk(inner, path)

    walk(whole, "")
    return found


def test_every_kind_of_finding_that_the_skill_names_exists() -> None:
    kinds = set(
        re.findall(
            r"kind=\"([a-z-]+)\"",
            "".join(
                each.read_text("utf-8")
                for each in Path(str(resources.files("inspector").joinpath("analyzers"))).glob("*.py")
            ),
        )
    )
    named = {"under-predicted", "never-predicted", "boundary-blurred"}
    assert all(f"`{kind}`" in _raw(INSPECTOR) for kind in named) and named <= kinds


def test_the_script_in_the_skill_reads_a_run_as_it_is(tmp_path: Path) -> None:
    gt, pred = write_masks(tmp_path)
    assert inspect("run", pred, "--gt", gt, "-o", tmp_path / "inspection", "--quiet").code == 0
    script = _raw(INSPECTOR).partition("<<'EOF'\n")[2].partition("\nEOF")[0]
    document = tmp_path / "inspection" / "inspection.json"
    run = subprocess.run([sys.executable, "-", document], input=script, capture_output=True, text=True, check=True)
    assert run.stdout.startswith("False 4 0 0\n{'miou': ")
    assert run.stderr == ""
