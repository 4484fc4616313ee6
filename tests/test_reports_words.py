"""The words of the page: all of them in `reports/language/page.toml`, each of them used, and none of them elsewhere."""

from __future__ import annotations

import ast
import functools
import re
import string
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from reports import render
from reports.language import WORDS, Words
from tests import report_samples as samples

REPORTS = Path(__file__).parents[1] / "reports"
MODULES = sorted(path for path in REPORTS.rglob("*.py") if "node_modules" not in path.parts)
TEMPLATES = sorted((REPORTS / "templates").glob("*.html"))
SCRIPTS = [REPORTS / "assets" / "task.js"]
KEPT = (  # in every language
    "inspect pick",  # what is typed
    "no difference shown", "cannot tell", "fits with care", "does not fit",  # values of documents
    " expected; use the version of the tool that wrote it",  # of an error, for the terminal
)  # fmt: skip


# ---------------------------------------------------------------------- no English elsewhere

ATTRIBUTE = re.compile(r'\b(?:aria-label|alt|title|placeholder|data-copied|data-by-hand)="([^"]*)"')


def said_in_template(source: str) -> list[str]:
    """What a template says by itself: text between elements, spoken attributes, and texts in its expressions."""
    source = re.sub(r"{#.*?#}", "", source, flags=re.S)
    held = [text for code in re.findall(r"{[{%].*?[%}]}", source, re.S) for text in re.findall(r'"([^"]*)"', code)]
    held = [text for text in held if not text.endswith(".html")]
    told = [text for text in held if re.search(r"[A-Z]|[a-z]{2,}[ :][a-z]{2,}|[a-z]{3,}[.:]", text)]
    source = re.sub(r"{[{%].*?[%}]}", "", source, flags=re.S)
    spoken = ATTRIBUTE.findall(source)
    told += [text for text in (*spoken, *re.sub(r"<[^>]*>", "\n", source).split("\n")) if re.search("[a-zA-Z]", text)]
    return [text.strip() for text in told if text.strip() not in KEPT]


PROSE = re.compile(
    r"[A-Za-z]{2,}[,;:.]? [A-Za-z(]{2,}|^ ?[A-Z][a-z]{2,}( |$)|^[a-z]{3,}[:,.] |^,? ?[a-z]{2,} $|^ [a-z]{2,}\b"
)
DRAWING = {"d", "transform", "points", "class_", "viewBox", "fill"}  # of an element
MARKS = re.compile(r"<|M-?\d|[\w-]+-src |.*[\\*?]| [\w-]+=")  # markup, a path of SVG, a policy, a pattern


def said_in_module(tree: ast.Module) -> list[str]:
    """The texts of a module that read as prose, but for its errors, which are said in the terminal, and its docs."""
    return [text for text in _texts(tree) if PROSE.search(text) and not MARKS.match(text) and text not in KEPT]


