"""What the script of the page reads: its keys, its numbers, what of it fits, and that names in it stay text."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import os
import re
from pathlib import Path
from typing import Any

import pytest

from inspector.run_identity import identity_of
from reports import ReportError, Size, render_printed, render_run, size_of, write_report, write_report_folder
from reports.links import image_names, view_link, with_links
from reports.shell import STYLES, asset
from tests import report_samples as samples
from tests.report_runs import blocks_of, page_data, rows_of, unpacked, write_run

GOLD = Path(__file__).parent / "gold" / "report_data.json"
NO_LIMIT = Size(None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(
        tmp_path_factory.mktemp("run"), images=60, classes=6, picture_bytes=3000, names=samples.HOSTILE[:3]
    )


@pytest.fixture(scope="module")
def data(folder: Path) -> dict[str, Any]:
    return page_data(render_run(folder))


def shape(value: Any) -> Any:
    """Keys and types, one element of a list for all: what the script relies on."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def test_the_shape_of_the_data_is_golden(data: dict[str, Any]) -> None:
    """UPDATE_GOLD=1 writes it, for a person to look at the difference: the types of the script follow it."""
    text = json.dumps(shape({**data, "classes": [{**data["classes"][0], "notes": {}}]}), indent=1) + "\n"
    if os.environ.get("UPDATE_GOLD") == "1":
        GOLD.write_text(text, encoding="utf-8")
    assert GOLD.read_text(encoding="utf-8") == text


def test_the_run_is_named_by_its_document(folder: Path, data: dict[str, Any]) -> None:
    document = json.loads((folder / "inspection.json").read_text(encoding="utf-8"))
    assert data["run"] == identity_of(document)[:16] == identity_of({**document, "gates": "judged again"})[:16]
    assert (data["folder"], data["server"]) == (None, None)


def test_every_block_is_in_the_page_and_every_id_is_used_once(folder: Path, data: dict[str, Any]) -> None:
    html = render_run(folder)
    named = [data[key]["block"] for key in ("images", "class_rows", "cells", "objects")]
    named += [view["block"] for view in data["views"]] + data["thumbs"]["blocks"]
    assert sorted(named) == sorted(blocks_of(html)) and len(set(named)) == len(named)
    ids = re.findall(r' id="([^"]*)"', html)
    assert len(ids) == len(set(ids))


def test_the_tables_of_the_page_have_as_many_rows_as_it_says(folder: Path, data: dict[str, Any]) -> None:
    blocks = blocks_of(render_run(folder))
    tables = {key: unpacked(blocks[data[key]["block"]]) for key in ("images", "class_rows", "cells", "objects")}
    assert data["images"] == {"total": 60, "shown": 60, "block": "table-images"}
    assert len(tables["images"]["image"]) == 60 and len(tables["class_rows"]["class"]) == data["class_rows"]["shown"]
    assert [column["key"] for column in data["image_columns"]] == list(tables["images"])[1:-2]
    viewed = {view["image"] for view in data["views"]}
    objects = [row for row in rows_of(folder / "objects.parquet") if not row["matched"] and row["class_index"]]
    assert data["objects"]["total_missed"] == len(objects)
    assert data["objects"]["shown"] == len([row for row in objects if row["image_index"] in viewed]) > 0
    assert set(tables["objects"]["image"]) <= viewed


def test_a_class_has_the_numbers_of_the_document(folder: Path, data: dict[str, Any]) -> None:
    keys = [column["key"] for column in data["class_columns"]]
    assert len(set(keys)) == len(keys)
    document = json.loads((folder / "inspection.json").read_text(encoding="utf-8"))
    for row, record in zip(data["classes"], document["classes"], strict=True):
        values = dict(zip(keys, row["values"], strict=True))
        for key in ("iou", "dice", "precision", "nsd", "hd95_px", "images", "gt_px", "support_fraction"):
            assert values[key] == record[key]
        assert values["loss.boundary"] == record["loss"]["boundary"]
        assert values["recall.small"] == record["objects"]["small"]["recall"]
        assert values["lost_to"].startswith(record["lost_to"][0]["name"])
        assert (row["id"], row["color"], row["background"]) == (record["id"], record["color"], record["background"])
    assert [column["key"] for column in data["class_columns"] if column["shown"]][:3] == [
        "iou", "prediction_ratio", "precision",
    ]  # fmt: skip


