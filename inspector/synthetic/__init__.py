"""Data to try things on: scenes, predictions that err as real models do, and named faults of a pipeline."""

from __future__ import annotations

from inspector.synthetic.dataset import Pair, class_list, make_pair, write_dataset
from inspector.synthetic.faults import DUPLICATED, FAULTS
from inspector.synthetic.mistakes import ErrorModel, disturb, street_model
from inspector.synthetic.pictures import palette, photograph
from inspector.synthetic.scenes import make_scene
from inspector.synthetic.street import VOID, scene_class

__all__ = [
    "DUPLICATED",
    "FAULTS",
    "VOID",
    "ErrorModel",
    "Pair",
    "class_list",
    "disturb",
    "make_pair",
    "make_scene",
    "palette",
    "photograph",
    "scene_class",
    "street_model",
    "write_dataset",
]
