"""The import graph: no cycles, and each package imports only what the design lets it import."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("inspector", "unet", "prompts", "reports")
HEAVY_OR_VISIBLE = frozenset(
    {"click", "jinja2", "rich", "starlette", "uvicorn", "torch", "dask", "pandas", "scipy", "skimage", "PIL"}
)
TORCHLESS = frozenset(
    {
        "unet.shapes",
        "unet.training.recipe",
        "unet.training.schedule",
        "unet.training.logs",
        "unet.training.curve",
        "unet.training.plot",
    }
)
WORKPLACE_ONLY = frozenset({"tests", "benchmarks"})

Sources = dict[str, str]  # module -> its text


class Import(NamedTuple):
    """One import: `deferred` where it runs in a function, or never (under TYPE_CHECKING)."""

    target: str
    deferred: bool


def _project() -> Sources:
    return {
        _module(path): path.read_text(encoding="utf-8") for name in PACKAGES for path in (ROOT / name).rglob("*.py")
    }


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(module: str, sources: Sources) -> list[Import]:
    return list(_walk(_parsed(sources[module]), module, sources, deferred=False))


@cache
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


def _walk(node: ast.AST, module: str, sources: Sources, *, deferred: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, deferred) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from (Import(target, deferred) for target in _targets(child, module, sources))
        else:
            runs_later = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or _is_typing_only(
                child
            )
            yield from _walk(child, module, sources, deferred=deferred or runs_later)


def _is_typing_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def _targets(node: ast.ImportFrom, module: str, sources: Sources) -> list[str]:
    """`from a import b` imports the module a.b where there is one, else a."""
    assert node.level == 0, f"{module} imports relatively; write the whole name"
    base = node.module or ""
    return [full if (full := f"{base}.{alias.name}") in sources else base for alias in node.names]


def _cycle(sources: Sources, *, deferred: bool) -> list[str]:
    """The modules of one cycle of imports, or none; `deferred` takes the imports in functions along."""
    graph = {
        module: {each.target for each in _imports(module, sources) if deferred or not each.deferred} & set(sources)
        for module in sources
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _violations(sources: Sources) -> list[str]:
    """Every import, at the top or in a function, that the design does not allow."""
    return [
        f"{module} imports {each.target}"
        for module in sorted(sources)
        for each in _imports(module, sources)
        if not _allowed(module, each.target)
    ]


def _allowed(module: str, target: str) -> bool:
    package, imported = module.partition(".")[0], target.partition(".")[0]
    if imported in WORKPLACE_ONLY:
        return False
    if package == "inspector":
        is_cli = module.startswith("inspector.cli")
        return is_cli or imported not in HEAVY_OR_VISIBLE | {"unet", "prompts", "reports"}
    if package == "unet":
        if module.startswith("unet.cli"):
            return True
        if imported == "inspector":  # the library, not the command
            return not target.startswith(("inspector.cli", "inspector.pipeline"))
        return imported not in {"prompts", "reports", "click", "rich"} and not (
            module in TORCHLESS and imported == "torch"
        )
    if package == "reports" and imported in ("numpy", "pyarrow"):
        return target.startswith("pyarrow") and module == "reports.tables"
    return imported not in PACKAGES or imported == package


def test_no_import_cycle_at_the_top_of_modules() -> None:
    assert _cycle(_project(), deferred=False) == []


def test_no_import_cycle_hidden_in_functions() -> None:
    assert _cycle(_project(), deferred=True) == []


def test_every_import_is_one_that_the_design_allows() -> None:
    assert _violations(_project()) == []


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("inspector.errors", "import torch"),
        ("inspector.errors", "import scipy.ndimage"),
        ("inspector.errors", "from jinja2 import Environment"),
        ("inspector.errors", "def late():\n    import reports"),
        ("inspector.errors", "from prompts import pick"),
        ("inspector.review_store", "from starlette.requests import Request"),
        ("inspector.errors", "import unet.model"),
        ("inspector.errors", "from tests import conftest"),
        ("reports", "import numpy as np"),
        ("reports.tables", "import numpy as np"),
        ("reports.render", "import pyarrow.compute"),
        ("reports", "from inspector import errors"),
        ("prompts", "import inspector.masks"),
        ("unet.training.train", "import inspector.pipeline"),
        ("unet.training.train", "from inspector.cli_errors import print_text"),
        ("unet.training.train", "import reports"),
        ("unet.training.train", "import click"),
        ("unet.training.recipe", "import torch"),
    ],
)
def test_an_import_against_the_design_is_seen(module: str, line: str) -> None:
    sources = _project()
    assert (
        len(_violations({**sources, module: sources.get(module, "") + f"\n{line}\n"})) == len(_violations(sources)) + 1
    )


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("inspector.cli", "import click, rich.table, reports, prompts"),
        ("inspector.cli_lint", "import click"),
        ("unet.training.train", "from inspector.readers import read_masks\nimport inspector.categories\nimport torch"),
        ("unet.cli_train", "import click, rich.table\nfrom inspector.cli_run import main_job"),
        ("reports", "import jinja2"),
    ],
)
def test_an_import_that_the_design_allows_is_not_seen(module: str, line: str) -> None:
    sources = _project()
    assert _violations({**sources, module: sources.get(module, "") + f"\n{line}\n"}) == _violations(sources)


def test_an_added_cycle_is_seen() -> None:
    sources = _project()
    assert _cycle(
        {**sources, "inspector.errors": "from inspector import masks", "inspector.masks": "import inspector.errors"},
        deferred=False,
    )


def test_an_added_cycle_in_a_function_is_seen_where_it_is_looked_for() -> None:
    sources = {"inspector.a": "import inspector.b", "inspector.b": "def late():\n    import inspector.a"}
    assert not _cycle(sources, deferred=False)
    assert set(_cycle(sources, deferred=True)) == {"inspector.a", "inspector.b"}


def test_every_module_says_what_it_is_for_and_what_it_offers() -> None:
    lacking = []
    for module, text in _project().items():
        tree = ast.parse(text)
        names = {
            t.id for node in tree.body if isinstance(node, ast.Assign) for t in node.targets if isinstance(t, ast.Name)
        }
        if not ast.get_docstring(tree) or ("__all__" not in names and not module.endswith("__main__")):
            lacking.append(module)
    assert lacking == []


def test_starting_a_command_loads_nothing_heavy() -> None:
    """What `inspect --help` and `unet --help` need not wait for, in a process of its own."""
    heavy = (
        "imagecodecs",
        "jinja2",
        "nibabel",
        "numba",
        "pyarrow",
        "scipy",
        "starlette",
        "tifffile",
        "torch",
        "uvicorn",
    )
    script = f"import sys, inspector.cli, unet.cli; print(*sorted(set({heavy!r}) & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
