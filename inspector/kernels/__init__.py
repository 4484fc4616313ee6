"""The compiled loops. All work on horizontal runs, so their cost follows the outlines and not the area.

A pair of label maps is read once, into *joint runs*: maximal stretches of a row on which both truth and prediction
are constant. Everything else (components, contours, surfaces, bands, error kinds) is derived from the runs.
"""

__all__ = ()
