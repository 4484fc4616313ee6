"""Each analyzer, metric and reader that has a file is in its table: a forgotten file is a feature nobody gets."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path
from types import ModuleType

from inspector import analyzers, metrics, readers


def _modules(package: ModuleType) -> list[ModuleType]:
    """The modules in the package's folder, the private ones left out."""
    assert package.__file__ is not None
    folder = Path(package.__file__).parent
    names = sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))
    return [import_module(f"{package.__name__}.{name}") for name in names]


def _forgotten_analyzers(listed: tuple[ModuleType, ...]) -> list[str]:
    return [module.__name__ for module in _modules(analyzers) if hasattr(module, "analyze") and module not in listed]


def test_every_analyzer_is_in_the_tuple_once() -> None:
    assert _forgotten_analyzers(analyzers.ANALYZERS) == []
    assert len(set(analyzers.ANALYZERS)) == len(analyzers.ANALYZERS) > 0
    assert all(callable(module.analyze) for module in analyzers.ANALYZERS)


def test_a_forgotten_analyzer_is_seen() -> None:
    assert _forgotten_analyzers(analyzers.ANALYZERS[1:]) == [analyzers.ANALYZERS[0].__name__]


def test_every_metric_of_a_class_is_in_the_table() -> None:
    listed = {metric.compute for metric in metrics.METRICS.values()}
    families = {compute.__module__ for compute in listed}
    for module in _modules(metrics):
        if module.__name__ in families:  # a family of metrics; what else is there only helps them
            public = [getattr(module, name) for name in module.__all__]
            assert [f.__name__ for f in public if _is_metric(f) and f not in listed] == []


def _is_metric(item: object) -> bool:
    """A function of the columns alone; one that wants more, such as a width, serves a curve."""
    return inspect.isfunction(item) and len(inspect.signature(item).parameters) == 1


def test_every_reader_is_in_the_table() -> None:
    listed = set(readers.FORMATS.values())
    found = {m.__name__ for m in _modules(readers) if hasattr(m, "read_header") and hasattr(m, "read")}
    assert found == listed
