"""A test of a model in three lines: the fixture `inspect_masks` of pytest.

    def test_model(inspect_masks):
        inspect_masks("predictions/", gt="masks/").assert_gates("miou >= 0.7", "iou.* >= 0.4")

pytest loads this module in every session, so whatever is heavy is loaded when a test asks for the fixture's work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from inspector.gates.judgement import Judgement

__all__ = ["Inspected", "inspect_masks"]

FOLDER = "inspection"
ABOUT_MASKS = ("classes", "num_classes")
PASSED_ON = ("images", "match", "metadata", "group", "jobs")
T = TypeVar("T")


@dataclass(frozen=True)
class Inspected:
    """A run that a test made. `folder` is its run folder, with the report; pytest keeps it for some sessions."""

    folder: Path

    @property
    def document(self) -> dict[str, Any]:
        """inspection.json, as it is now."""
        from inspector.runs import read_document

        return read_document(self.folder)

    def assert_gates(
        self,
        *gates: str,
        config: str | Path | None = None,
        baselines: Mapping[str, str | Path] | None = None,
        strict: bool = False,
        partial: bool = False,
    ) -> None:
        """Fail unless the run holds its gates.

        gates      gates in one line, such as "iou.person >= 0.6" or "iou.* >= main - 1%"
        config     file with more gates, such as "inspect.toml"; none is looked for
        baselines  name -> baseline file or run folder
        strict     what is inconclusive fails
        partial    a run that had to leave input out may pass

        What came of the gates is written into the run folder too. Variables of the environment change nothing. Raises
        AssertionError with a line for each gate that fails; UsageError where a gate is none.
        """
        __tracebackhide__ = True
        judgement = _in_short(lambda: self._judged(gates, config, baselines or {}, strict))
        told = [*_left_out(self.document, partial), *_failures(judgement)]
        if told:
            raise AssertionError("\n".join([*told, f"run: {self.folder} (see its report.html)"]))

    def _judged(
        self, gates: tuple[str, ...], config: str | Path | None, baselines: Mapping[str, str | Path], strict: bool
    ) -> Judgement:
        from inspector.cli_judge import judge_folder, publish
        from inspector.errors import UsageError
        from inspector.gates.config_files import ConfigFile, read_config
        from inspector.gates.configuration import Asked, configure

        file = read_config(Path(config)) if config else ConfigFile()
        named = [f"{name}={path}" for name, path in baselines.items()]
        configuration = configure(file, Asked({"strict": True} if strict else {}, gates, (), named), {})
        if not configuration.gates.gate:
            raise UsageError("assert_gates() has no gates: give some, such as 'miou >= 0.7', or a config that has")
        judgement = judge_folder(self.folder, configuration)
        publish(self.folder, judgement)
        return judgement


@pytest.fixture
def inspect_masks(tmp_path: Path) -> Callable[..., Inspected]:
    """Inspect predicted masks against true ones: inspect_masks(predictions, gt=…, **what the command takes).

    classes, num_classes, images, match, metadata, group and jobs are those of `inspect`; so are the settings ignore,
    tolerance, boundary_width, min_images, missing, unknown, resamples, seed and so on. The run folder lies in tmp_path.
    """
    numbers = count(1)

    def inspected(predictions: str | Path, *, gt: str | Path, **options: Any) -> Inspected:
        __tracebackhide__ = True
        number = next(numbers)
        folder = tmp_path / (FOLDER if number == 1 else f"{FOLDER}-{number}")
        _check_options(options)
        _in_short(lambda: _inspect(predictions, gt, folder, options))
        return Inspected(folder)

    return inspected


def _check_options(options: Mapping[str, Any]) -> None:
    from inspector.settings import Settings

    __tracebackhide__ = True
    known = {*ABOUT_MASKS, *PASSED_ON, *(field.name for field in fields(Settings))}
    for name in sorted(options.keys() - known):
        raise TypeError(f"inspect_masks() has no option {name!r}; it has {', '.join(sorted(known))}")


def _inspect(predictions: str | Path, gt: str | Path, folder: Path, options: Mapping[str, Any]) -> None:
    from inspector.cli_options import categories_from, settings_from
    from inspector.cli_run import main_job

    ignore = options.get("ignore", ())
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}
    main_job(
        gt,
        predictions,
        folder,
        as_json=False,
        quiet=True,
        categories=categories_from({name: options.get(name) for name in ABOUT_MASKS}),
        settings=settings_from({**given, "ignore": (ignore,) if isinstance(ignore, int) else ignore}),
        **{name: options[name] for name in PASSED_ON if name in options},
    )


def _left_out(document: Mapping[str, Any], partial: bool) -> list[str]:
    """Why a run that covers less than it should is none to pass."""
    if partial or not document["partial"]:
        return []
    excluded = document["inputs"]["excluded"]
    named = [f"  {record['file']}: {record['reason']}" for record in excluded[:3]]
    more = [f"  and {len(excluded) - 3:,} more"] if len(excluded) > 3 else []
    head = f"{len(excluded):,} file{'' if len(excluded) == 1 else 's'} could not be used (partial=True accepts that):"
    return [head, *named, *more]


def _failures(judgement: Judgement) -> list[str]:
    from inspector.gates.words import SIGNS

    failing = [check for check in judgement.ordered if judgement.fails(check)]
    head = f"{len(failing)} of {len(judgement.outcome.checks)} gates failed:"
    lines = [f"{SIGNS[check.verdict]} {check.verdict} {check.id}: {check.message}" for check in failing]
    return [head, *lines] if failing else []


def _in_short(call: Callable[[], T]) -> T:
    """A user's mistake is one sentence: where in this library it was found helps nobody."""
    from inspector.errors import InspectorError

    __tracebackhide__ = True
    try:
        return call()
    except InspectorError as error:
        raise error.with_traceback(None) from None
