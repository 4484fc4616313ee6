"""The training loop, from the first step to the last.

Nothing in it is random: images, crops and augmentation of a step follow from (seed, step) alone. So a training that was
killed goes on digit for digit on a processor, with any number of workers, and no state of a generator has to be kept.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from inspector.errors import EnvironmentFault, UsageError
from unet.checkpoints import BEST, LAST, STATE, read_state, write_model, write_state
from unet.data.augment import Augment
from unet.data.layouts import Example
from unet.data.samples import Samples, loader
from unet.devices import Place
from unet.training.evaluate import Scores, evaluate
from unet.training.learner import Learner
from unet.training.logs import Logs
from unet.training.recipe import Recipe
from unet.training.schedule import rate_at

__all__ = ["Ended", "Progress", "Training"]

LOGGED = 200  # rows of the log at most, beside those of evaluations
SAVED_EVERY = 300.0  # s between two states at most
WITHOUT_END = 1 << 40  # steps: the clock ends the training

Ended = Literal["done", "stopped", "early"]


@dataclass(frozen=True)
class Progress:
    """What a training says of itself; `scores` where the validation images were just predicted."""

    step: int
    fraction: float  # of the training, in [0, 1]
    loss: float  # mean since the last such message
    rate: float
    images_per_second: float
    scores: Scores | None = None


@dataclass
class Clock:
    """How far a training is. `total` steps, or 0 where `minutes` say when it is over."""

    total: int
    minutes: float
    step: int = 0
    seconds: float = 0.0  # over all sessions of the training

    def fraction(self, place: Place) -> float:
        """Done so far, in [0, 1]; every process gives the same answer."""
        if self.total:
            return min(1.0, self.step / self.total)
        mean = float(place.summed(torch.tensor(self.seconds, dtype=torch.float64))) / place.world
        return min(1.0, mean / (60 * self.minutes))


@dataclass
class Best:
    """The best evaluation so far, and how many came after it."""

    miou: float = -1.0
    step: int = 0
    gainless: int = 0


class Training:
    """A training that `run` takes to its end, or until it is asked to stop; `restore` first to go on with an older one.

    samples      the training images; `val` the labelled images to evaluate on, which may be none
    out          the folder of the model, its state and its log
    fingerprint  of the data: a training does not go on with other data
    """

    def __init__(
        self,
        recipe: Recipe,
        learner: Learner,
        samples: Samples,
        val: Sequence[Example],
        augment: Augment,
        out: Path,
        *,
        fingerprint: str = "",
        tensorboard: bool = False,
    ) -> None:
        self.recipe, self.learner, self.samples, self.val, self.augment = recipe, learner, samples, val, augment
        self.place, self.out, self.fingerprint, self.tensorboard = learner.place, out, fingerprint, tensorboard
        self.void = len(learner.segmenter.description.categories)  # the label of void pixels
        self.clock = Clock(recipe.total_steps(samples.steps_per_epoch), recipe.minutes)
        self.best = Best()
        self.scores: Scores | None = None  # of the last evaluation

    def run(self, tell: Callable[[Progress], None], should_stop: Callable[[], bool], workers: int = 0) -> Ended:
        """Train; returns why it ended: done, stopped (asked to) or early (`patience` evaluations without a gain).

        Raises EnvironmentFault for a loss that is no number, memory that does not suffice, and a disk that is full.
        """
        clock, ended = self.clock, None
        saved = time.monotonic()
        began = saved - clock.seconds
        first = (clock.step, clock.seconds)
        with self._logs() as log:
            done = clock.fraction(self.place)
            if clock.step and (ended := self._ending(done, asked=False)):
                return ended  # it was over already
            for images, labels in self._batches(workers):
                rate = rate_at(done, self.recipe.rate, self.recipe.warmup)
                self.learner.learn(images, labels, rate)

                clock.step, clock.seconds = clock.step + 1, time.monotonic() - began
                before, done = done, clock.fraction(self.place)
                evaluates = _crossed(before, done, self._evaluations())
                if evaluates or _crossed(before, done, LOGGED):
                    speed = (clock.step - first[0]) * self.recipe.batch / (clock.seconds - first[1])
                    loss = self._finite_loss()
                    news = Progress(clock.step, done, loss, rate, speed, self._evaluate() if evaluates else None)
                    log.write(self._row(news))
                    tell(news)

                ended = self._ending(done, self.place.agreed(should_stop()))
                if evaluates or ended or self.place.agreed(time.monotonic() - saved > SAVED_EVERY):
                    self._save()
                    saved = time.monotonic()
                if ended:
                    return ended
        return "done"  # there was nothing left to do

    def _batches(self, workers: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Augmented images (N, C, h, w) float32 in stored units and labels (N, h, w) int64, on the device."""
        place, first, last = self.place, self.clock.step, self.clock.total or WITHOUT_END
        drawn = loader(self.samples, first, last, rank=place.rank, world=place.world, workers=workers)
        for step, (images, labels) in enumerate(drawn, first):
            seed = int(np.random.SeedSequence((self.recipe.seed, step, place.rank)).generate_state(1)[0])
            torch.manual_seed(seed)  # dropout, where an architecture has it, follows from the step too
            images = images.to(place.device, non_blocking=True).float()
            yield self.augment(images, labels.to(place.device, non_blocking=True), self.void, seed)

    def _ending(self, done: float, asked: bool) -> Ended | None:
        if done >= 1:
            return "done"
        if 0 < self.recipe.patience <= self.best.gainless:
            return "early"
        return "stopped" if asked else None

    def _evaluations(self) -> int:
        """How often in all: as the recipe says, but at most once an epoch."""
        epochs = math.ceil(self.clock.total / self.samples.steps_per_epoch)
        return min(self.recipe.evaluations, epochs) if epochs else self.recipe.evaluations

    def _finite_loss(self) -> float:
        loss = self.learner.mean_loss()
        if not math.isfinite(loss):
            raise self._diverged(f"the loss is {loss}")
        return loss

    def _diverged(self, what: str) -> EnvironmentFault:
        return EnvironmentFault(
            f"{what} at step {self.clock.step}: the training has diverged; the model files are those that were saved "
            "before. Try a lower --rate, or --precision fp32"
        )

    def _evaluate(self) -> Scores | None:
        if not self.val:
            return None
        self.place.share(self.learner.result.buffers())  # running statistics: each process has its own
        self.scores = evaluate(self.learner.result, self.val, self.place, self.learner.precision)
        if self.scores.miou > self.best.miou:
            self.best = Best(self.scores.miou, self.clock.step)
            self._write(BEST)
        else:
            self.best.gainless += 1
        return self.scores

    def _logs(self) -> Logs:
        is_first = self.place.is_first
        return Logs(self.out, self._columns(), step=self.clock.step, tensorboard=self.tensorboard, enabled=is_first)

    def _columns(self) -> list[str]:
        names = self.learner.segmenter.description.categories.names
        return ["step", "fraction", "loss", "rate", "images_per_second", "miou", *(f"iou {name}" for name in names)]

    def _row(self, news: Progress) -> dict[str, float]:
        iou = news.scores.iou.tolist() if news.scores else [math.nan] * (len(self._columns()) - 6)
        miou = news.scores.miou if news.scores else math.nan
        values = [news.step, news.fraction, news.loss, news.rate, news.images_per_second, miou, *iou]
        return dict(zip(self._columns(), values, strict=True))

    # ------------------------------------------------------------------ files

    def _write(self, name: str) -> None:
        """The model as it is, with the scores of the last evaluation. Raises EnvironmentFault for a NaN in it."""
        if not self.learner.is_finite():
            raise self._diverged("a weight is no number")
        if not self.place.is_first:
            return
        result = self.learner.result
        facts = {**result.description.training, "step": self.clock.step, "seconds": round(self.clock.seconds, 1)}
        if self.scores:
            facts["scores"] = _scores_json(self.scores, result.description.categories.names)
        write_model(self.out / name, result.net.state_dict(), replace(result.description, training=facts))

    def _save(self) -> None:
        """LAST and STATE, after BEST: a kill in between repeats an evaluation, and loses nothing."""
        self._write(LAST)
        if self.place.is_first:
            facts, tensors = self.learner.state()
            facts |= {"recipe": self.recipe.as_json(), "data": self.fingerprint}
            names = self.learner.segmenter.description.categories.names
            facts["scores"] = _scores_json(self.scores, names) if self.scores else None
            facts |= {"step": self.clock.step, "seconds": self.clock.seconds, "best": vars(self.best)}
            write_state(self.out / STATE, tensors, facts)

    def restore(self) -> None:
        """Take up the training whose state is in `out`. Raises UsageError where the recipe or the data is another."""
        facts, tensors = read_state(self.out / STATE)
        _check_same(facts, self.recipe.as_json(), self.fingerprint)
        self.learner.restore(facts, tensors)
        self.clock.step, self.clock.seconds = facts["step"], facts["seconds"]
        self.best = Best(**facts["best"])
        if facts["scores"]:
            iou = [math.nan if value is None else value for value in facts["scores"]["iou"].values()]
            miou = facts["scores"]["miou"]
            self.scores = Scores(np.array(iou), math.nan if miou is None else miou)


