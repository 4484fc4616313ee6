"""The task panel: what it says, that it adds nothing but itself, and that its one script is named by the policy."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import re
from importlib import resources
from typing import Any

import pytest

from reports import ReportError, render
from reports.section_task import TaskPanel, task_of
from tests import report_samples, task_samples
from tests.test_reports_render import Outline

RUN = {"started": "2030-01-01T00:00:00Z"}


def page(task: dict[str, Any] | None) -> str:
    return render(report_samples.street(), {}, RUN, task)


def panel(**changes: Any) -> TaskPanel:
    made = task_of({**task_samples.task(), **changes})
    assert made is not None
    return made


def words(html: str) -> str:
    """What a person reads in the panel, in order."""
    section = re.findall(r'<section id="task".*?</section>', html, re.S)[0]
    bare = re.sub(r"<script.*?</script>", "", section, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", bare).replace("\u202f", " "))


def scripts(html: str) -> list[tuple[str, str]]:
    return re.findall(r"<script([^>]*)>(.*?)</script>", html, re.S)


def policy(html: str) -> str:
    return re.findall(r'Content-Security-Policy" content="([^"]*)"', html)[0].replace("&#39;", "'")


EMPTY: dict[str, Any] = {"schema_version": 1, "description": None, "answer": None, "rules": {}, "prompt": ""}


# ---------------------------------------------------------------------- the page around it


def test_the_panel_adds_nothing_to_the_page_but_itself() -> None:
    html = page(task_samples.task())
    for part in (
        r'<section id="task".*?</section>\n',
        r'<li><a href="#task">Task</a></li>\n',
        r"; script-src 'sha256-[^']+'",
        r" but those that came with it",
        r"<style>\n:root:not\(\.js\).*?</style>\n",
    ):
        html, n = re.subn(part, "", html, flags=re.S)
        assert n == 1, part
    assert html == page(None)


def test_without_a_task_the_page_has_no_script_and_no_trace_of_the_panel() -> None:
    html = page(None)
    assert "<script" not in html and "script-src" not in html and 'id="task' not in html and "runs no script." in html


def test_the_panel_comes_after_the_findings_and_is_in_the_list_of_sections() -> None:
    html = page(task_samples.task())
    places = [html.index(f'<section id="{name}"') for name in ("findings", "task", "loss")]
    assert places == sorted(places) and '<li><a href="#task">Task</a></li>' in html


def test_the_policy_names_the_one_script_of_the_page_by_its_hash() -> None:
    html = page(task_samples.task())
    (data, _), (plain, script) = scripts(html)
    assert data.strip() == 'type="application/json" id="task-data"' and plain == ""
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    assert policy(html) == f"{policy(page(None))}; script-src 'sha256-{digest}'"


def test_the_script_calls_nobody_and_makes_no_html_of_text() -> None:
    script = resources.files("reports").joinpath("assets/task.js").read_text(encoding="utf-8")
    for word in (
        "fetch", "XMLHttpRequest", "import", "eval", "Function(", "innerHTML", "outerHTML", "insertAdjacentHTML",
        "document.write", "</", "<!--", "http", "localStorage",
    ):  # fmt: skip
        assert word not in script, word


def test_no_handler_and_no_address_stands_in_the_panel() -> None:
    outline = Outline(page(task_samples.task()))
    for _, attributes in outline.elements:
        assert not [name for name in attributes if name.startswith("on") or name in ("action", "src", "formaction")]
    assert not outline.all("link") and not outline.all("iframe") and outline.open == [] == outline.unbalanced


def test_the_same_documents_give_the_same_bytes() -> None:
    turned = dict(reversed(json.loads(json.dumps(task_samples.task())).items()))
    assert page(task_samples.task()) == page(task_samples.task()) == page(turned)


def test_the_document_is_left_as_it_was() -> None:
    task = task_samples.named_everywhere("two\nlines\u202e")
    before = copy.deepcopy(task)
    page(task)
    assert task == before


def test_another_schema_version_is_refused_with_both_numbers() -> None:
    with pytest.raises(ReportError, match=r"task\.json: schema_version 2 found, 1 expected"):
        page({**task_samples.task(), "schema_version": 2})


def test_a_task_of_which_nothing_is_known_still_has_a_page() -> None:
    html = page(EMPTY)
    assert "No true mask was measured." in words(html) and "<script" not in html and "script-src" not in html
    assert "<form" not in html and "Copy" not in html


# ---------------------------------------------------------------------- what it says


def test_the_panel_says_all_that_the_picker_found() -> None:
    said = words(page(task_samples.task()))
    for sentence in (
        "Measured on 64 of 187 true masks, evenly spaced.",
        "Semantic segmentation fits with care 28 % of nuclei touch: a semantic score cannot see merged ones.",
        "The words and the masks disagree The text wants objects",
        "Instance segmentation 92 % sure",
        "count nuclei the answer is counted in objects",
        "Cellpose cellpose Roundish objects that touch, hundreds an image. BSD-3-Clause Cellpose-SAM: CC BY-NC none "
        "about 1 s for 512 x 512 on a GPU of 8 GB general knowledge, not checked",
        "StarDist stardist Star-convex nuclei; small and quick. BSD-3-Clause BSD-3-Clause 20 no figure",
        "Loss Flows Each pixel learns",
        "Metrics F1 at IoU 0.5 It counts objects that were found. AJI It sees",
        "Input size Nuclei at about 30 px across",
        "Tiling Tiles of 512 px",
        "Not chosen Semantic segmentation It merges the 28 % that touch. Panoptic segmentation No areas",
        "Known already: convex yes , touching much",
        "Must two touching objects of the same kind stay two?",
    ):
        assert sentence in said, sentence


def test_warnings_come_first_and_the_rest_keeps_its_order() -> None:
    kinds = [(statement.severity, statement.kind) for statement in panel().statements]
    assert kinds == [("warning", "touching"), ("note", "kind"), ("note", "imbalance"), ("note", "thinness")]


@pytest.mark.parametrize(
    ("images", "total", "said"),
    [
        (1, 1, "Measured on the one true mask."), (40, 40, "Measured on all 40 true masks."),
        (64, 1200, "Measured on 64 of 1,200 true masks, evenly spaced."), (0, 9, "No true mask was measured."),
    ],
)  # fmt: skip
def test_how_many_masks_were_measured_is_said(images: int, total: int, said: str) -> None:
    assert panel(measured={"images": images, "of": total, "statements": []}).measured == said


@pytest.mark.parametrize(
    ("verdict", "severity"),
    [("fits", "good"), ("fits with care", "warning"), ("does not fit", "error"), ("cannot tell", "note")],
)
def test_every_verdict_has_a_word_and_a_shape(verdict: str, severity: str) -> None:
    fit = {"task": "panoptic", "verdict": verdict, "sentences": []}
    html = page({**task_samples.task(), "fit": fit})
    assert panel(fit=fit).fit.severity == severity  # type: ignore[union-attr]
    assert re.search(rf'<span class="badge {severity}"><svg.*?</svg>(<bdi>)?{verdict}', html, re.S)


def test_where_segmentation_is_the_wrong_tool_the_sister_task_is_named() -> None:
    answer = task_samples.task()["answer"] | {
        "task": "none", "sister_task": "oriented-detection", "loss": None, "resolution_tiling": None,
    }  # fmt: skip
    made = panel(answer=answer).answer
    assert made is not None and made.task == "Not segmentation: oriented detection"
    assert [heading for heading, _ in made.choices] == ["Metrics"]


def test_what_the_knowledge_lacks_is_said_to_be_not_known() -> None:
    made = panel(answer=task_samples.task()["answer"] | {"details": {}}).answer
    assert made is not None
    first = made.architectures[0]
    assert (first.name, first.licence_code, first.licence_weights, first.min_images) == ("Cellpose", *["not known"] * 3)


def test_a_long_description_is_cut_and_it_is_said_the_prompt_is_not() -> None:
    made = panel(description="x" * 100_000, prompt="y" * 100_000)
    assert len(made.description) == 800 and made.description_more == "99,200" and len(made.prompt) == 100_000


def test_the_prompt_keeps_its_lines_and_hides_nothing() -> None:
    prompt = "\n# Title\r\n\n    indented\r\ttab \u202eleft\u2066 \x00"
    assert panel(prompt=prompt).prompt == "\n# Title\n\n    indented\n\ttab ⟨U+202E⟩left⟨U+2066⟩ ␀"
    html = page({**task_samples.task(), "prompt": "\n</pre><b>"})
    assert 'aria-labelledby="prompt-title">\n\n&lt;/pre&gt;&lt;b&gt;</pre>' in html


# ---------------------------------------------------------------------- the form


def test_an_answer_that_was_measured_is_marked_and_taken() -> None:
    form = panel().form
    assert form is not None
    thin = form.questions[3]
    assert [(option.value, option.known) for option in thin.options] == [("yes", ""), ("no", "measured")]
    assert form.facts == (("convex", "yes"), ("touching", "much"))
    html = page(task_samples.task())
    assert (
        '<input type="radio" name="ask-3" id="ask-3-2" value="no" checked><label for="ask-3-2"><bdi>No</bdi> <em>'
        in (html)
    )
    assert re.findall(r'name="(ask-\d)" id="[^"]*" value="([^"]*)" checked', html) == [
        ("ask-0", ""), ("ask-1", ""), ("ask-2", ""), ("ask-3", "no"),
    ]  # fmt: skip


def test_a_measured_value_that_no_option_offers_is_offered() -> None:
    form = panel(preset={"thin": "in part"}).form
    assert form is not None and [option.value for option in form.questions[3].options] == ["yes", "no", "in part"]
    assert form.questions[3].options[2].known == "measured" and form.facts == ()


def test_the_script_reads_the_rules_as_they_are() -> None:
    data = json.loads(scripts(page(task_samples.task()))[0][1])
    assert data["tables"] == task_samples.RULES["tables"] and data["preset"] == task_samples.task()["preset"]
    assert [question["asked"] for question in data["questions"]] == [
        question["asked"] for question in task_samples.RULES["questions"]
    ]


@pytest.mark.parametrize("rules", [{}, {"questions": []}, {"questions": task_samples.RULES["questions"], "tables": {}}])
def test_without_rules_there_is_no_form(rules: dict[str, Any]) -> None:
    html = page({**task_samples.task(), "rules": rules})
    assert "<form" not in html and 'id="task-data"' not in html and len(scripts(html)) == 1  # to copy


# ---------------------------------------------------------------------- for everyone


def test_questions_can_be_read_by_those_who_see_no_screen_and_without_the_script() -> None:
    html = page(task_samples.task())
    outline = Outline(html)
    ids = {attributes.get("id") for _, attributes in outline.elements}
    assert len(outline.all("fieldset")) == len(re.findall(r"<fieldset[^>]*>\n<legend>", html)) == 4
    assert all(fieldset["aria-describedby"] in ids for fieldset in outline.all("fieldset"))
    assert {label["for"] for label in outline.all("label")} == {each["id"] for each in outline.all("input")}
    assert len([a for _, a in outline.elements if a.get("role") == "status"]) == 2
    assert {region["tabindex"] for _, region in outline.elements if region.get("role") == "region"} == {"0"}
    assert "hidden" not in html[html.index("<form") : html.index('class="outcome')]


def test_what_needs_the_script_is_hidden_without_it() -> None:
    outline = Outline(page(task_samples.task()))
    css = resources.files("reports").joinpath("assets/task.css").read_text(encoding="utf-8")
    assert ":root:not(.js) .js-only, .js .no-js { display: none; }" in css
    held = [a["class"] or "" for _, a in outline.elements if "js-only" in (a.get("class") or "").split()]
    assert sorted({name.split()[0] for name in held}) == ["copy", "js-only", "option", "outcome"]


@pytest.mark.parametrize("name", task_samples.HOSTILE)
def test_a_hostile_text_is_text_wherever_a_text_can_stand(name: str) -> None:
    html = page(task_samples.named_everywhere(name))
    harmless, outline = Outline(page(task_samples.named_everywhere("harmless"))), Outline(html)
    assert [tag for tag, _ in outline.elements] == [tag for tag, _ in harmless.elements]
    assert [sorted(a) for _, a in outline.elements] == [sorted(a) for _, a in harmless.elements]
    assert len(scripts(html)) == 2 and json.loads(scripts(html)[0][1])["tables"]["task"]["rules"]
    assert not re.search("[<>\u2028\u2029]", scripts(html)[0][1])
    html.encode("utf-8")


def test_texts_are_isolated_from_the_direction_of_what_stands_around_them() -> None:
    html = page(task_samples.named_everywhere("شجرة"))
    body = re.sub(r"<script.*?</script>|<pre.*?</pre>", "", html, flags=re.S)  # a block of its own cannot reorder
    inside = "".join(re.findall(r"<bdi>(.*?)</bdi>", body, re.S))
    assert body.count("شجرة") == inside.count("شجرة") > 40