def test_an_undefined_number_of_a_class_says_why(tmp_path: Path) -> None:
    document = samples.sample(("a", "b"))
    document["classes"][0] |= {"gt_px": 0, "recall": None, "iou": 0.0, "hd95_px": None, "hd95_infinite_images": 3}
    document["classes"][0]["objects"]["small"] = {"count": 0, "recalled": 0, "recall": None}
    document["classes"][1] |= dict.fromkeys(("gt_px", "pred_px"), 0) | {"iou": None}
    (tmp_path / "inspection.json").write_text(json.dumps(document), encoding="utf-8")
    first, second = (row["notes"] for row in page_data(render_run(tmp_path))["classes"])
    assert first["recall"] == "never true" and first["recall.small"] == "no small objects"
    assert first["hd95_px"] == "infinite in 3 images, finite in none"
    assert second["iou"] == "never true and never predicted"


def test_findings_name_images_by_number_and_classes_by_place(folder: Path, data: dict[str, Any]) -> None:
    document = json.loads((folder / "inspection.json").read_text(encoding="utf-8"))
    names = {row["image"]: row["image_index"] for row in rows_of(folder / "images.parquet")}
    for ref, finding in zip(data["findings"], document["findings"], strict=True):
        assert [(i["image"], i["box"], i["px"]) for i in ref["images"]] == [
            (names[i["image"]], i["box"], i["px"]) for i in finding["images"]
        ]
        assert ref["class"] is None or document["classes"][ref["class"]]["id"] == finding["class"]


def test_links_lead_to_the_places_that_they_stand_beside(folder: Path, data: dict[str, Any]) -> None:
    html = render_run(folder).replace("&amp;", "&")
    links = re.findall(r'<a class="view[^"]*" data-href="#view\?([^"]*)"', html)
    assert links
    for link in links:
        keys = dict(pair.split("=") for pair in link.split("&"))
        list_, at = keys["view.list"], int(keys["view.at"])
        if list_ == "images":
            continue
        place = data["findings"][int(list_.removeprefix("finding.")) - 1]
        assert place["images"][at]["image"] == int(keys["view.image"])
        assert ",".join(map(str, place["images"][at]["box"])) == keys["view.box"]
        assert str(place["class"]) == keys.get("view.class", "None")
    table = html.partition('data-mount="images"')[2].partition("</table>")[0]
    found = [int(n) for n in re.findall(r"view\.image=(\d+)&view\.list=images&view\.at=\d+", table)]
    rows = rows_of(folder / "images.parquet")
    by_score = sorted(rows, key=lambda r: (r["mean_iou"] is None, r["mean_iou"] or 0, r["image_index"]))
    assert found == [row["image_index"] for row in by_score]


def test_a_link_says_only_what_is_known() -> None:
    assert view_link(3) == "#view?view.image=3"
    assert view_link(0, class_=0, box=[0, 1, 2, 3], list_="finding.1", at=0) == (
        "#view?view.image=0&view.class=0&view.box=0,1,2,3&view.list=finding.1&view.at=0"
    )


def test_places_are_counted_as_the_data_counts_them() -> None:
    """An image that no table names is in no list: the next one takes its place."""
    images = [{"image": name, "box": None} for name in ("a", "gone", "b", "c")]
    document = {"classes": [{"id": 7}, {"id": 3}], "findings": [{}, {"class": 3, "images": images}]}
    linked = with_links(document, {"a": 4, "b": 5, "c": 6})
    assert [image.get("look") for image in linked["findings"][1]["images"]] == [
        "#view?view.image=4&view.class=1&view.list=finding.2&view.at=0", None,
        "#view?view.image=5&view.class=1&view.list=finding.2&view.at=1",
        "#view?view.image=6&view.class=1&view.list=finding.2&view.at=2",
    ]  # fmt: skip
    assert image_names(document) == {"a", "gone", "b", "c"} and "look" not in images[0]


# ---------------------------------------------------------------------- masks


