"""The page itself: whole, escaped, silent, and readable for everyone."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib import resources
from itertools import pairwise
from typing import Any

import pytest

from reports import render
from tests import report_samples as samples

VOID_ELEMENTS = {"meta", "input", "img", "br", "hr", "link"}
DOCUMENTS = {
    "street": samples.street(),
    "partial": samples.partial(),
    "empty": samples.empty(),
    "hostile": samples.hostile(),
    "two classes": samples.sample(("background", "lesion"), images=40),
    "one class": samples.sample(("lesion",), images=1),
    "no finding": samples.sample(("a", "b", "c"), findings=False),
    "150 classes": samples.sample(tuple(f"class {n}" for n in range(150)), images=10_000),
}
RUN = {"started": "2030-01-01T00:00:00Z", "command": ["inspect", "pred"], "versions": {"numpy": "2.4.0"}}


def page(name: str) -> str:
    document, pictures = samples.with_pictures(samples.copied(DOCUMENTS[name]))
    return render(document, pictures, RUN)


class Outline(HTMLParser):
    """What is in a page: elements with attributes, text, and tags that do not close what was opened."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID_ELEMENTS:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module", params=DOCUMENTS)
def outline(request: pytest.FixtureRequest) -> Outline:
    return Outline(page(request.param))


def test_every_element_is_closed(outline: Outline) -> None:
    assert outline.open == [] and outline.unbalanced == []


def test_every_anchor_has_one_place_and_every_id_is_used_once(outline: Outline) -> None:
    ids = [attributes["id"] for _, attributes in outline.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    wanted = [link["href"] for link in outline.all("a")]
    wanted += [
        f"#{attributes['aria-labelledby']}" for _, attributes in outline.elements if "aria-labelledby" in attributes
    ]
    wanted += [f"#{label['for']}" for label in outline.all("label")]
    assert all(href and href[0] == "#" and href[1:] in ids for href in wanted)


def test_the_page_has_landmarks_a_language_and_a_way_past_the_links(outline: Outline) -> None:
    assert [len(outline.all(tag)) for tag in ("main", "header", "nav", "footer", "h1")] == [1] * 5
    assert outline.all("html")[0]["lang"] == "en"
    assert outline.all("a")[0] == {"class": "skip", "href": "#content"}


def test_headings_go_down_one_step_at_a_time(outline: Outline) -> None:
    levels = [int(tag[1]) for tag, _ in outline.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and all(b - a <= 1 for a, b in pairwise(levels))


def test_every_header_of_a_table_says_its_scope(outline: Outline) -> None:
    assert {header.get("scope") for header in outline.all("th")} <= {"row", "col"}


def test_every_picture_has_words_and_comes_from_the_page_itself(outline: Outline) -> None:
    for image in outline.all("img"):
        assert image["alt"] is not None and (image["src"] or "").startswith("data:image/png;base64,")
    for svg in outline.all("svg"):
        assert svg.get("aria-hidden") == "true" or (svg.get("role") == "img" and svg.get("aria-label"))


def test_what_scrolls_can_be_reached_by_key_and_has_a_name(outline: Outline) -> None:
    for region in (a for _, a in outline.elements if a.get("class") == "scroll"):
        assert region["tabindex"] == "0" and region["role"] == "region"
        assert region.get("aria-label") or region.get("aria-labelledby")


def test_no_script_no_handler_no_address(outline: Outline) -> None:
    assert not outline.all("script") and not outline.all("link") and not outline.all("iframe")
    for _, attributes in outline.elements:
        assert not [name for name in attributes if name.startswith("on") or name in ("srcset", "action", "xlink:href")]
        assert not [
            value for value in attributes.values() if re.match(r"\s*(https?:|//|javascript:)", value or "", re.I)
        ]


def test_the_policy_lets_nothing_in_but_what_is_in_the_page() -> None:
    policy = next(meta for meta in Outline(page("street")).all("meta") if meta.get("http-equiv"))
    assert policy["http-equiv"] == "Content-Security-Policy"
    assert (policy["content"] or "").startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'")
    assert not re.search(r"url\((?!#)|@import|https?:", page("street").replace("http-equiv", ""))


@pytest.mark.parametrize("name", samples.HOSTILE)
def test_a_hostile_name_is_text_wherever_a_name_can_stand(name: str) -> None:
    document = samples.named_everywhere(name)
    html = render(document, {})
    harmless = Outline(render(samples.named_everywhere("harmless"), {}))
    outline = Outline(html)
    assert [tag for tag, _ in outline.elements] == [tag for tag, _ in harmless.elements]
    assert [sorted(a) for _, a in outline.elements] == [sorted(a) for _, a in harmless.elements]
    html.encode("utf-8")


def test_names_are_isolated_from_the_direction_of_what_stands_around_them() -> None:
    html = render(samples.named_everywhere("شجرة"), {})
    body = re.sub(r"<(svg|title)\b.*?</\1>|<[^>]*>", lambda m: m[0] if "bdi" in m[0] else "", html, flags=re.S)
    inside = "".join(re.findall(r"<bdi>(.*?)</bdi>", body, re.S))
    assert body.count("شجرة") == inside.count("شجرة") > 20


def test_the_first_screen_says_what_a_manager_asks() -> None:
    html = page("partial").replace("\u202f", " ")
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.partition("<main")[2].partition('id="findings"')[0]))
    for said in (
        "Partial result. 187 of 200 true masks could be scored", "Mean IoU is", "the weakest is",
        "worth 11.0 points of mean IoU",
        "with 95 % confidence (1,000 resamples of 187 images)", "4 true masks without a prediction", "What costs most",
    ):  # fmt: skip
        assert said in words
    assert words.index("Partial result") < words.index("Mean IoU is") < words.index("What costs most")


