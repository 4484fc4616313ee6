"""Every number that turns measured labels into advice, each with its reason.

Sets: 13 public ones, 923 images. Where no reason names a set, the number is a rule of thumb and says so.
"""

from __future__ import annotations

__all__ = [
    "COMPONENTS_ENOUGH_F1",
    "CONVEX_SOLIDITY",
    "CROWDED",
    "EMPTY_SHARE",
    "HUGE_PX",
    "HUNDREDS",
    "IMBALANCED",
    "MERGED_PER_LIKELY",
    "MERGED_SOME",
    "MUCH_MERGED",
    "PANOPTIC_COVERAGE",
    "PANOPTIC_REGIONS",
    "RARE_SHARE",
    "SMALL_MOST",
    "SPLIT_MUCH",
    "TENS",
    "THIN",
    "THIN_SHARE",
    "THOUSANDS",
    "TINY_PX",
]

#: Below it, merged objects are fewer than two annotators' counts usually differ by (rule of thumb). Litter .04, EM .01.
MERGED_SOME = 0.05
#: From it on, a model must learn to separate: nuclei .27, synthetic cells .34, particles .57, people in COCO .79.
MUCH_MERGED = 0.20
#: F1 at IoU 0.5 of components as objects: from it on a semantic net and components do what an instance model does.
COMPONENTS_ENOUGH_F1 = 0.95
#: Objects in several pieces: components then count too many, and star-convex shapes cannot draw them. Litter .10.
SPLIT_MUCH = 0.10
#: Merged objects for each component that looks merged in a class map: nuclei .270 against .096 (80 images of DSB2018).
MERGED_PER_LIKELY = 2.8

#: Median solidity of round objects is .93 to .96 (nuclei, particles, cells); of cars .88, pedestrians .78, weeds .59.
CONVEX_SOLIDITY = 0.90
#: Objects in an image: Mask2Former and its kin answer with 100 queries unless told otherwise (general knowledge).
CROWDED = 100

#: Both tell panoptic sets from instance sets on COCO and BDD100K (5 images: a hypothesis, no law).
PANOPTIC_COVERAGE = 0.85
PANOPTIC_REGIONS = 2

#: Of the pixels in the foreground, or of the foreground in a class: below it, a loss that counts pixels hardly sees
#: them (rule of thumb; poles and pedestrians of CamVid .01).
RARE_SHARE = 0.01
#: Largest class by smallest: from here on the mean over classes and the share of right pixels tell different stories.
IMBALANCED = 50.0
#: Side of the median object in px: after a stride of 4 it is 4 px, and an outline off by one is half of it.
TINY_PX = 16.0
#: Share of objects below 32² px (COCO's "small") from which on the resolution is the first thing to raise.
SMALL_MOST = 0.5
#: Area by that of the largest circle inside: a bar 9 times as long as wide. Cracks 44, poles 17 to 22, others 2 to 11.
THIN = 12.0
#: Of the foreground in thin classes: from here on the loss should look at the centre line.
THIN_SHARE = 0.5
#: px of an image: more does not fit a GPU whole at the usual batch sizes.
HUGE_PX = 4_000_000
#: Of the images without any foreground: from here on the score depends on how these are scored.
EMPTY_SHARE = 0.10

#: Images with true masks. Of fewer than ten it is not said how many there are: no value of `labelled` is so small.
TENS, HUNDREDS, THOUSANDS = 10, 100, 1000