def test_the_masks_of_a_view_are_the_files_of_the_run(folder: Path, data: dict[str, Any]) -> None:
    blocks = blocks_of(render_run(folder))
    rows = {row["image_index"]: row for row in rows_of(folder / "images.parquet")}
    scores = []
    for view in data["views"]:
        held = json.loads(blocks[view["block"]])
        for side in ("gt", "pred"):
            file = folder / "evidence" / f"{view['image']:04d}.{side}.png"
            assert base64.b64decode(held[side]) == file.read_bytes()
        picture = folder / "evidence" / f"{view['image']:04d}.view.jpg"
        assert base64.b64decode(held["image"]) == picture.read_bytes() and view["has_image"]
        row = rows[view["image"]]
        assert (view["height"], view["width"], view["shrink"]) == (row["height"], row["width"], 1)
        scores.append(row["mean_iou"])
    assert len(scores) == 12 and scores == sorted(scores)


def test_the_thumbnails_are_those_of_the_table(folder: Path, data: dict[str, Any]) -> None:
    blocks, thumbs = blocks_of(render_run(folder)), data["thumbs"]
    rows = {row["image_index"]: row for row in rows_of(folder / "evidence" / "thumbs.parquet")}
    lines = [line for block in thumbs["blocks"] for line in blocks[block].split("\n")]
    assert [blocks[block].count("\n") + 1 for block in thumbs["blocks"]] == [thumbs["per_block"]] * (
        len(lines) // thumbs["per_block"]
    ) + [len(lines) % thumbs["per_block"]]
    for image, line in zip(thumbs["image"], lines, strict=True):
        assert [base64.b64decode(part) for part in line.split(" ")] == [rows[image]["gt"], rows[image]["pred"]]


def test_patches_of_large_masks_are_in_their_view(tmp_path: Path) -> None:
    folder = write_run(tmp_path, images=5, kept=1)
    document = json.loads((folder / "inspection.json").read_text(encoding="utf-8"))
    view = document["evidence"][0]["view"]
    view |= {"shrink": 4, "patches": [{"box": [0, 4, 8, 12], "gt": view["gt"], "pred": view["pred"]}]}
    view["patches"].append({"box": [0, 4, 8, 12], "gt": "evidence/../inspection.json", "pred": view["pred"]})
    (folder / "inspection.json").write_text(json.dumps(document), encoding="utf-8")
    html = render_run(folder)
    held = json.loads(blocks_of(html)[page_data(html)["views"][0]["block"]])
    assert [(p["box"], p["gt"] == held["gt"]) for p in held["patches"]] == [([0, 4, 8, 12], True)]


@pytest.mark.parametrize("name", ["../secret.png", "evidence/../inspection.json", "/etc/hostname", "evidence/a.svg", 7])
def test_a_view_cannot_reach_out_of_its_folder(tmp_path: Path, name: Any) -> None:
    folder = write_run(tmp_path / "run", images=5, kept=2)
    (tmp_path / "secret.png").write_bytes(b"secret")
    document = json.loads((folder / "inspection.json").read_text(encoding="utf-8"))
    document["evidence"][0]["view"]["gt"] = name
    (folder / "inspection.json").write_text(json.dumps(document), encoding="utf-8")
    assert [view["image"] for view in page_data(render_run(folder))["views"]] == [
        document["evidence"][1]["image_index"]
    ]


