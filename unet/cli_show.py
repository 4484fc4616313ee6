"""What a training shows while it runs: a line at each evaluation, and a bar where there is a terminal."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from inspector.cli_errors import print_text
from inspector.problems import visible

if TYPE_CHECKING:
    from unet.training.prepare import Trained
    from unet.training.train import Progress as News

__all__ = ["Show", "summary"]

SILENCE = 10.0  # s after which a training without a terminal says where it is, evaluation or not


class Show:
    """Context manager; `say` a sentence, `tell` where the training is."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.spoke = time.monotonic()
        columns = (
            TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(),
            TextColumn("left"), TimeRemainingColumn(),
        )  # fmt: skip
        has_terminal = sys.stderr is not None and sys.stderr.isatty()
        self.bar = Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet or not has_terminal)
        self.task = self.bar.add_task("getting ready", total=1.0)

    def __enter__(self) -> Show:
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.stop()

    def say(self, text: str) -> None:
        if not self.quiet:
            print_text(f"{visible(text)}\n")

    def tell(self, news: News) -> None:
        self.bar.update(self.task, description=f"loss {news.loss:.3f}", completed=news.fraction)
        if news.scores is not None or (self.bar.disable and time.monotonic() - self.spoke > SILENCE):
            self.spoke = time.monotonic()
            self.say(_line(news))


def _line(news: News) -> str:
    score = "" if news.scores is None else f"  mIoU {news.scores.miou:.3f}"
    return (
        f"{news.fraction:4.0%}  step {news.step:<6} loss {news.loss:.4f}{score}  rate {news.rate:.1e}  "
        f"{news.images_per_second:.1f} images/s"
    )


def summary(trained: Trained) -> str:
    """How a training ended, the best model by class, and what to type next."""
    out = visible(str(trained.out))
    how = {"done": "done", "early": "ended early: no gain any more", "stopped": "stopped; --resume goes on"}[
        trained.how
    ]
    lines = ["", f"{how} after {trained.step} steps, {_time(trained.seconds)}"]
    if trained.best_iou:
        lines.append(f"best validation mIoU {trained.best_miou:.3f}, at step {trained.best_step}; IoU of each class:")
        width = max(map(len, map(visible, trained.best_iou)))
        for name, iou in trained.best_iou.items():
            value = "none is true or predicted" if iou is None else f"{iou:.3f}  {'█' * round(20 * iou)}"
            lines.append(f"  {visible(name):{width}}  {value}")
    lines += [f"model: {out}", f"next:  unet predict IMAGES --model {out} -o predictions --inspect MASKS", ""]
    return "\n".join(lines)


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
