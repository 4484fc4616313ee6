"""From images to masks: `predict` goes through a folder, `tiles` predicts one image of any size.

predict     a folder, decoded, predicted and written side by side; segments: instances and panoptic segments of one
worklist    which images, and how they are read ahead; blocks: parts of a gigapixel TIFF
flow        tiles of many images to the device and back; batches: how they are put together; memory: what fits
tiles       whole, or in tiles; stitching: where they lie and how they blend; tta: averages over changed images
reduction   what leaves the device of all probabilities; encoders: threads that write
outputs     what lies where, and which value means what; writers, cubes, panoptic: the formats
manifest    which model and settings a folder of masks comes from
"""

from __future__ import annotations

__all__ = ()