def test_a_link_in_place_of_a_mask_is_not_followed(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", images=5, kept=1)
    mask = next((folder / "evidence").glob("*.gt.png"))
    mask.rename(tmp_path / "outside.png")
    mask.symlink_to(tmp_path / "outside.png")
    assert page_data(render_run(folder))["views"] == []


# ---------------------------------------------------------------------- size


@pytest.mark.parametrize("size", [1_000_000, 1_300_000, 2_000_000])
def test_a_page_is_as_large_as_it_may_be(tmp_path_factory: pytest.TempPathFactory, size: int) -> None:
    folder = write_run(tmp_path_factory.mktemp("run"), images=400, classes=4, kept=300, picture_bytes=6_000)
    html = render_run(folder, Size(size))
    length, data = len(html.encode("utf-8")), page_data(html)
    blocks = blocks_of(html)
    views = sum(len(blocks[view["block"]]) for view in data["views"])
    thumbs = sum(len(blocks[block]) for block in data["thumbs"]["blocks"])
    static = length - views - thumbs
    assert 0.98 * size < length <= size
    assert 0 < len(data["views"]) < 300 and 0 < len(data["thumbs"]["image"]) <= 400
    assert views < 0.72 * (size - static) or len(data["thumbs"]["image"]) == 400
    assert data["missing_pictures"].startswith(f"Full masks of {len(data['views'])} of 300 kept images, thumbnails of ")
    assert "of 400, worst first; the page is kept below" in data["missing_pictures"]


def test_what_a_finding_shows_first_is_in_before_what_is_worse(tmp_path: Path) -> None:
    folder = write_run(tmp_path, images=100, classes=4, kept=100, picture_bytes=30_000)
    data = page_data(render_run(folder, Size(1_500_000)))
    viewed = [view["image"] for view in data["views"]]
    assert {finding["images"][0]["image"] for finding in data["findings"]} <= set(viewed)
    assert len(viewed) < 100


def test_two_thousand_thumbnails_are_enough_where_no_size_is_asked_for(tmp_path: Path) -> None:
    folder = write_run(tmp_path, images=2_100, classes=3, kept=0)
    html = render_run(folder)
    data = page_data(html)
    assert len(data["thumbs"]["image"]) == 2_000 and "thumbnails of 2,000 of 2,100" in data["missing_pictures"]
    assert "at most 2,000 thumbnails unless --report-size is given" in data["missing_pictures"]
    assert len(page_data(render_run(folder, Size(40_000_000)))["thumbs"]["image"]) == 2_100


def test_nothing_is_missing_where_all_is_shown(tmp_path: Path) -> None:
    folder = write_run(tmp_path, images=9, kept=9)
    assert page_data(render_run(folder))["missing_pictures"] == ""


def test_images_that_the_run_did_not_keep_are_told_of(tmp_path: Path) -> None:
    folder = write_run(tmp_path, images=9, kept=4)
    assert page_data(render_run(folder))["missing_pictures"] == (
        "Full masks of 4 of 4 kept images, thumbnails of 9 of 9, worst first; `inspect` keeps more with --evidence."
    )


def test_a_page_whose_tables_alone_are_too_large_says_so(tmp_path: Path) -> None:
    folder = write_run(tmp_path, images=40, kept=9, names=tuple(f"{n:03d}" + "é" * 9_000 for n in range(40)))
    (folder / "inspection.json").write_text(
        json.dumps(samples.sample(tuple(f"class {n}" for n in range(250)))), encoding="utf-8"
    )
    html = render_run(folder, Size(1_000_000))
    data = page_data(html)
    assert len(html.encode("utf-8")) > 1_000_000 and data["views"] == [] and data["thumbs"]["image"] == []
    assert "the page alone is larger than 1\u202fMB" in data["missing_pictures"]
    assert len(unpacked(blocks_of(html)["table-images"])["image"]) == 40


@pytest.mark.parametrize(
    ("text", "number"), [("15MB", 15_000_000), ("1 mb", 1_000_000), ("2.5MB", 2_500_000), (" 1500 kB ", 1_500_000)]
)
def test_sizes_are_read(text: str, number: int) -> None:
    assert size_of(text) == Size(number)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no size: expected a number with kB or MB"), ("15", "is no size"), ("MB", "is no size"),
        ("-3MB", "is no size"), ("1e9MB", "is no size"), ("nanMB", "is no size"), ("3GB", "is no size"),
        ("999kB", "too small for a report"), ("0MB", "too small"), ("99999MB", "more than a browser opens"),
    ],
)  # fmt: skip
def test_what_is_no_size_is_refused(text: str, message: str) -> None:
    with pytest.raises(ReportError, match=message):
        size_of(text)


# ---------------------------------------------------------------------- runs that lack something


