"""What is written of the images that are kept as proof."""

from __future__ import annotations

import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inspector.categories import numbered
from inspector.evidence import slug, write_evidence
from inspector.evidence_choice import Choice
from inspector.findings import Evidence, Finding, Severity
from tests.report_samples import HOSTILE

K = 4
RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"COM{n}" for n in range(10)), *(f"LPT{n}" for n in range(10))}


def finding(*images: int, class_index: int | None = 1, box: tuple | None = (2, 3, 6, 9)) -> Finding:
    proofs = tuple(Evidence(image, box, px=5) for image in images)
    return Finding("under-predicted", Severity.WARNING, "a title", class_index, 0.1, {}, {}, proofs)


def pair(index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    rng = np.random.default_rng(index)
    gt = rng.integers(-1, K + 1, (30, 40)).astype(np.int16)
    pred = np.where(rng.random((30, 40)) < 0.8, gt, 1).astype(np.int16)
    return gt, pred, rng.integers(0, 256, (15, 20, 3), dtype=np.uint8) if index % 2 else None


def pairs(indices: Sequence[int]) -> list[tuple[np.ndarray, np.ndarray, np.ndarray | None]]:
    return [pair(index) for index in indices]


def all_of(*images: int, pages: frozenset[int] | None = None) -> Choice:
    """These images with all that can be written of them."""
    return Choice(images, frozenset(images), frozenset(images) if pages is None else pages)


def opened(path: Path) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(path.read_bytes())))


@pytest.mark.parametrize("name", [*HOSTILE, "", ".", "..", "a/b/../c", "a\\b", "NUL.png", "-rf", "é" * 300])
def test_a_slug_is_a_safe_file_name_on_every_system(name: str) -> None:
    made = slug(7, name, 120)
    assert made.startswith("0007") and len(made) <= 60
    assert made.isascii() and all(c.isalnum() or c in "-_" for c in made) and not made.endswith("-")
    assert made.upper() not in RESERVED


def test_slugs_of_one_run_differ_and_sort_as_the_images_do() -> None:
    slugs = [slug(n, "same name", 20_000) for n in range(0, 20_000, 999)]
    assert sorted(slugs) == slugs and len(set(slugs)) == len(slugs)


def test_the_masks_of_evidence_are_class_indices_with_void_as_the_last(tmp_path: Path) -> None:
    kept = write_evidence(tmp_path, all_of(0), pairs, ["a"], numbered(K), [])
    for side, codes in zip(("gt", "pred"), pair(0), strict=False):
        expected = np.where((codes >= 0) & (codes < K), codes, K)
        assert (opened(tmp_path / kept.images[0]["files"][side]) == expected).all()


def test_beyond_255_classes_the_index_is_in_two_channels(tmp_path: Path) -> None:
    gt = np.arange(300, dtype=np.int16).reshape(15, 20)
    kept = write_evidence(tmp_path, all_of(0), lambda _: [(gt, gt, None)], ["a"], numbered(300), [])
    channels = opened(tmp_path / kept.images[0]["files"]["gt"]).astype(int)
    assert (channels[..., 0] + 256 * channels[..., 1] == gt).all()


def test_the_document_names_what_was_written_and_nothing_else_is_there(tmp_path: Path) -> None:
    findings = [finding(0, 1, 2), finding(1, class_index=None, box=None), finding(3)]
    kept = write_evidence(tmp_path, all_of(1, 0, 2), pairs, list("abcd"), numbered(K), findings)
    assert [record["image"] for record in kept.images] == ["b", "a", "c"]
    assert kept.images[0]["slug"] == "0001-b" and (kept.images[0]["height"], kept.images[0]["width"]) == (30, 40)
    named = {name for record in kept.images for part in ("files", "pictures") for name in record[part].values()}
    named |= {record["view"]["image"] for record in kept.images} - {None}
    for example in (example for examples in kept.examples for example in examples):
        named |= set((example["pictures"] or {}).values())
    assert named == {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}


def test_an_example_says_where_it_is_and_what_was_not_kept_has_no_picture(tmp_path: Path) -> None:
    kept = write_evidence(tmp_path, all_of(0), pairs, list("abcd"), numbered(K), [finding(0, 3)])
    drawn, named = kept.examples[0]
    assert drawn["image"] == "a" and drawn["box"] == [2, 3, 6, 9] and drawn["px"] == 5
    assert drawn["evidence"] == "evidence/0000-a" and drawn["scale"] == [8, 1]
    assert sorted(drawn["pictures"]) == ["errors", "prediction", "truth"]
    assert named == {
        "image": "d", "box": [2, 3, 6, 9], "px": 5, "evidence": None, "window": None, "scale": None, "pictures": None,
    }  # fmt: skip


def test_the_picture_behind_is_shown_where_there_is_an_image_of_any_size(tmp_path: Path) -> None:
    kept = write_evidence(tmp_path, all_of(1), pairs, list("ab"), numbered(K), [finding(1)])
    image, pictures = pair(1)[2], kept.examples[0][0]["pictures"]
    assert (opened(tmp_path / kept.images[0]["files"]["image"]) == image).all()
    sizes = {opened(tmp_path / name).shape[:2] for name in pictures.values()}
    assert len(sizes) == 1 and "image" in pictures


def test_one_example_of_several_findings_is_drawn_once(tmp_path: Path) -> None:
    kept = write_evidence(tmp_path, all_of(0), pairs, ["a"], numbered(K), [finding(0), finding(0)])
    assert kept.examples[0][0]["pictures"] == kept.examples[1][0]["pictures"]


def test_threads_write_the_same_bytes(tmp_path: Path) -> None:
    findings = [finding(*range(6))]
    folders = [tmp_path / "one", tmp_path / "four"]
    with ThreadPoolExecutor(4) as pool:
        kept = [
            write_evidence(folder, all_of(*range(6)), pairs, list("abcdef"), numbered(K), findings, mapper=mapper)
            for folder, mapper in zip(folders, (map, pool.map), strict=True)
        ]
    assert kept[0] == kept[1]
    one, four = ({p.name: p.read_bytes() for p in folder.rglob("*.png")} for folder in folders)
    assert one == four


def test_only_the_pages_asked_for_are_drawn_whole(tmp_path: Path) -> None:
    kept = write_evidence(tmp_path, all_of(0, 1, pages=frozenset({1})), pairs, ["a", "b"], numbered(K), [finding(0)])
    assert [sorted(record["pictures"]) for record in kept.images] == [[], ["errors", "image", "prediction", "truth"]]
    assert kept.examples[0][0]["pictures"] is not None
    assert not list((tmp_path / "evidence").glob("0000-a.page*"))


def test_images_that_are_loaded_together_keep_their_place(tmp_path: Path) -> None:
    asked: list[list[int]] = []

    def load(indices: Sequence[int]) -> list[tuple[np.ndarray, np.ndarray, np.ndarray | None]]:
        asked.append(list(indices))
        return pairs(indices)

    choice, bundles = all_of(2, 1, 0), [[2, 0], [1]]
    together = write_evidence(tmp_path / "a", choice, load, list("abc"), numbered(K), [finding(0)], bundles=bundles)
    alone = write_evidence(tmp_path / "b", choice, pairs, list("abc"), numbered(K), [finding(0)])
    assert asked == bundles and together == alone
    assert [record["image_index"] for record in together.images] == [2, 1, 0]