def _texts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        return
    if isinstance(node, ast.Call) and _name(node.func) in ("_refuse", "ReportError", "add_argument"):
        return
    if isinstance(node, ast.keyword) and node.arg in DRAWING:
        return
    if isinstance(node, ast.Assign) and _name(node.targets[0]) in ("__all__", "class_"):
        return
    if isinstance(node, ast.Dict) and any(isinstance(key, ast.Constant) and key.value == "class_" for key in node.keys):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from _texts(child)


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def said_in_script(source: str) -> list[str]:
    """The texts of a script that read as prose, its comments left out, and what selects elements."""
    source = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", source, flags=re.S)
    texts = [text for _, text in re.findall(r"([\"'`])((?:\\.|(?!\1).)*)\1", source)]
    return [text for text in texts if PROSE.search(text) and not text.startswith(("use strict", "."))]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_says_anything_by_itself(path: Path) -> None:
    assert said_in_template(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_no_module_says_anything_by_itself(path: Path) -> None:
    assert said_in_module(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_says_anything_by_itself(path: Path) -> None:
    assert said_in_script(path.read_text(encoding="utf-8")) == []


def test_prose_would_be_found() -> None:
    template = '<p>{{ x }} lost</p><svg aria-label="Map {{ y }}"/>{{ "Also in" if x }}<!-- -->'
    assert said_in_template(template) == ["Also in", "Map", "lost"]
    module = ast.parse(
        '"""Docs of it."""\nx = f"{n} of the image"\ny = "Classes"\nz = x + " and "\nraise E("No such file")'
    )
    assert said_in_module(module) == [" of the image", "Classes", " and "]
    assert said_in_script('// no such text\nsaid("Copied it."); at("a", `b`);') == ["Copied it."]


# ---------------------------------------------------------------------- every word is used, and every used one is there


def leaves(table: Any, place: str = "") -> Iterator[str]:
    """The keys of all texts: "loss.title"."""
    for key, held in table.items():
        yield from leaves(held, f"{place}{key}.") if isinstance(held, dict) else [f"{place}{key}"]


@functools.cache
def known() -> dict[str, Any]:
    return tomllib.loads((REPORTS / "language" / "page.toml").read_text(encoding="utf-8"))


def found(chain: list[str]) -> tuple[str, Any]:
    """(key, what is there) as far as a chain of names leads; the rest are methods of a text. KeyError: it does not."""
    held, place = known(), []
    for name in chain:
        if not isinstance(held, dict):
            break
        held = held[name]
        place.append(name)
    return ".".join(place), held


def used_by(chains: Iterator[list[str]]) -> Iterator[str]:
    for chain in chains:
        place, held = found(chain)
        yield from leaves(held, f"{place}.") if isinstance(held, dict) else [place]


ALIASES = re.compile(r"{% set ([\w, ]+?) = (WORDS\.\w+(?:, WORDS\.\w+)*) %}")


def chains_of_template(source: str) -> Iterator[list[str]]:
    """WORDS.loss.title, and words.title after {% set words = WORDS.loss %}, as ["loss", "title"]."""
    names = [
        pair for set_ in ALIASES.findall(source) for pair in zip(set_[0].split(", "), set_[1].split(", "), strict=True)
    ]
    source = ALIASES.sub("", source)
    for name, whole in [("WORDS", "WORDS"), *names]:
        for rest in re.findall(rf"(?<![\w.]){name}((?:\.\w+)+)", source):
            yield [*whole.split(".")[1:], *rest.split(".")[1:]]


def chains_of_module(tree: ast.AST) -> Iterator[list[str]]:
    """The same of a module: a name holds for the function that gives it."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for scope in functions or [tree]:
        names, given = {"WORDS": []}, set()
        for node in ast.walk(scope):
            if isinstance(node, ast.Assign) and isinstance(scope, ast.FunctionDef):
                for target, value in _pairs(node.targets[0], node.value):
                    if (chain := _chain(value, {"WORDS": []})) and isinstance(found(chain)[1], dict):
                        names[_name(target)] = chain
                        given.add(value)
        yield from _outermost(scope, names, given)
    for node in ast.iter_child_nodes(tree):
        if functions and not isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield from _outermost(node, {"WORDS": []}, set())


def _pairs(target: ast.AST, value: ast.AST) -> list[tuple[ast.AST, ast.AST]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return list(zip(target.elts, value.elts, strict=True))
    return [(target, value)]


def _chain(node: ast.AST, names: dict[str, list[str]]) -> list[str] | None:
    if isinstance(node, ast.Name):
        return names.get(node.id) if isinstance(node.ctx, ast.Load) else None
    if isinstance(node, ast.Attribute):
        first = _chain(node.value, names)
        return None if first is None else [*first, node.attr]
    return None


def _outermost(node: ast.AST, names: dict[str, list[str]], given: set[ast.AST]) -> Iterator[list[str]]:
    if node in given:
        return
    chain = _chain(node, names)
    if chain:
        yield chain
        return
    for child in ast.iter_child_nodes(node):
        yield from _outermost(child, names, given)


def test_every_word_is_used_and_every_used_one_is_there() -> None:
    used = set()
    for path in TEMPLATES:
        used |= set(used_by(chains_of_template(path.read_text(encoding="utf-8"))))
    for path in MODULES:
        used |= set(used_by(chains_of_module(ast.parse(path.read_text(encoding="utf-8")))))
    assert set(leaves(known())) - used == set()


def test_an_unknown_or_unused_word_would_be_found() -> None:
    template = (
        "{% set words, heads = WORDS.loss, WORDS.heads %}{{ words.title }}{{ heads.a }}{{ WORDS.scores.lead | e }}"
    )
    assert set(used_by(chains_of_template(template))) == {"loss.title", "heads.a", "scores.lead"}
    module = ast.parse(
        "def f(x):\n    words, n = WORDS.loss, 1\n    return words.right.format(iou=x), WORDS.counted.images"
    )
    assert set(used_by(chains_of_module(module))) == {"loss.right", "counted.images.one", "counted.images.many"}
    with pytest.raises(KeyError, match="titel"):
        list(used_by(chains_of_template("{{ WORDS.loss.titel }}")))


# ---------------------------------------------------------------------- the words themselves


@pytest.mark.parametrize("key", sorted(leaves(known())))
def test_a_word_is_a_text_with_named_places(key: str) -> None:
    text = found(key.split("."))[1]
    assert isinstance(text, str) and text
    assert all(re.fullmatch("[a-z_]+", name) for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def test_one_and_many_say_the_same_things() -> None:
    for key in leaves(known()):
        if key.endswith(".one"):
            one, many = (found([*key.split(".")[:-1], word])[1] for word in ("one", "many"))
            assert re.findall(r"{\w+}", one) == re.findall(r"{\w+}", many), key


def test_a_word_that_is_not_there_is_an_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="'titel'.*title"):
        _ = WORDS.loss.titel
    assert isinstance(WORDS.loss, Words)


@pytest.mark.parametrize(
    ("table", "key", "place"),
    [
        ("loss", "title", r'<h2 id="loss-title">{}</h2>'),  # of a template
        ("distribution", "lead", r'<p class="lead">{}</p>'),
        ("verdict", "of_classes", r'<h1 id="verdict-title"><bdi>{}</bdi></h1>'),  # of a section
        ("confusion", "map_spoken", r'aria-label="{}"'),  # of a chart
        ("promise", "sentence", r"\. {}</p>"),  # of the shell
    ],
)
def test_a_page_says_another_word_where_it_is_changed(
    table: str, key: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pattern = place.format("Wort &lt;i&gt; &amp; Satz")
    assert not re.search(pattern, render(samples.street(), {}))
    monkeypatch.setattr(getattr(WORDS, table), key, "Wort <i> & Satz")
    assert re.search(pattern, render(samples.street(), {}))


def test_what_is_filled_in_is_escaped_and_markup_of_ours_stays() -> None:
    html = render(samples.street(), {})
    assert "Made by <bdi>mask-inspector 0.1.0</bdi>. This page" in html
    assert '<span class="ring" aria-hidden="true"></span> true, <span class="square"' in html
    hostile = render(samples.named_everywhere("<b>x</b>"), {})
    assert "<b>x</b>" not in hostile


def test_an_installed_package_has_the_words() -> None:
    held = tomllib.loads((REPORTS.parent / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = held["tool"]["setuptools"]["package-data"]["reports"]
    for name in ("page.toml", "script.toml"):
        assert (REPORTS / "language" / name).is_file()
        assert any(fnmatch(f"language/{name}", pattern) for pattern in patterns)