def test_a_run_with_its_document_alone_shows_what_that_says(tmp_path: Path) -> None:
    document = samples.partial()
    (tmp_path / "inspection.json").write_text(json.dumps(document), encoding="utf-8")
    html = render_run(tmp_path)
    data = page_data(html)
    assert [data[key]["shown"] for key in ("images", "class_rows", "objects")] == [0, 0, 0]
    assert (data["cell_totals"], data["views"], data["thumbs"]["image"], data["image_columns"]) == ([], [], [], [])
    assert data["missing_pictures"] == (
        "This run keeps no masks to look at; inspect again with this version to keep some."
    )
    assert data["matrix"] == document["confusion"]["matrix"] and 'class="view' not in html
    assert re.findall(r'data-mount="(\w+)"', html) == ["classes"]
    assert html.count("<td") > 100 and "showing 24 of 187, worst first" in html


@pytest.mark.parametrize("name", ["images", "classes", "confusion", "objects", "evidence/thumbs"])
def test_a_run_that_lacks_one_table_has_a_page(tmp_path: Path, name: str) -> None:
    folder = write_run(tmp_path, images=9)
    (folder / f"{name}.parquet").unlink()
    html = render_run(folder)
    data = page_data(html)
    assert (data["images"]["shown"] == 0) == (name == "images")
    assert (data["cells_total"] == 0) == (name == "confusion")
    assert ('data-mount="images"' not in html) == (name == "images")
    assert len(data["views"]) == 9 and (data["thumbs"]["image"] == []) == (name == "evidence/thumbs")


def test_masks_of_a_run_that_knew_no_views_can_be_looked_at(tmp_path: Path) -> None:
    folder = write_run(tmp_path, images=5, kept=2)
    document = json.loads((folder / "inspection.json").read_text(encoding="utf-8"))
    expected = [record["image_index"] for record in document["evidence"]]
    for record in document["evidence"]:
        del record["view"], record["image_index"]
    document["evidence"].append({**document["evidence"][0], "image": "val/00000", "height": 9_000, "width": 9_000})
    (folder / "inspection.json").write_text(json.dumps(document), encoding="utf-8")
    assert [view["image"] for view in page_data(render_run(folder))["views"]] == expected


def test_a_damaged_table_is_named_and_the_old_report_stays(tmp_path: Path) -> None:
    folder = write_run(tmp_path, images=5)
    (folder / "report.html").write_text("old", encoding="utf-8")
    (folder / "objects.parquet").write_bytes(b"PAR1 no more")
    for write in (write_report, write_report_folder):
        with pytest.raises(ReportError, match=r"objects\.parquet: not readable"):
            write(folder)
    assert (folder / "report.html").read_text(encoding="utf-8") == "old"
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_a_matrix_of_many_classes_stays_out(tmp_path: Path) -> None:
    (tmp_path / "inspection.json").write_text(
        json.dumps(samples.sample(tuple(f"class {n}" for n in range(101)))), encoding="utf-8"
    )
    assert page_data(render_run(tmp_path))["matrix"] is None


# ---------------------------------------------------------------------- names, scripts, policy


@pytest.mark.parametrize("name", samples.HOSTILE)
def test_a_hostile_name_is_text_in_the_data(tmp_path: Path, name: str) -> None:
    named = name.encode("utf-8", "backslashreplace").decode("utf-8")
    folder = write_run(tmp_path, images=3, names=(named,))
    document = samples.named_everywhere(name)
    document["evidence"] = json.loads((folder / "inspection.json").read_text(encoding="utf-8"))["evidence"]
    (folder / "inspection.json").write_text(json.dumps(document), encoding="utf-8")
    html = render_run(folder)
    html.encode("utf-8")
    assert html.count("<script") == html.count("</script>") == len(blocks_of(html)) + 3
    shown = unpacked(blocks_of(html)["table-images"])["image"]
    assert len(shown) == 3 and not re.search("[\u0000-\u001f\u200b\u202e\u2066\u2069\ufeff]", "".join(shown))
    assert not re.search("[\u0000-\u001f\u202e\u2066\u2069\ufeff]", page_data(html)["classes"][0]["name"])