def _crossed(before: float, now: float, count: int) -> bool:
    """Whether one of the `count` equal parts of the training ended between two fractions of it."""
    return math.floor(now * count + 1e-9) > math.floor(before * count + 1e-9)


def _scores_json(scores: Scores, names: Sequence[str]) -> dict[str, Any]:
    """Plain data; None where a class is undefined."""
    iou = dict(zip(names, map(_defined, scores.iou.tolist()), strict=True))
    return {"miou": _defined(scores.miou), "iou": iou}


def _defined(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _check_same(facts: Mapping[str, Any], recipe: Mapping[str, Any], data: str) -> None:
    """A training that goes on with another recipe would be neither: its schedule, for one, has no meaning any more."""
    older = Recipe.from_json(facts["recipe"]).as_json()
    changed = sorted(name for name in recipe if recipe[name] != older[name])
    if changed:
        told = ", ".join(f"{name} was {older[name]!r}, is {recipe[name]!r}" for name in changed)
        fix = "leave these options out to go on, or begin a new training from these weights with --init"
        raise UsageError(f"--resume: the training was begun otherwise ({told}); {fix}", fix=fix)
    if facts["data"] != data:
        fix = "give the data it began with, or begin a new training from these weights with --init"
        raise UsageError(f"--resume: the training images or masks are not those it was begun with; {fix}", fix=fix)
