"""The viewer in a real browser: what it shows of a pixel, how it is gone through, and what its links hold."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from inspector import overlays
from tests import viewer_pages
from tests.browser import LAPTOP, PHONE, PageOf, Tab
from tests.viewer_pages import CLASSES, K, Sample, page_html, scene

LINKS = """
<h2 id="findings">Findings</h2>
<p style="height: 1500px">far down the page</p>
<a id="plain" href="#view?view.image=0">image</a>
<a id="finding" href="#view?view.image=0&view.list=finding.3&view.at=0&view.class=1&view.box=5,10,20,30">finding</a>
"""
MISSED = ((2, (4, 6, 9, 12), 20, 0), (3, (20, 30, 30, 44), 90, K), (1, (2, 40, 6, 44), 12, 2))


def _jpeg(height: int, width: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((height, width, 3), 128, np.uint8)).save(file, "JPEG")
    return file.getvalue()


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    """0: in full, with a picture; 1: shrunk, a part of it in full; 2: a thumbnail; 3: nothing; 4: in full."""
    first, second, third = (scene(seed) for seed in (1, 2, 3))
    large = scene(4, 120, 160)
    return [
        Sample(*first, missed=MISSED, picture=_jpeg(40, 60)),
        Sample(*large, shrink=4, patches=((10, 20, 70, 100),)),
        Sample(*second, kept="thumb"),
        Sample(*third, kept="none"),
        Sample(*third, missed=((2, (1, 1, 4, 5), 8, 1),)),
    ]


@pytest.fixture(scope="module")
def html(samples: list[Sample]) -> str:
    return page_html(samples, body=LINKS)


@pytest.fixture
def opened(page_of: PageOf, html: str) -> Tab:
    return page_of(html)


def _view(tab: Tab, query: str) -> None:
    """Go to a place by its address and wait until it is drawn."""
    tab.evaluate("query => { location.hash = `#view?${query}`; }", query)
    tab.page.wait_for_selector("dialog.viewer[open] .viewer-pane canvas")
    _settle(tab)


def _settle(tab: Tab) -> None:
    tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def _state(tab: Tab) -> dict[str, str]:
    return dict(re.findall(r"view\.(\w+)=([^&]*)", tab.evaluate("location.hash")))


def _probe(tab: Tab) -> dict[str, str]:
    rows = "[...document.querySelectorAll('.viewer-probe dl > div')]"
    return dict(tab.evaluate(f"{rows}.map((row) => [...row.children].map((cell) => cell.textContent))"))


def _place(tab: Tab) -> str:
    return tab.page.inner_text(".viewer-place")


def _point_at(tab: Tab, x: int, y: int, height: int, width: int) -> dict[str, str]:
    """Put the mouse on the middle of a pixel of the whole image, in the first pane."""
    canvas = tab.page.locator(".viewer-pane canvas").first.bounding_box()
    assert canvas
    scale = min(canvas["width"] / width, canvas["height"] / height)
    left = canvas["x"] + canvas["width"] / 2 + (x + 0.5 - width / 2) * scale
    top = canvas["y"] + canvas["height"] / 2 + (y + 0.5 - height / 2) * scale
    tab.page.mouse.move(left, top)
    return _probe(tab)


def _name(code: int, void: str) -> str:
    return CLASSES[code] if code < K else void


def _nearest(gt: Any) -> Any:
    distances = np.zeros(gt.shape)
    for code in np.unique(gt):
        distances[gt == code] = ndimage.distance_transform_edt(gt == code)[gt == code]
    return distances


def test_the_probe_says_what_the_masks_hold(opened: Tab, samples: list[Sample]) -> None:
    gt, pred = samples[0].gt, samples[0].pred
    distances = _nearest(gt)
    _view(opened, "view.image=0")
    rng = np.random.default_rng(5)
    wrong = np.argwhere(gt != pred)
    for y, x in [*rng.choice(wrong, 12, replace=False), (0, 0), (39, 59), (38, 2), *rng.integers(0, 40, (6, 2))]:
        said = _point_at(opened, x, y, *gt.shape)
        assert said["Place"] == f"x {x}, y {y}"
        assert said["True"] == _name(gt[y, x], "void") and said["Predicted"] == _name(pred[y, x], "no class")
        expected = "void: not scored" if gt[y, x] == K else "correct" if gt[y, x] == pred[y, x] else "confused"
        assert said["Result"] == expected
        assert said["To the true boundary"] == f"{distances[y, x]:.1f} px"
    opened.page.mouse.move(5, 5)
    assert _probe(opened) == {}


def test_parts_in_full_go_before_the_shrunk_whole(opened: Tab, samples: list[Sample]) -> None:
    gt, pred = samples[1].gt, samples[1].pred
    y0, x0, y1, x1 = samples[1].patches[0]
    _view(opened, "view.image=1")
    seen = set()
    for y, x in np.random.default_rng(6).integers(0, (120, 160), (30, 2)):
        said = _point_at(opened, x, y, *gt.shape)
        is_part = y0 <= y < y1 and x0 <= x < x1
        row, column = (y, x) if is_part else (y // 4 * 4 + 2, x // 4 * 4 + 2)
        assert said["True"] == _name(gt[row, column], "void")
        assert said["Predicted"] == _name(pred[row, column], "no class")
        assert ("Resolution" in said) is not is_part
        seen.add(is_part)
    assert seen == {True, False}


def test_masks_of_many_classes_are_read_to_the_value(page_of: PageOf, samples: list[Sample]) -> None:
    tab = page_of(page_html(samples[:1], is_wide=True))
    gt, pred = samples[0].gt, samples[0].pred
    _view(tab, "view.image=0")
    for y, x in np.argwhere(gt != pred)[::17]:
        said = _point_at(tab, x, y, *gt.shape)
        assert (said["True"], said["Predicted"]) == (_name(gt[y, x], "void"), _name(pred[y, x], "no class"))


def test_the_crosshair_is_moved_by_keys_and_heard(opened: Tab, samples: list[Sample]) -> None:
    gt = samples[0].gt
    _view(opened, "view.image=0")
    opened.page.keyboard.press("c")
    for key in ("ArrowLeft", "ArrowUp", "Shift+ArrowRight"):
        opened.page.keyboard.press(key)
    y, x = 20 - 1, 30 - 1 + 10
    said = _probe(opened)
    assert said["Place"] == f"x {x}, y {y}" and said["True"] == _name(gt[y, x], "void")
    spoken = "document.querySelector('.viewer-probe [role=status]').textContent"
    opened.page.wait_for_function(f"text => {spoken}.includes(text)", arg=f"x {x}, y {y}")
    assert _state(opened)["image"] == "0"  # the arrows did not go on to the next image


def _colour_at(tab: Tab, pane: int, x: int, y: int, shape: tuple[int, int]) -> tuple[int, ...]:
    return tuple(
        tab.evaluate(
            """([pane, x, y, height, width]) => {
              const canvas = document.querySelectorAll(".viewer-pane canvas")[pane];
              const scale = Math.min(canvas.width / width, canvas.height / height);
              const at = (i, n, size) => Math.floor(size / 2 + (i + 0.5 - n / 2) * scale);
              const copy = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
              copy.drawImage(canvas, -at(x, width, canvas.width), -at(y, height, canvas.height));
              return [...copy.getImageData(0, 0, 1, 1).data];
            }""",
            [pane, int(x), int(y), *shape],
        )
    )


def test_panes_show_the_classes_and_the_errors_in_their_colours(opened: Tab, samples: list[Sample]) -> None:
    gt, pred = samples[0].gt, samples[0].pred
    _view(opened, "view.image=0&view.class=1")
    rgb = [tuple(int(color[i : i + 2], 16) for i in (1, 3, 5)) for color in viewer_pages.COLORS]
    errors = overlays.error_map(gt, pred, K, 1)
    inks = {overlays.MISSED: {overlays._MISSED}, overlays.FALSE: {overlays._FALSE, overlays._FALSE_STRIPE},
            overlays.WRONG: {overlays._OTHER}, overlays.VOID: set(overlays._HATCH)}  # fmt: skip
    for kind, allowed in inks.items():
        for y, x in np.argwhere(errors == kind)[::7]:
            assert _colour_at(opened, 3, x, y, gt.shape)[:3] in allowed
            if gt[y, x] < K:
                assert _colour_at(opened, 1, x, y, gt.shape)[:3] == rgb[gt[y, x]]
            if pred[y, x] < K:
                assert _colour_at(opened, 2, x, y, gt.shape)[:3] == rgb[pred[y, x]]


def test_a_class_is_hidden_in_truth_and_prediction(opened: Tab, samples: list[Sample]) -> None:
    gt = samples[0].gt
    y, x = np.argwhere((gt == 2) & (samples[0].pred == 2))[0]
    _view(opened, "view.image=0")
    colour = tuple(int(viewer_pages.COLORS[2][i : i + 2], 16) for i in (1, 3, 5))
    assert [_colour_at(opened, pane, x, y, gt.shape)[:3] for pane in (1, 2)] == [colour, colour]
    opened.page.get_by_label("car", exact=True).uncheck()
    _settle(opened)
    assert _state(opened)["hidden"] == "2"
    assert colour not in [_colour_at(opened, pane, x, y, gt.shape)[:3] for pane in (1, 2)]
    opened.page.get_by_role("button", name="Show all").click()
    assert "hidden" not in _state(opened)


def test_missed_and_false_speak_of_the_background_where_there_is_one(page_of: PageOf, samples: list[Sample]) -> None:
    tab = page_of(page_html(samples, has_background=True))
    gt, pred = samples[0].gt, samples[0].pred
    _view(tab, "view.image=0")
    for found, said in (((gt > 0) & (gt < K) & (pred == 0), "missed"), ((gt == 0) & (pred > 0) & (pred < K), "false")):
        y, x = np.argwhere(found)[0]
        assert _point_at(tab, x, y, *gt.shape)["Result"].startswith(said)
    layers = tab.page.locator(".viewer-layer").all_inner_texts()
    assert any(text.startswith("Missed: a class") for text in layers)


def test_a_list_is_gone_through_with_buttons_and_keys(opened: Tab) -> None:
    opened.page.click("#finding")
    opened.page.wait_for_selector("dialog.viewer[open]")
    assert _place(opened) == "1 of 2 in finding 3: trees <are> missed"
    assert opened.page.inner_text("#viewer-name") == "val/000 <i>"
    assert "mIoU 50.0" in opened.page.inner_text(".viewer-scores")
    opened.page.get_by_role("button", name="Next").click()
    assert _place(opened).startswith("2 of 2") and "undefined" in opened.page.inner_text(".viewer-scores")
    assert _state(opened) == {"image": "1", "list": "finding.3", "at": "1", "class": "1"}
    assert opened.page.get_by_role("button", name="Next").get_attribute("aria-disabled") == "true"
    opened.page.keyboard.press("k")
    assert _state(opened)["box"] == "5,10,20,30" and _place(opened).startswith("1 of 2")
    opened.page.keyboard.press("0")  # the whole image: arrows have nothing to pan
    opened.page.keyboard.press("ArrowRight")
    assert _place(opened).startswith("2 of 2")


def test_a_confusion_opens_at_its_largest_region(opened: Tab, samples: list[Sample]) -> None:
    gt, pred = samples[0].gt, samples[0].pred
    t, p = 0, 1
    regions, _ = ndimage.label((gt == t) & (pred == p), np.ones((3, 3)))
    largest = np.argmax(np.bincount(regions.ravel())[1:]) + 1
    rows, columns = ndimage.find_objects((regions == largest).astype(int))[0]
    _view(opened, f"view.image=0&view.list=cell.{t}.{p}&view.class={t}")
    opened.page.keyboard.press("c")  # begins in the middle of what is seen
    said = _probe(opened)["Place"]
    assert said == f"x {(columns.start + columns.stop) // 2}, y {(rows.start + rows.stop) // 2}"
    heaviest = sorted(range(5), key=lambda i: -int(((samples[i].gt == t) & (samples[i].pred == p)).sum()))
    _view(opened, f"view.image={heaviest[0]}&view.list=cell.{t}.{p}")
    assert _place(opened).startswith("1 of 5 in ground predicted as <b>tree</b>")


def test_missed_objects_are_stepped_through_small_ones_first(opened: Tab) -> None:
    _view(opened, "view.image=0&view.list=missed&view.at=0&view.box=4,6,9,12&view.class=2")
    assert _place(opened) == "1 of 4 in missed objects (10 in the run; the others are not on this page)"
    boxes = [_state(opened)["box"]]
    for _ in range(3):
        opened.page.keyboard.press("j")
        boxes.append(_state(opened)["box"])
    assert boxes == ["4,6,9,12", "2,40,6,44", "1,1,4,5", "20,30,30,44"]
    assert _state(opened)["image"] == "0" and _state(opened)["class"] == "3"
    opened.page.wait_for_selector(".viewer-missed button")
    assert (
        opened.page.inner_text(".viewer-missed button[aria-current=true]") == "pole 90\u202fpx, predicted as no class"
    )


def test_the_missed_objects_of_one_class_may_be_more_than_the_page_knows(opened: Tab) -> None:
    _view(opened, "view.image=0&view.list=missed.2&view.at=0&view.class=2")
    assert _place(opened) == "1 of 2 in missed objects of car (on this page; the run may hold more)"


def test_no_object_of_a_background_counts_as_missed(page_of: PageOf, samples: list[Sample]) -> None:
    sample = Sample(samples[0].gt, samples[0].pred, missed=((0, (1, 1, 9, 9), 40, 2), (2, (4, 6, 9, 12), 20, 0)))
    for has_background, missed in ((True, "1"), (False, "2")):
        tab = page_of(page_html([sample], has_background=has_background))
        _view(tab, "view.image=0&view.list=missed")
        tab.page.wait_for_selector(f"text=Missed objects: {missed}")
        assert _place(tab).startswith(f"1 of {missed} in missed objects")


def test_a_link_into_the_table_of_images_goes_through_all_of_them(page_of: PageOf, run_folder: Path) -> None:
    report = run_folder / "report.html"
    document = json.loads(re.search(r'id="data-page">(.*?)</script>', report.read_text(encoding="utf-8"))[1])  # type: ignore[index]
    views, total = {view["image"] for view in document["views"]}, document["images"]["total"]
    other = next(image for image in range(total) if image not in views)
    tab = page_of(f"{report.as_uri()}#view?view.image={other}&view.list=images")
    tab.page.wait_for_selector(f".viewer-place >> text=/^\\d+ of {total} in the table of images$/")


def test_a_link_to_what_is_no_image_opens_nothing(opened: Tab) -> None:
    for image in ("x", "-1", "", "1.5"):
        opened.evaluate("image => { location.hash = `#view?view.image=${image}`; }", image)
        _settle(opened)
        assert not opened.page.locator("dialog.viewer").is_visible()


def test_a_browser_that_refuses_changes_of_the_address_does_not_stop_the_viewer(opened: Tab) -> None:
    _view(opened, "view.image=0")
    opened.evaluate("() => { history.replaceState = () => { throw new DOMException('too many', 'SecurityError'); }; }")
    opened.page.keyboard.press("w")
    opened.page.get_by_role("slider", name="Where the left picture ends").wait_for()
    assert "mode" not in _state(opened)
    opened.evaluate("delete history.replaceState")
    opened.wait_for("() => location.hash.includes('view.mode=swipe')")


def test_an_image_that_is_not_kept_in_full_says_so(opened: Tab, samples: list[Sample]) -> None:
    _view(opened, "view.image=2")
    note = opened.page.inner_text(".viewer-note")
    assert note == "Only a thumbnail of this image is kept: one pixel of 2 × 2. Some were left out."
    gt = samples[2].gt
    said = _point_at(opened, 31, 11, *gt.shape)
    assert said["True"] == _name(gt[11, 31], "void") and said["Resolution"] == "one pixel of 2 × 2 is kept"
    opened.evaluate("location.hash = '#view?view.image=3'")
    opened.page.wait_for_selector(".viewer-none >> text=No picture of this image is kept. Some were left out.")
    opened.evaluate("location.hash = '#view?view.image=99'")
    opened.page.wait_for_selector("#viewer-name >> text=Image 99 is not on this page")


@pytest.mark.parametrize(
    ("mode", "key", "panes"),
    [("side", "s", ["Image", "Truth", "Prediction", "Errors"]), ("swipe", "w", ["Truth | Prediction"]),
     ("overlay", "o", ["Errors over Image"])],
)  # fmt: skip
def test_modes(opened: Tab, mode: str, key: str, panes: list[str]) -> None:
    _view(opened, "view.image=0&view.mode=blink")
    opened.page.keyboard.press(key)
    assert _state(opened)["mode"] == mode
    assert opened.page.locator(".viewer-pane figcaption").all_inner_texts() == panes
    pressed = opened.page.locator(".viewer-tools button[aria-pressed=true]").all_inner_texts()
    assert pressed == [{"side": "Side by side", "swipe": "Swipe", "overlay": "Overlay"}[mode]]


def test_swipe_is_moved_by_keys_and_by_dragging(opened: Tab) -> None:
    _view(opened, "view.image=0&view.mode=swipe")
    slider = opened.page.get_by_role("slider", name="Where the left picture ends")
    slider.press("ArrowLeft")
    assert (_state(opened)["split"], slider.get_attribute("aria-valuenow")) == ("48", "48")
    slider.press("Home")
    slider.press("PageUp")
    assert _state(opened)["split"] == "10" and _state(opened)["image"] == "0"
    stage, handle = (opened.page.locator(each).bounding_box() for each in (".viewer-stage", ".viewer-divider"))
    assert stage and handle
    opened.page.mouse.move(handle["x"] + handle["width"] / 2, 400)
    opened.page.mouse.down()
    opened.page.mouse.move(stage["x"] + stage["width"] * 0.75, 400, steps=4)
    opened.page.mouse.up()
    assert _state(opened)["split"] == "75"


def _captions(tab: Tab, ms: int) -> list[str]:
    """The captions that a blinking pane has, one after the other."""
    return tab.evaluate(
        """(ms) => new Promise((done) => {
          const caption = () => document.querySelector(".viewer-pane figcaption").textContent;
          const seen = [caption()];
          const watch = new MutationObserver(() => caption() !== seen.at(-1) && seen.push(caption()));
          const all = { subtree: true, characterData: true, childList: true };
          watch.observe(document.querySelector(".viewer-pane"), all);
          setTimeout(() => { watch.disconnect(); done(seen); }, ms);
        })""",
        ms,
    )


def test_blink_alternates_and_can_be_paused(opened: Tab) -> None:
    opened.page.emulate_media(reduced_motion="no-preference")
    _view(opened, "view.image=0&view.mode=blink")
    seen = _captions(opened, 2000)
    assert 4 <= len(seen) <= 7 and set(seen) == {"Truth", "Prediction"}  # three changes a second: 1.5 Hz
    opened.page.get_by_role("button", name="Pause").click()
    assert len(_captions(opened, 800)) == 1
    before = _captions(opened, 0)
    opened.page.get_by_role("button", name="Swap").click()
    assert _captions(opened, 0) != before


def test_blink_waits_where_motion_is_to_be_reduced(page_of: PageOf, html: str) -> None:
    tab = page_of(html)
    tab.page.emulate_media(reduced_motion="reduce")
    _view(tab, "view.image=0&view.mode=blink")
    assert tab.page.get_by_role("button", name="Play").is_visible() and len(_captions(tab, 800)) == 1


def test_a_link_reopens_what_was_seen(page_of: PageOf, html: str) -> None:
    tab = page_of(html)
    _view(tab, "view.image=0&view.list=finding.3&view.at=0&view.box=5,10,20,30")
    tab.page.keyboard.press("o")
    tab.page.get_by_label("Below").select_option("truth")
    tab.page.get_by_label("Opacity").fill("35")
    tab.page.get_by_role("button", name="Boundary").click()
    tab.page.get_by_label("pole", exact=True).uncheck()
    tab.page.get_by_role("button", name="Focus on car").click()
    tab.page.get_by_role("button", name="Zoom in").click()
    tab.page.wait_for_function("location.hash.includes('view.zoom')")
    state, hash_ = _state(tab), tab.evaluate("location.hash")
    assert {key: state[key] for key in ("mode", "pair", "opacity", "hidden", "class")} == {
        "mode": "overlay", "pair": "truth,errors", "opacity": "35", "hidden": "3", "class": "2",
    }  # fmt: skip
    assert set(state["layers"].split(",")) == {"fn", "fp", "wrong", "void", "boundary"}
    drawn = "() => document.querySelector('.viewer-pane canvas').toDataURL()"
    _settle(tab)
    again = page_of(html)
    again.evaluate("hash => { location.hash = hash; }", hash_)
    again.page.wait_for_selector(".viewer-pane canvas")
    _settle(again)
    assert again.evaluate("location.hash") == hash_
    again.page.wait_for_function(f"expected => ({drawn})() === expected", arg=tab.evaluate(drawn))


def test_copy_link_copies_the_address(page_of: PageOf, html: str) -> None:
    tab = page_of(html, permissions=["clipboard-read", "clipboard-write"])
    _view(tab, "view.image=0")
    tab.page.get_by_role("button", name="Copy link").click()
    tab.page.wait_for_selector("text=Copied")
    assert tab.evaluate("navigator.clipboard.readText()") == tab.evaluate("location.href")


def test_back_and_escape_close_and_give_the_focus_back(opened: Tab) -> None:
    opened.evaluate("location.hash = '#findings'")
    opened.page.locator("#plain").focus()
    before = opened.evaluate("[history.length, scrollY]")
    for leave in (lambda: opened.page.keyboard.press("Escape"), lambda: opened.page.go_back()):
        opened.page.keyboard.press("Enter")
        opened.page.wait_for_selector("dialog.viewer[open] .viewer-pane canvas")
        opened.page.keyboard.press("o")
        assert opened.evaluate("document.activeElement.className") == "viewer-stage"
        assert opened.evaluate("history.length") == before[0] + 1
        leave()
        opened.page.wait_for_function("!document.querySelector('dialog.viewer').open")
        _settle(opened)
        assert _state(opened) == {} and opened.evaluate("document.activeElement.id") == "plain"
        assert opened.evaluate("scrollY") == before[1]


def test_a_page_that_was_opened_by_a_link_stays_when_the_viewer_closes(page_of: PageOf, html: str) -> None:
    tab = page_of(html)
    tab.evaluate("location.hash = '#view?view.image=0'")
    tab.page.reload()
    tab.page.wait_for_selector("dialog.viewer[open] .viewer-pane canvas")
    tab.page.get_by_role("button", name="Close").click()
    tab.page.wait_for_function("!document.querySelector('dialog.viewer').open")
    assert _state(tab) == {} and tab.page.title() == "viewer"


def test_help_lists_the_keys_and_closes_alone(opened: Tab) -> None:
    _view(opened, "view.image=0")
    opened.page.keyboard.press("?")
    assert "crosshair" in opened.page.inner_text(".viewer-help")
    opened.page.keyboard.press("Escape")
    assert opened.page.locator(".viewer-help").count() == 0
    assert opened.evaluate("document.querySelector('dialog.viewer').open")


def test_wheel_zooms_at_the_pointer_and_dragging_pans(opened: Tab, samples: list[Sample]) -> None:
    gt = samples[0].gt
    _view(opened, "view.image=0")
    before = _point_at(opened, 17, 9, *gt.shape)
    opened.page.mouse.wheel(0, -400)
    opened.page.mouse.wheel(0, -400)
    _settle(opened)
    assert _probe(opened) == before
    opened.page.wait_for_function("location.hash.includes('view.zoom')")
    x, y, scale = map(float, _state(opened)["zoom"].split(","))
    canvas = opened.page.locator(".viewer-pane canvas").first.bounding_box()
    assert canvas
    opened.page.mouse.move(canvas["x"] + 100, canvas["y"] + 100)
    opened.page.mouse.down()
    opened.page.mouse.move(canvas["x"] + 60, canvas["y"] + 130, steps=5)
    opened.page.mouse.up()
    opened.page.wait_for_function("before => !location.hash.includes(before)", arg=_state(opened)["zoom"])
    to_x, to_y, to_scale = map(float, _state(opened)["zoom"].split(","))
    assert to_scale == scale
    assert to_x == pytest.approx(min(x + 40 / scale, 60), abs=0.11) and to_y == pytest.approx(y - 30 / scale, abs=0.11)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [LAPTOP, PHONE])
def test_targets_are_large_enough_and_nothing_is_wider_than_the_window(
    page_of: PageOf, html: str, size: tuple[int, int], scheme: str
) -> None:
    tab = page_of(html, size=size, scheme=scheme)
    _view(tab, "view.image=0&view.mode=overlay")
    small = tab.evaluate(
        """[...document.querySelector("dialog.viewer").querySelectorAll("button, select, label:has([type=checkbox])")]
             .map((each) => [each.textContent, each.getBoundingClientRect()])
             .filter(([, box]) => box.width < 24 || box.height < 24).map(([text]) => text)"""
    )
    assert small == []
    assert tab.evaluate("document.querySelector('.viewer-body').scrollWidth <= innerWidth")


def test_full_screen_keeps_what_is_seen(opened: Tab) -> None:
    _view(opened, "view.image=0&view.mode=overlay&view.class=2&view.hidden=1&view.opacity=20")
    before = _state(opened)
    button = opened.page.get_by_role("button", name="Full screen")
    button.click()
    opened.page.wait_for_function("document.fullscreenElement?.matches('.viewer-body')")
    assert button.get_attribute("aria-pressed") == "true" and _state(opened) == before
    assert opened.page.locator(".viewer-pane figcaption").all_inner_texts() == ["Errors over Image"]
    button.click()
    opened.page.wait_for_function("!document.fullscreenElement")
    assert _state(opened) == before and opened.evaluate("document.querySelector('dialog.viewer').open")


def test_no_more_than_three_pictures_are_kept(page_of: PageOf) -> None:
    pictures = [Sample(*scene(seed), picture=_jpeg(40, 60)) for seed in range(7)]
    tab = page_of(page_html(pictures))
    tab.evaluate(
        """() => {
          window.open_ = [];
          const make = createImageBitmap;
          window.createImageBitmap = async (...given) => {
            const made = await make(...given);
            window.open_.push(made);
            return made;
          };
        }"""
    )
    _view(tab, "view.image=0")
    for image in range(1, 7):
        tab.page.keyboard.press("j")
        tab.page.wait_for_selector(f"#viewer-name >> text=val/{image:03d}")
        _settle(tab)
    tab.page.wait_for_function("open_.length === 7 && open_.filter((each) => each.width).length === 3")


def test_a_class_is_gone_through_by_its_wrong_pixels(opened: Tab, samples: list[Sample]) -> None:
    wrong = [int(((s.gt == 2) ^ (s.pred == 2)).sum()) for s in samples]
    expected = sorted((image for image in range(5) if wrong[image]), key=lambda image: -wrong[image])
    _view(opened, f"view.image={expected[0]}&view.list=class.2")
    assert _place(opened) == f"1 of {len(expected)} in images by wrong pixels of car"
    seen = [expected[0]]
    while len(seen) < len(expected):
        opened.page.keyboard.press("j")
        seen.append(int(_state(opened)["image"]))
    assert seen == expected and _state(opened)["class"] == "2"
