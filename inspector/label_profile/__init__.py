"""What a set of true masks holds: sizes, shapes, touching, regions, imbalance. Arrays in, numbers out.

    from inspector.label_profile import measure_mask, profile_folder, profile_of

    profile_folder("masks/").as_json()
    profile_of([measure_mask(mask, "classes") for mask in masks], kind="classes").as_json()

Masks are measured one by one in whole numbers (`LabelCounts`), which are then laid together: the same masks give the
same profile, in any order.
"""

from __future__ import annotations

from inspector.label_profile.counts import KINDS, LabelCounts
from inspector.label_profile.folder import profile_folder
from inspector.label_profile.measure import measure_mask
from inspector.label_profile.profile import profile_of
from inspector.label_profile.record import ClassProfile, LabelProfile
from inspector.label_profile.sampling import evenly_spaced

__all__ = [
    "KINDS",
    "ClassProfile",
    "LabelCounts",
    "LabelProfile",
    "evenly_spaced",
    "measure_mask",
    "profile_folder",
    "profile_of",
]
