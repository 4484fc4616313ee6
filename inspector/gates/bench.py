"""`Bench`: what gates are judged on, a run resampled once for each slice and paired once with each baseline; and the
same with some images left out of the count, on both sides of a comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from inspector.compare_runs import Paired, pair_runs
from inspector.gates.absolute import judge as judge_threshold
from inspector.gates.checks import Member
from inspector.gates.config import Gate, Gates
from inspector.gates.regression import judge as judge_regression
from inspector.gates.targets import Target
from inspector.intervals import Resamples, resample
from inspector.runs import Run, part_of, tally_of
from inspector.settings import Settings
from inspector.tally import Tally

__all__ = ["Baselines", "Bench"]

Baselines = Callable[[str], Run]  # name or path of a baseline -> the run; raises InputError where there is none
Images = frozenset[str]  # names
NONE: Images = frozenset()


@dataclass(frozen=True)
class Bench:
    """A run, the gates that it is held to, and how baselines are found."""

    run: Run
    gates: Gates
    baselines: Baselines

    def judged(self, gate: Gate, targets: Sequence[Target], without: Images = NONE) -> list[Member]:
        """A member for each target, counted without some images. Raises InputError where the baseline is not there or
        cannot be compared, or where no image is left to compare."""
        if gate.baseline is not None:
            return judge_regression(gate, self.gates, self._paired(gate, without), targets)
        return judge_threshold(gate, self.gates, self._resamples(gate, without), targets)

    def tally(self, gate: Gate) -> Tally:
        """The images that a gate looks at. Raises InputError as `judged` does."""
        return self._resamples(gate, NONE).tally if gate.baseline is None else self._paired(gate, NONE).b.tally

    @cached_property
    def _resampled(self) -> dict[tuple[str | None, float, Images], Resamples]:
        return {}

    @cached_property
    def _pairs(self) -> dict[tuple[str, str | None, float, Images], Paired]:
        return {}

    def _resamples(self, gate: Gate, without: Images) -> Resamples:
        settings = self._settings(gate)
        key = gate.slice, settings.confidence, without
        if key not in self._resampled:
            tables = self.run.tables
            if gate.slice is not None or without:
                places = range(len(self.run.image_ids)) if gate.slice is None else self.run.slice(gate.slice)
                tables = part_of(tables, [place for place in places if self.run.image_ids[place] not in without])
            self._resampled[key] = resample(tally_of(tables, self.run.categories, settings))
        return self._resampled[key]

    def _paired(self, gate: Gate, without: Images) -> Paired:
        settings = self._settings(gate)
        key = str(gate.baseline), gate.slice, settings.confidence, without
        if key not in self._pairs:
            baseline = self.baselines(str(gate.baseline))
            if without:
                self._pairs[key] = pair_runs(*self._cut(baseline, self._paired(gate, NONE), without), settings)
            else:
                self._pairs[key] = pair_runs(baseline, self.run, settings, slice_of=gate.slice)
        return self._pairs[key]

    def _cut(self, baseline: Run, paired: Paired, without: Images) -> tuple[Run, Run]:
        """Both runs with the images that were paired alone, but for those to leave out: they share all they hold."""
        kept = np.array([name not in without for name in paired.b.tally.image_ids], np.bool_)
        a, b = (
            replace(run, tables=part_of(run.tables, paired.images[kept, side]))
            for side, run in enumerate((baseline, self.run))
        )
        return a, b

    def _settings(self, gate: Gate) -> Settings:
        return replace(
            self.run.settings,
            resamples=self.gates.resamples,
            seed=self.gates.seed,
            confidence=gate.confidence or self.gates.confidence,
        )