def test_a_whole_run_does_not_say_partial() -> None:
    assert "Partial result" not in page("street")


def test_the_same_document_gives_the_same_bytes() -> None:
    assert page("partial") == page("partial")
    assert render(samples.street(), {}) == render(samples.street(), {}, {})


def test_without_pictures_the_page_is_small() -> None:
    assert len(render(samples.street(), {})) < 300_000
    assert len(render(samples.sample(tuple(f"class {n}" for n in range(150))), {})) < 1_600_000


# ---------------------------------------------------------------------- colours


def themes() -> dict[str, dict[str, str]]:
    css = resources.files("reports").joinpath("assets/report.css").read_text(encoding="utf-8")
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root \{(.*?)\}", css, re.S)[:2]
    )
    return {"light": light, "dark": light | dark}


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mixed(over: str, under: str, opacity: float) -> str:
    pairs = ((int(over[i : i + 2], 16), int(under[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a * opacity + b * (1 - opacity)):02x}" for a, b in pairs)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_stand_out_from_their_ground(theme: str) -> None:
    c = themes()[theme]
    pairs = [(ink, ground) for ink in ("ink", "soft", "accent") for ground in ("bg", "panel")]
    pairs += [(kind, f"{kind}-soft") for kind in ("error", "warning", "note", "accent")]
    pairs += [("ink", "warning-soft"), ("accent", "warning-soft"), ("ink", "hair"), ("soft", "hair")]
    pairs += [("ink", "accent-soft"), ("ink", "note-soft"), ("c2", "hair")]
    pairs += [(f"c{n}", "panel") for n in range(4)]
    assert {
        f"{ink} on {ground}": contrast(c[ink], c[ground]) for ink, ground in pairs if contrast(c[ink], c[ground]) < 4.5
    } == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_marks_stand_out_from_the_panel(theme: str) -> None:
    c = themes()[theme]
    marks = ["fill", "whisker", "cause-missed", "cause-false", "cause-boundary", "cause-partial"]
    assert {mark: contrast(c[mark], c["panel"]) for mark in marks if contrast(c[mark], c["panel"]) < 3} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_numbers_in_the_heat_map_stand_out_at_every_step(theme: str) -> None:
    c = themes()[theme]
    css = resources.files("reports").joinpath("assets/report.css").read_text(encoding="utf-8")
    steps = {int(n): float(opacity) for n, opacity in re.findall(r"\.s(\d) \{ fill-opacity: ([\d.]+); \}", css)}
    assert sorted(steps) == list(range(1, 9))
    weak = {
        (kind, step): contrast(c["strong" if step >= 7 else "ink"], mixed(c[kind], c["panel"], opacity))
        for kind in ("hit", "miss")
        for step, opacity in steps.items()
    }
    assert {key: value for key, value in weak.items() if value < 4.5} == {}


def test_the_legend_shows_the_colours_of_the_error_pictures() -> None:
    from inspector import overlays

    light: dict[str, Any] = themes()["light"]
    drawn = {
        "missed": overlays._MISSED, "false": overlays._FALSE, "false-stripe": overlays._FALSE_STRIPE,
        "wrong": overlays._WRONG, "other": overlays._OTHER,
        "void": overlays._HATCH[0], "void-stripe": overlays._HATCH[1],
    }  # fmt: skip
    assert {name: light[name] for name in drawn} == {
        name: "#{:02x}{:02x}{:02x}".format(*rgb) for name, rgb in drawn.items()
    }
