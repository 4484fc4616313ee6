"""From a recipe to a model: `train` is the loop, `learner` one step of it, `prepare` what comes before and after.

recipe, schedule   every choice of a training; the learning rate over its course
prepare            find, check, build; then train, and say how it went
train, learner     the loop; forward, backward, update
evaluate           scores by the inspector's counts
logs, curve, plot  a row for each report, and its picture
card               the model card
"""

from __future__ import annotations

__all__ = ()
