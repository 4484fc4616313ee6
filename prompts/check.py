"""What to do with the answer: the command that measures it, and a gate to begin with."""

from __future__ import annotations

from prompts.answer import Answer, Task
from prompts.facts import Facts
from prompts.knowledge import load_knowledge

__all__ = ["evaluation_of", "gate_of"]

#: `inspect` counts class maps; the official code of the field scores the rest.
_ELSEWHERE: dict[Task, str] = {
    "instance": "pycocotools: COCOeval(gt, pred, iouType='segm') for mask AP; inspect scores the class maps of the "
    "same masks",
    "panoptic": "panopticapi: python evaluation.py --gt_json_file … --pred_json_file … for PQ; inspect scores the "
    "class maps of the same masks",
    "none": "inspect compares masks, and there are none here: use the metrics above as the library has them",
}
_COMMAND = "inspect predictions/ --gt masks/ --classes classes.toml{group} -o run"
#: Where a gate begins. Nobody's thresholds but your own are right: `level = "warn"` until you have set them.
_START = {"iou": 0.5, "dice": 0.6, "nsd": 0.7, "boundary_f1": 0.6, "boundary_iou": 0.5, "prediction_ratio": 0.8}
_OTHERWISE = 0.6
_HEAD = """\
# inspect.toml. Set the thresholds from intervals of your own runs, then level = "error".
{unmeasured}[gates]
level = "warn"
"""


def evaluation_of(answer: Answer, facts: Facts) -> str:
    """The command that measures a model for this answer."""
    if answer.task == "none":
        return _ELSEWHERE["none"]
    if answer.task != "semantic":
        return f"{_ELSEWHERE[answer.task]}: {_COMMAND.format(group='')}"
    group = " --metadata images.csv --group patient" if facts.get("subject") == "organs" else ""
    return _COMMAND.format(group=group)


def gate_of(answer: Answer) -> str:
    """A gate on the metrics of the answer that `inspect` measures, as TOML; "" where it measures none of them.

    The thresholds are a place to begin, and the gates only warn: see `_START`.
    """
    known = load_knowledge().metrics
    names = dict.fromkeys(known[each.name].ours for each in answer.metrics if known[each.name].ours)
    if not names or answer.task == "none":
        return ""
    others = [each.name for each in answer.metrics if not known[each.name].ours]
    unmeasured = f"# Not in it, since inspect does not measure it: {', '.join(others)}.\n" if others else ""
    return _HEAD.format(unmeasured=unmeasured) + "".join(_gate(name) for name in names)


def _gate(name: str) -> str:
    above = "fail_above = 1.25\n" if name == "prediction_ratio" else ""
    lines = f'id = "{name.replace("_", "-")}"\nmetric = "{name}"\nfail_below = {_START.get(name, _OTHERWISE)}\n'
    return f"\n[[gates.gate]]\n{lines}{above}"
