"""The form of the task panel in a real browser: its script answers as `prompts.decision` does, and texts stay text."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from prompts.decision import decide, exported, load_tables
from prompts.facts import FACTS
from prompts.questions import load_questions
from reports import render
from reports.text import visible
from tests import report_samples, task_samples
from tests.browser import PageOf, without_policy

TITLE = "Inspection of semantic masks"
Facts = dict[str, str]


def page(task: dict[str, Any]) -> str:
    return render(report_samples.sample(("a", "b"), images=2, findings=False), {}, None, task)


# ---------------------------------------------------------------------- the rules


def combinations() -> list[Facts]:
    """Every combination of what decides the task, of what mostly decides the model, and many more at random."""
    made = list(_products("output", "separate", "regions"))
    made += _products("task", "dims", "subject")
    made += _products("task", "speed", "licence", "labelled")
    made += _products("sister", "licence")
    rng = random.Random(4)
    for _ in range(800):
        known = rng.random()
        made.append({name: rng.choice(values) for name, values in FACTS.items() if rng.random() < known})
    return made


def _products(*names: str) -> list[Facts]:
    return [
        {name: value for name, value in zip(names, values, strict=True) if value}
        for values in itertools.product(*(("", *FACTS[name]) for name in names))
    ]


#: Each decision is told by its number in a list, since the same ones come again and again.
DECIDE = """([known, names]) => {
  const tables = JSON.parse(document.getElementById("task-data").textContent).tables;
  const seen = new Map();
  const number = (text) => seen.get(text) ?? (seen.set(text, seen.size), seen.size - 1);
  const made = known.map((facts) => names.map((name) =>
    decide(tables[name], new Map(Object.entries(facts))).map((each) => number(JSON.stringify(each)))));
  return { decisions: [...seen.keys()].map((text) => JSON.parse(text)), made };
}"""


def test_the_page_decides_as_python_does(page_of: PageOf) -> None:
    tables, facts = load_tables(), combinations()
    names = list(tables)
    answer = page_of(page(task_samples.task(exported()))).evaluate(DECIDE, [facts, names])
    assert len(facts) == len(answer["made"]) > 1300
    for known, made in zip(facts, answer["made"], strict=True):
        for name, numbers in zip(names, made, strict=True):
            wanted = [vars(each) for each in decide(tables[name], known)]
            assert [answer["decisions"][n] for n in numbers] == wanted, (name, known)


# ---------------------------------------------------------------------- the form

#: Sets the answers of each case as a person does, by clicks, and reads what the page then shows.
ANSWER = """(cases) => {
const shown = (node) => node.textContent.replaceAll("\\u00a0", " ");
const read = () => ({
  hidden: [...document.querySelectorAll("fieldset")].map((each) => each.hidden),
  now: shown(document.querySelector(".now")),
  open: document.querySelector(".open").hidden ? null : shown(document.querySelector(".open bdi")),
  rows: [...document.querySelectorAll(".rows > div")].map((row) =>
    [row.className, [...row.querySelectorAll("strong, .why")].map(shown)]),
});
return cases.map((answers) => {
  document.querySelector(".outcome button").click();
  answers.forEach((value, number) => {
    const inputs = [...document.querySelectorAll(`[name=ask-${number}]`)];
    inputs.find((each) => each.value === value).click();
  });
  return read();
});
}"""


def expected(task: dict[str, Any], answers: list[str]) -> dict[str, Any]:
    """The same by the Python rules."""
    tables, questions, facts, due = load_tables(), load_questions(), dict(task["preset"]), []
    for question, answer in zip(questions, answers, strict=True):
        due.append(question.asked == "always" or question.asked.holds(facts))  # type: ignore[union-attr]
        if due[-1]:
            facts.pop(question.id, None)
            facts |= {question.id: answer} if answer else {}
    facts["task"] = decide(tables["task"], facts)[0].choice
    others = ["sister", "metrics"] if facts["task"] == "none" else [
        "architecture", "loss", "metrics", "resolution", "tiling",
    ]  # fmt: skip
    asked = {name for rule in tables["task"].rules for name in (*rule.when, *rule.unless)}
    open_ones = [
        question.text
        for question, is_due in zip(questions, due, strict=True)
        if is_due and question.id in asked - set(facts)
    ]
    rows = [(name, _row(task, name, facts)) for name in ("task", *others)]
    now = [row[0] for name, row in rows if name not in ("resolution", "tiling")]
    if "sister" in others and "sister" in facts:
        now.insert(1, facts["sister"])
    return {
        "hidden": [not is_due for is_due in due],
        "now": " · ".join(now),
        "open": " ".join(open_ones) or None,
        "rows": [[name, row] for name, row in rows],
    }


def _row(task: dict[str, Any], name: str, facts: Facts) -> list[str]:
    """Names of the choices of a rule, then its reason; then the next rule."""
    words = {
        "semantic": "Semantic segmentation", "instance": "Instance segmentation",
        "panoptic": "Panoptic segmentation", "none": "Not segmentation",
    }  # fmt: skip
    made: list[str] = []
    decisions = decide(load_tables()[name], facts)
    for place, each in enumerate(decisions):
        called = words[each.choice] if name == "task" else task["names"].get(each.choice, {"name": each.choice})["name"]
        made.append(called)
        if place + 1 == len(decisions) or decisions[place + 1].rule != each.rule:
            made.append(each.why)
    return made


def answer_cases() -> list[list[str]]:
    """Sets of answers, "" for "not known": every answer to what decides the task, then at random."""
    rng = random.Random(5)
    questions = load_questions()
    made = []
    for output, separate, regions in itertools.product(
        ("", "masks", "something else"), ("", "yes", "no"), ("", "yes", "no")
    ):
        deciding = {"output": output, "separate": separate, "regions": regions}
        made.append([deciding.get(question.id, "") for question in questions])
    for _ in range(60):
        made.append([rng.choice(["", *(value for value, _ in question.options)]) for question in questions])
    return made


@pytest.fixture(scope="module")
def whole_task() -> dict[str, Any]:
    return {**task_samples.task(exported()), "preset": {"thin": "no", "touching": "much", "dims": "2d"}}


def test_the_form_shows_what_python_says_for_the_same_answers(page_of: PageOf, whole_task: dict[str, Any]) -> None:
    cases = answer_cases()
    answer = page_of(page(whole_task)).evaluate(ANSWER, cases)
    for answers, shown in zip(cases, answer, strict=True):
        assert shown == expected(whole_task, answers), answers
    assert not [n for n in range(len(cases[0])) if all(shown["hidden"][n] for shown in answer)]  # each is asked once


def test_the_form_goes_back_to_what_was_measured_and_the_prompt_is_copied(
    page_of: PageOf, whole_task: dict[str, Any]
) -> None:
    driver = """async () => {
    const state = () => [[...document.querySelectorAll("fieldset input:checked")].map((each) => each.value),
                         document.querySelector(".rows").textContent];
    const states = [state()];
    document.querySelectorAll("fieldset").forEach((each) => each.querySelector("input").click());
    states.push(state());
    document.querySelector(".outcome button").click();
    states.push(state());
    const enter = new Event("submit", { cancelable: true });
    document.getElementById("task-form").dispatchEvent(enter);

    const clipboard = { writeText: async (text) => { clipboard.held = text; } };
    Object.defineProperty(navigator, "clipboard", { value: clipboard });
    document.execCommand = () => false;
    const pressed = async () => {
      document.getElementById("task-copy").click();
      for (let turn = 0; turn < 9; turn += 1) await null;
      return [document.getElementById("task-copied").textContent, document.querySelector(".prompt").open,
              getSelection().toString()];
    };
    const allowed = await pressed();
    clipboard.writeText = async () => { throw new Error("refused"); };
    return [states, enter.defaultPrevented, clipboard.held, allowed, await pressed()];
    }"""
    prompt = '\n  # Title </pre> & "quotes"\n\n\tend\n'
    (first, other, last), prevented, held, allowed, refused = page_of(page({**whole_task, "prompt": prompt})).evaluate(
        driver
    )
    assert first == last != other and prevented
    assert first[0] == ["2d" if question.id == "dims" else "" for question in load_questions()]
    assert held == prompt and allowed == ["Copied.", False, ""]
    assert refused[:2] == ["It is selected: copy it with Ctrl+C or ⌘C.", True] and refused[2].strip() == prompt.strip()


def test_under_the_policy_of_the_page_its_script_runs_and_no_other(page_of: PageOf) -> None:
    other = "<script>document.title = 1</script><img src=x onerror='document.title = 1'></body>"
    tab = page_of(page(task_samples.task()).replace("</body>", other), quiet=False)
    assert tab.page.locator("html").get_attribute("class") == "js"
    assert tab.page.locator("p.now[role=status]").text_content() == "Semantic segmentation\u00a0· U-Net\u00a0· Mean IoU"
    assert str(tab.page.locator(".open").text_content()).startswith(
        "Not settled yet, an answer may change the task: What must come out? Must two"
    )
    assert tab.page.title() == TITLE and sum("script-src" in line for line in tab.said) == 2
    assert tab.errors == []


# ---------------------------------------------------------------------- texts of others


def test_hostile_texts_run_nothing_even_without_the_policy(page_of: PageOf) -> None:
    """All names at once, in rules, questions, names and prompt; then every answer is given."""
    task = task_samples.named_everywhere("harmless")
    names = iter(task_samples.HOSTILE * 50)
    for question in task["rules"]["questions"]:
        question |= {"text": next(names), "why": next(names)}
        question["options"] = [{**option, "label": next(names)} for option in question["options"]]
    for table in task["rules"]["tables"].values():
        for rule in table["rules"] if table["name"] != "task" else []:
            rule |= {"choose": list(task_samples.HOSTILE), "why": next(names)}
    for rule in task["rules"]["tables"]["task"]["rules"]:
        rule["choose"] = [next(names)]
    task["names"] = {name: {"name": name, "note": name} for name in task_samples.HOSTILE if name != "constructor"}
    task["preset"] = dict.fromkeys(task_samples.HOSTILE, "x")
    task["prompt"] = task["description"] = "\n".join(task_samples.HOSTILE).replace("\ud800", "")
    driver = """() => {
    document.querySelectorAll("fieldset input").forEach((each) => each.click());
    document.getElementById("task-copy").click();
    return [document.title, document.querySelectorAll("script").length, document.images.length,
          [...document.querySelectorAll("#task .rows strong")].map((each) => each.textContent),
          Object.keys(Object.prototype).length];
    }"""
    harmless = page_of(page(task_samples.named_everywhere("harmless"))).page.locator("script").count()
    title, scripts, images, shown, polluted = page_of(without_policy(page(task))).evaluate(driver)
    assert (title, scripts, images, polluted) == (TITLE, harmless, 0, 0)
    assert set(shown) == {visible(name) for name in task_samples.HOSTILE}
