"""The picker: from a person's words, measured masks and answers to questions to the task, and with what to do it.

    text ──> reading ────┐
    masks ─> evidence ───┼─> facts ──> decision tables ──> Answer
    answers to questions ┘

Answers to questions stand above masks, masks above words; but the task is decided by words and answers: masks say what
can be trained, and a disagreement is told, never settled in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from prompts.answer import TASKS, Answer, ArchitecturePick, Choice, Resolution, Task
from prompts.cues import language
from prompts.decision import decide, load_tables
from prompts.evidence import LabelEvidence, disagree
from prompts.explain import NAMES, habit, not_chosen, quotes
from prompts.facts import Facts, check_facts
from prompts.knowledge import load_knowledge
from prompts.questions import FingerprintItem, Source, fingerprint
from prompts.reading import Reading, read
from prompts.tasks import Belief, belief_of, facts_for
from prompts.text import LONGEST

__all__ = ["Pick", "pick"]

MOST_SURE = 0.99  # words can be misread, however clear they seem
LEAST_ENGLISH = 0.12  # share of the words that are the commonest English ones; of English prose it is above 0.3
FEW_WORDS = 6


@dataclass(frozen=True)
class Pick:
    """An answer, and what it rests on. `sources` says who told each fact; `notes` what the user should know besides."""

    answer: Answer
    belief: Belief
    facts: Facts
    sources: Mapping[str, Source]
    fingerprint: tuple[FingerprintItem, ...]
    disagreements: tuple[str, ...]
    notes: tuple[str, ...]
    reading: Reading


def pick(description: str, evidence: LabelEvidence | None = None, asked: Facts | None = None) -> Pick:
    """Which task a description needs, and with which architecture, loss, metrics and resolution.

    evidence  what was measured on true masks
    asked     answers to questions: facts that stand above everything else

    An empty description leaves the choice to the masks, or to a question. Raises PromptsError for an answer to a
    question that there is not.
    """
    asked = dict(asked or {})
    check_facts(asked, "answers")
    reading = read(description)
    belief = _belief(reading, evidence, asked)
    task = belief.task
    facts, sources = _facts(reading, evidence, asked, task)
    return Pick(
        answer=_answer(reading, belief, facts),
        belief=belief,
        facts=facts,
        sources=sources,
        fingerprint=fingerprint(facts, sources),
        disagreements=disagree(task, evidence) if evidence and description.strip() else (),
        notes=_notes(reading, evidence, asked),
        reading=reading,
    )


def _belief(reading: Reading, evidence: LabelEvidence | None, asked: Facts) -> Belief:
    """What the words say; without any, what the masks were drawn for is as good a guess as there is."""
    belief = belief_of(reading.scores, asked)
    if reading.hits or reading.habit.words or any(name in asked for name in ("output", "separate", "regions", "task")):
        return belief
    drawn = evidence.drawn_for if evidence else None
    if drawn is None:
        return replace(belief, open_axis="separate", is_guess=True)
    even = {task: 0.6 if task == drawn else 0.4 / (len(TASKS) - 1) for task in TASKS}
    return Belief(even, "separate", is_guess=True)


def _facts(
    reading: Reading, evidence: LabelEvidence | None, asked: Facts, task: Task
) -> tuple[dict[str, str], dict[str, Source]]:
    """Every fact that is known, and who told it."""
    measured = evidence.facts if evidence else {}
    decided = {**facts_for(task), "task": task}
    if task == "none":
        decided["sister"] = asked.get("sister", reading.sister)
    facts: dict[str, str] = {}
    sources: dict[str, Source] = {}
    told: tuple[tuple[Source, Facts], ...] = (("text", reading.facts), ("masks", measured), ("asked", asked),
                                              (_by_whom(reading, evidence), decided))  # fmt: skip
    for source, known in told:
        for name, value in known.items():
            facts[name] = value
            sources[name] = "asked" if asked.get(name) == value else source
    return facts, sources


def _by_whom(reading: Reading, evidence: LabelEvidence | None) -> Source:
    """Who decided the task, where no question did."""
    if reading.hits or reading.habit.words:
        return "text"
    return "masks" if evidence else "assumed"


def _answer(reading: Reading, belief: Belief, facts: Facts) -> Answer:
    task, tables, knowledge = belief.task, load_tables(), load_knowledge()
    names = decide(tables["sister" if task == "none" else "architecture"], facts)[:2]
    losses = decide(tables["loss"], facts) if task != "none" else ()
    return Answer(
        task=task,
        sister_task=facts["sister"] if task == "none" else None,
        confidence=round(min(belief.confidence, MOST_SURE), 3),
        evidence_quotes=quotes(reading, task),
        ask_user=belief.question,
        architecture=tuple(
            ArchitecturePick(name=each.choice, library=knowledge.architectures[each.choice].library, why=each.why)
            for each in names
        ),
        loss=Choice(name=losses[0].choice, why=losses[0].why) if losses else None,
        metrics=tuple(Choice(name=each.choice, why=each.why) for each in decide(tables["metrics"], facts)),
        resolution_tiling=_resolution(facts) if task != "none" else None,
        why=_why(reading, belief, facts, names[0].why),
        not_chosen=not_chosen(reading, task, belief.probabilities),
    )


def _resolution(facts: Facts) -> Resolution:
    tables = load_tables()
    sentences = {
        name: " ".join(each.choice for each in decide(tables[name], facts)) for name in ("resolution", "tiling")
    }
    return Resolution(input=sentences["resolution"], tiling=sentences["tiling"])


def _why(reading: Reading, belief: Belief, facts: Facts, architecture: str) -> str:
    task = decide(load_tables()["task"], facts)[0].why
    unsaid = "" if quotes(reading, belief.task) else habit(reading, belief.task)
    unsure = f"It could also be {_second(belief)}: one answer would settle it." if belief.question else ""
    return " ".join(filter(None, (task, unsaid, unsure, architecture)))


def _second(belief: Belief) -> str:
    others = {task: value for task, value in belief.probabilities.items() if task != belief.task}
    return NAMES[max(others, key=lambda task: others[task])]


def _notes(reading: Reading, evidence: LabelEvidence | None, asked: Facts) -> tuple[str, ...]:
    """What the user should know of how the text was read."""
    text, notes = reading.text, []
    words, common = text.cleaned.split(), language().common
    if not words and not asked:
        masks = "the masks alone" if evidence else "nothing but habit"
        notes.append(f"there is no description: the task rests on {masks}; say what the result is for")
    if text.was_cut:
        notes.append(f"the text is long: its first {LONGEST:,} characters were read")
    if len(words) >= FEW_WORDS and sum(word.strip(".,;:!?") in common for word in words) < LEAST_ENGLISH * len(words):
        notes.append(
            "this does not look like English, which is what the rules read: answer the questions, or use --llm"
        )
    elif words and not reading.hits and not asked:
        what = "the answer rests on what texts with such words usually need" if reading.habit.words else "it is a guess"
        notes.append(f"no clause that decides was found: {what}")
    if text.gives_orders(language().negation):
        notes.append("a clause that gives orders to the picker was left out: it says nothing of the need")
    return tuple(notes)
