"""From a folder to batches: `layouts` finds images and masks, `checks` looks at all of them, `samples` draws from them.

examples     one image and its mask; what a folder or a CSV holds
layouts      folders of images and masks, or a table, as examples to train on and to validate with
pairs        which mask belongs to which image; tables: the same from a CSV
images       pixels of any depth and number of channels
checks       everything that is wrong, before the first step; facts: what is known then
statistics   mean and deviation of the channels
samples      batches that follow from the seed and the step
augment      changes that leave the meaning of a batch as it is
"""

from __future__ import annotations

__all__ = ()
