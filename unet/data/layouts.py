"""Where the images and the masks of a training lie: two folders, folders for each split, or a table."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from inspector.errors import InputError, UsageError
from inspector.folders import mask_extension
from inspector.problems import Note, shown
from unet.data.examples import SPLITS, Example, Found, Layout, divide
from unet.data.pairs import pair_images
from unet.data.tables import read_table

__all__ = ["Example", "Layout", "find_examples"]

IMAGES = frozenset({"images", "image", "imgs", "img", "jpegimages", "leftimg8bit"})
MASKS = frozenset(
    {"masks", "mask", "labels", "label", "annotations", "annotation", "gt", "gtfine", "gtcoarse", "segmentationclass"}
)
NAMED = 5
TREE = """expected one of
  DATA/images/a.jpg      DATA/train/images/a.jpg      DATA/images/train/a.jpg      or a CSV with the columns
  DATA/masks/a.png       DATA/train/masks/a.png       DATA/masks/train/a.png       image,mask[,split][,group]
                         DATA/val/images/b.jpg …      DATA/images/val/b.jpg …
where the masks may also be in labels/, annotations/ or gt/"""


def find_examples(data: str | Path, val_fraction: float = 0.2, seed: int = 0) -> Layout:
    """The examples below the folder `data`, or those that the CSV `data` lists.

    Split as its folders or its column split say; where they name no val, `val_fraction` of the examples is drawn for
    it (see `unet.data.examples.divide`). What is named test is left alone. Raises UsageError for a path or a share that
    cannot be, InputError for images without a mask, files of one name, folders that are empty or not as expected.
    """
    data = Path(data)
    if not 0 <= val_fraction < 1:
        message = f"a share of {val_fraction} for validation: expected 0 or more and less than 1"
        raise UsageError(message, kind="bad_fraction")
    if not data.exists():
        raise UsageError(f"--data: there is no folder {shown(str(data))}", kind="no_such_folder", path=str(data))
    try:
        found = _read_folder(data) if data.is_dir() else read_table(data)
    except OSError as error:
        path = shown(str(error.filename or data))
        raise InputError(
            "unreadable", f"cannot be listed: {error.strerror}", "check its permissions", path=path
        ) from None
    return divide(found, val_fraction, seed)


def _read_folder(data: Path) -> Found:
    splits = _by_split(data)
    if "train" in splits and not (_one_of(data, IMAGES) and _one_of(data, MASKS)):
        sides = {split: _sides(folder) for split, folder in splits.items() if split != "test"}
        return _paired(sides, f"the split folders of {shown(str(data))}", _set_apart(splits))
    images, masks = _sides(data)
    source = f"{images.name} and {masks.name} of {shown(str(data))}"
    splits = _by_split(images)
    if not splits:
        return _paired({"": (images, masks)}, source, [])
    sides = _sides_of_splits(data, images, masks)
    return _paired(sides, f"{source}, by their split folders", _set_apart(splits) + _left_over(images, splits))


def _paired(sides: Mapping[str, tuple[Path, Path]], source: str, notes: list[Note]) -> Found:
    paired = {split: pair_images(*folders, f"{split}/" if split else "") for split, folders in sides.items()}
    more = [note for _, found in paired.values() for note in found]
    return Found({split: examples for split, (examples, _) in paired.items()}, source, notes + more)


def _sides(folder: Path) -> tuple[Path, Path]:
    """The folder of the images and that of the masks."""
    images, masks = _one_of(folder, IMAGES), _one_of(folder, MASKS)
    if images and masks:
        return images, masks
    seen = ", ".join(f"{path.name}/" for path in _folders(folder)[:NAMED]) or "no folder"
    pictures = sum(bool(mask_extension(path.name)) for path in folder.iterdir() if path.is_file())
    seen += f" and {pictures} pictures" if pictures else ""
    lacking = "masks" if images else "images" if masks else "images, and none for masks"
    raise _unexpected(folder, f"there is no folder for {lacking}; found: {seen}")


def _sides_of_splits(data: Path, images: Path, masks: Path) -> dict[str, tuple[Path, Path]]:
    """{"train": (folder of images, folder of masks), "val": …} of the folders within both."""
    of_images, of_masks = _by_split(images), _by_split(masks)
    if "train" not in of_images:
        raise _unexpected(data, f"{images.name} holds {', '.join(p.name for p in of_images.values())}, but no train")
    wanted = [split for split in of_images if split != "test"]
    for split in wanted:
        if split not in of_masks:
            raise _unexpected(data, f"there is {images.name}/{of_images[split].name}, but no {split} in {masks.name}")
    return {split: (of_images[split], of_masks[split]) for split in wanted}


def _by_split(parent: Path) -> dict[str, Path]:
    """The folders within `parent` that are named after a split: {"train": …, "val": …, "test": …}."""
    found: dict[str, Path] = {}
    for folder in _folders(parent):
        split = SPLITS.get(folder.name.lower())
        if split and split in found:
            raise _unexpected(parent, f"{found[split].name}/ and {folder.name}/ mean the same split: keep one")
        if split:
            found[split] = folder
    return found


def _one_of(parent: Path, names: Collection[str]) -> Path | None:
    found = [folder for folder in _folders(parent) if folder.name.lower() in names]
    if len(found) > 1:
        listed = " and ".join(f"{folder.name}/" for folder in found)
        raise _unexpected(parent, f"{listed} could each be meant: move all but one away")
    return found[0] if found else None


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _set_apart(splits: Mapping[str, Path]) -> list[Note]:
    text = "the split test is set apart: nothing is trained on it, and nothing chosen by it"
    return [Note("test_apart", shown(str(splits["test"])), text)] if "test" in splits else []


def _left_over(images: Path, splits: Mapping[str, Path]) -> list[Note]:
    """Pictures and folders beside the split folders: in no split, so not used."""
    beside = [path.name for path in sorted(images.iterdir()) if path not in splits.values()]
    beside = [
        name for name in beside if not name.startswith(".") and (mask_extension(name) or (images / name).is_dir())
    ]
    text = (
        f"{len(beside)} entries beside the split folders are not used, {shown(beside[0])} the first" if beside else ""
    )
    return [Note("no_split", shown(str(images)), text)] if beside else []


def _unexpected(folder: Path, what: str) -> InputError:
    return InputError("layout", what, TREE, path=shown(str(folder)))