def test_each_script_is_named_by_its_hash_and_nothing_else_runs(folder: Path) -> None:
    html = render_run(folder)
    policy = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)[0]
    scripts = re.findall(r"<script>(.*?)</script>", html, re.S)
    hashes = [base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii") for text in scripts]
    assert scripts == [asset("viewer.js")]
    assert policy == (
        "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        + "script-src "
        + " ".join(f"'sha256-{value}'" for value in hashes)
    )
    assert {re.sub(' id="[^"]*"', "", tag) for tag in re.findall("<script[^>]*>", html)} == {
        "<script>", '<script type="application/json">', '<script type="text/plain">',
    }  # fmt: skip


def test_a_page_that_is_served_may_talk_to_its_server_alone(folder: Path) -> None:
    server = {"token_header": "X-Token", "url": "/review"}
    html = render_run(folder, server=server)
    assert page_data(html)["server"] == server
    assert html.count("connect-src 'self'") == 1 and "connect-src" not in render_run(folder).partition("<body")[0]


def test_nothing_in_the_page_names_an_address(folder: Path) -> None:
    html = render_run(folder).replace("http-equiv", "")
    html = re.sub(r'<script type="text/plain".*?</script>', "", html, flags=re.S)
    html = re.sub(r"http://www\.w3\.org/[\w/]+", "", html)  # names of namespaces, which nobody asks
    assert not re.search(r"https?:|url\((?!#)|@import|(src|href)=\"?//", html)


def test_a_page_to_print_holds_no_script_and_no_data(folder: Path) -> None:
    html = render_printed(folder)
    assert "<script" not in html and "data-mount" not in html and 'class="view' not in html
    assert "script-src" not in html and "showing 60 of 60, worst first" in html


def test_the_same_run_gives_the_same_bytes(folder: Path) -> None:
    assert render_run(folder) == render_run(folder)


# ---------------------------------------------------------------------- as a folder


def files_of(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in (folder / "report_files").iterdir()}


def test_a_report_in_a_folder_leaves_nothing_out(tmp_path: Path) -> None:
    folder = write_run(tmp_path, images=200, classes=4, kept=200, picture_bytes=100_000)
    path = write_report_folder(folder)
    html, files = path.read_text(encoding="utf-8"), files_of(folder)
    data = page_data(html)
    assert (data["folder"], data["missing_pictures"]) == ("report_files", "")
    assert len(data["views"]) == len(data["thumbs"]["image"]) == data["images"]["shown"] == 200
    assert not blocks_of(html) and html.count("<script src=") == 1
    whole = blocks_of(render_run(folder, NO_LIMIT))
    for name, text in whole.items():
        call = re.fullmatch(r"__block\((.*)\)\n", files.pop(f"{name}.js"), re.S)
        assert call and json.loads(f"[{call[1]}]") == [name, text]
    assert files.pop("viewer.js") == asset("viewer.js")
    assert files == {name: asset(name) for name in STYLES if asset(name)}
    policy = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)[0]
    assert policy.endswith("script-src 'self'") and "connect-src" not in policy and "<style" not in html


def test_a_folder_is_replaced_whole_and_goes_with_a_report_in_one_file(tmp_path: Path) -> None:
    folder = write_run(tmp_path, images=5)
    write_report_folder(folder)
    (folder / "report_files" / "view-77.js").write_text("stale", encoding="utf-8")
    write_report_folder(folder)
    assert "view-77.js" not in files_of(folder)
    write_report(folder)
    assert not (folder / "report_files").exists()
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_a_folder_that_cannot_be_written_leaves_the_old_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from reports import run_folder

    folder = write_run(tmp_path, images=5)
    write_report_folder(folder)
    page, files = (folder / "report.html").read_text(encoding="utf-8"), files_of(folder)
    real = run_folder.os.replace

    def full(source: Path, target: Path) -> None:
        if Path(target).name == "report.html":
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(run_folder.os, "replace", full)
    (folder / "report_files" / "mark").write_text("old", encoding="utf-8")
    with pytest.raises(OSError, match="No space"):
        write_report_folder(folder)
    assert (folder / "report.html").read_text(encoding="utf-8") == page and files_of(folder) == {**files, "mark": "old"}
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_no_number_of_the_data_is_infinite_or_undefined(data: dict[str, Any]) -> None:
    def numbers(value: Any) -> list[float]:
        if isinstance(value, dict):
            return numbers(list(value.values()))
        if isinstance(value, list):
            return [number for item in value for number in numbers(item)]
        return [value] if isinstance(value, float) else []

    assert all(map(math.isfinite, numbers(data)))
