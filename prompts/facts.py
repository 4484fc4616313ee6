"""Facts: what is known of a problem, in the one vocabulary that text, masks, questions and decision tables share.

A fact is a name from `FACTS` with one of its values. What is not known is left out.
"""

from __future__ import annotations

from collections.abc import Mapping

from prompts.errors import PromptsError

__all__ = ["FACTS", "Facts", "check_facts", "check_name"]

Facts = Mapping[str, str]

YES_NO = ("yes", "no")
#: name -> its values. A decision table may ask for these and no others; a test says so.
FACTS: dict[str, tuple[str, ...]] = {
    # what decides the task
    "output": ("masks", "something else"),
    "separate": YES_NO,  # must two touching objects of the same kind stay two?
    "regions": YES_NO,  # are areas that nobody counts (sky, soil, tissue) wanted as classes beside the objects?
    "task": ("semantic", "instance", "panoptic", "none"),
    "sister": (
        "detection", "oriented-detection", "counting", "classification", "regression", "depth", "keypoints", "ocr",
        "tracking", "retrieval", "captioning", "matting", "registration", "reconstruction", "generation",
        "optical-flow", "other",
    ),
    # what decides the architecture
    "dims": ("2d", "3d", "video", "points", "series"),  # points: lidar and other point clouds; series: images over time
    "subject": (
        "cells", "nuclei", "typed nuclei", "neurites", "organelles", "organs", "anomaly", "change", "earth", "thin",
        "trees", "grains", "foreground", "scene", "other",
    ),
    "labelled": ("none", "good parts only", "tens", "hundreds", "thousands"),  # images with true masks
    "speed": ("real time", "edge", "any"),
    "licence": ("commercial", "any"),
    "gpu": ("small", "any"),
    "touching": ("none", "some", "much"),  # how many objects touch one of their kind
    "overlap": YES_NO,  # objects that lie over each other, or hide each other
    "convex": YES_NO,  # roundish objects
    "crowded": YES_NO,  # more than 100 objects in an image
    "open_vocabulary": YES_NO,  # classes are not known in advance
    "marked": YES_NO,  # a person marks the objects, in the image or in the first frame
    # what decides loss, metrics and resolution
    "thin": YES_NO,
    "rare": YES_NO,  # all foreground together below 1 % of the pixels
    "imbalanced": YES_NO,  # the largest class is many times the smallest
    "tiny": YES_NO,  # objects below 16 px
    "huge": YES_NO,  # images above about 4 megapixels
    "anisotropic": YES_NO,
    "boundary": YES_NO,  # an exact outline matters
    "volume": YES_NO,  # an area, a share or a volume is what counts
    "centre_line": YES_NO,
    "empty": YES_NO,  # images without any foreground are common
    "multilabel": YES_NO,  # classes overlap in a pixel
    "calibration": YES_NO,  # probabilities are used, not only masks
    "noisy_outline": YES_NO,  # annotators do not agree on the outline
    "one_class": YES_NO,  # one class against background, or more
    "cost": ("missing is worse", "false alarms are worse", "equal"),
}  # fmt: skip


def check_facts(facts: Facts, where: str) -> None:
    """Raises PromptsError for a name or value that `FACTS` does not list, naming `where` it stands."""
    for name, value in facts.items():
        check_name(name, where)
        if value not in FACTS[name]:
            raise PromptsError(f"{where}: {name} = {value!r}; expected one of {', '.join(FACTS[name])}")


def check_name(name: str, where: str) -> None:
    """Raises PromptsError for a name that `FACTS` does not list, naming `where` it stands."""
    if name not in FACTS:
        raise PromptsError(f"{where}: there is no fact {name!r}; there are {', '.join(FACTS)}")
