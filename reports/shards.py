"""The masks that can be looked at in the page: which of them fit, and the text that holds each."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from reports.tables import Thumb

__all__ = ["THUMBS_PER_BLOCK", "View", "fitting", "inert", "thumb_cost", "thumb_text", "views_of"]

THUMBS_PER_BLOCK = 64
_WHOLE_PX = 1 << 22  # masks up to here were kept whole by runs that knew no views
_SAFE = re.compile(r"evidence/[A-Za-z0-9_][A-Za-z0-9._-]*\.(png|jpg)")  # never a path out of the run folder
_Item = TypeVar("_Item")


@dataclass(frozen=True)
class View:
    """The files of one image: masks shrunk by `shrink`, the picture behind them, and patches at full size.

    patches   (box, path of the truth, path of the prediction)
    """

    image: int
    height: int
    width: int
    shrink: int
    gt: Path
    pred: Path
    picture: Path | None
    patches: tuple[tuple[tuple[int, ...], Path, Path], ...]

    @property
    def block(self) -> str:
        return f"view-{self.image}"

    def ref(self) -> dict[str, Any]:
        """What the page knows of it before it is opened."""
        return {
            "image": self.image, "block": self.block, "height": self.height, "width": self.width,
            "shrink": self.shrink, "has_image": self.picture is not None,
        }  # fmt: skip

    def text(self) -> str:
        """The files in base64, as JSON."""
        return self._written(lambda path: _base64(path.read_bytes()))

    def cost(self) -> int:
        """Bytes of the view in a page, all told, without reading its files."""
        files = [self.gt, self.pred, *([self.picture] if self.picture else [])]
        files += [path for _, *pair in self.patches for path in pair]
        in_base64 = sum(_base64_size(path.stat().st_size) for path in files)
        return in_base64 + len(inert(self.block, self._written(lambda _: ""))) + len(_json(self.ref())) + 1

    def _written(self, held: Callable[[Path], str]) -> str:
        return _json({
            "gt": held(self.gt),
            "pred": held(self.pred),
            "image": held(self.picture) if self.picture else None,
            "patches": [{"box": box, "gt": held(gt), "pred": held(pred)} for box, gt, pred in self.patches],
        })  # fmt: skip


def views_of(run_folder: Path, document: Mapping[str, Any]) -> list[View]:
    """The images of the document whose masks lie in the run folder, in the order of the document.

    A record without a number, or whose masks are not there, is none.
    """
    held = (_view(run_folder, record) for record in document.get("evidence") or [])
    return list({view.image: view for view in held if view}.values())


def _view(run_folder: Path, record: Mapping[str, Any]) -> View | None:
    height, width = int(record.get("height") or 0), int(record.get("width") or 0)
    said = record.get("view")
    if said is None and height * width <= _WHOLE_PX:
        said = {**(record.get("files") or {}), "image": None}  # that of an older run is no JPEG
    if record.get("image_index") is None or not isinstance(said, dict):
        return None
    gt, pred = (_file(run_folder, said.get(side)) for side in ("gt", "pred"))
    if not gt or not pred:
        return None
    picture = _file(run_folder, said.get("image"))
    patches = tuple(_patches(run_folder, said.get("patches") or []))
    return View(int(record["image_index"]), height, width, int(said.get("shrink") or 1), gt, pred, picture, patches)


def _patches(run_folder: Path, records: Iterable[Mapping[str, Any]]) -> Iterator[tuple[tuple[int, ...], Path, Path]]:
    for record in records:
        gt, pred = (_file(run_folder, record.get(side)) for side in ("gt", "pred"))
        if gt and pred:
            yield tuple(int(side) for side in record["box"]), gt, pred


def _file(run_folder: Path, name: Any) -> Path | None:
    if not isinstance(name, str) or not _SAFE.fullmatch(name):
        return None
    path = run_folder / name
    return path if path.is_file() and not path.is_symlink() else None


def fitting(items: Sequence[_Item], cost: Callable[[_Item], int], budget: float) -> list[_Item]:
    """Those items that fit when they are taken in order; one that does not is left out, and the next is tried."""
    taken: list[_Item] = []
    for item in items:
        bytes_needed = cost(item)
        if bytes_needed <= budget:
            taken.append(item)
            budget -= bytes_needed
    return taken


def inert(name: str, text: str, kind: str = "text/plain") -> str:
    """`text` as a block that a browser neither shows nor runs. It holds no "<": base64, or JSON of ours."""
    return f'<script type="{kind}" id="{name}">{text}</script>\n'


def thumb_text(thumbs: Iterable[Thumb]) -> str:
    """One line an image: truth and prediction in base64."""
    return "\n".join(f"{_base64(thumb.gt)} {_base64(thumb.pred)}" for thumb in thumbs)


def thumb_cost(image: int, sizes: tuple[int, int]) -> int:
    """Bytes of a thumbnail in a page: its line, its number, its part of the block around it."""
    around = len(inert("thumbs-0000", "")) + len('"thumbs-0000",')
    return sum(map(_base64_size, sizes)) + 2 + len(f"{image},") + -(-around // THUMBS_PER_BLOCK)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _base64_size(size: int) -> int:
    return -(-size // 3) * 4


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
