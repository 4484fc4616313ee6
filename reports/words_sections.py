"""What the static sections say: sentences and words of the loss, the scores, the comparison, the history and so on."""

from __future__ import annotations

__all__ = [
    "CALIBRATION_ECE",
    "CALIBRATION_EVEN",
    "CALIBRATION_OF",
    "CALIBRATION_OVER",
    "CALIBRATION_RULE",
    "CALIBRATION_SPOKEN",
    "CALIBRATION_UNDER",
    "GAIN_RULES",
    "LOSS_RULES",
    "NEXT_INPUT",
    "NEXT_INPUT_UNFIXED",
    "NEXT_NOTHING",
    "NEXT_UNSCORED",
    "NEXT_WORTH",
    "NEXT_WORTH_EACH",
    "SCORES_LABEL",
    "SCORES_SPREAD",
    "SCORES_UNSCORED",
    "SENSITIVITY_ALL",
    "SENSITIVITY_MOVES",
    "SENSITIVITY_OF",
    "SENSITIVITY_STAYS",
]

LOSS_RULES = (
    "The parts are shares of the pixels that are true or predicted, so with the IoU they sum to 100\u202f%.",
    "{causes}",
    "The band of the boundary cause is {width} wide; a wider band moves loss from partial coverage to boundary.",
    "A pixel's cause is looked for in this order: boundary, then the region it belongs to.",
)
GAIN_RULES = (
    "A missed pixel that becomes right joins the correct pixels; a false one that becomes right leaves the predicted "
    "ones. Nothing else changes, and what the other class of such a pixel would gain is not counted.",
    "The mean is over {classes}; the rise of the class's own IoU is so many times as large.",
    "Gains do not add up: mending one cause changes what mending the next is worth.",
    "Causes are told apart with a boundary band {width} wide, as above.",
)
SENSITIVITY_OF = "on {images} of {of} images, evenly spaced"
SENSITIVITY_ALL = "on all {of} images"
SENSITIVITY_STAYS = "The main cause is the same at every width for {same} of {of} classes."
SENSITIVITY_MOVES = "It depends on the width for {names}: do not lean on the split between causes there."

NEXT_INPUT = "Mend the input first: {fix}"
NEXT_INPUT_UNFIXED = "Mend the input first; the files are named under Inputs."
NEXT_NOTHING = "Nothing stood out that is worth mending. Keep this run folder, to hold the next model against."
NEXT_UNSCORED = "Nothing could be scored: mend the input, and run it again."
NEXT_WORTH = "worth {points}"
NEXT_WORTH_EACH = "worth up to {points} each"

SCORES_SPREAD = (
    "The median of the {n} is {median}, a tenth of them score below {tenth}; the lowest is {low}, the highest {high}."
)
SCORES_LABEL = "Histogram of the mean IoU of {n}, from {low} to {high}, median {median}"
SCORES_UNSCORED = "{n} without a score: no class could be scored in them."

CALIBRATION_ECE = "The expected calibration error is {ece}."
CALIBRATION_OVER = "The model is surer than it is right: its mean confidence is {confidence}, {accuracy} is right."
CALIBRATION_UNDER = "The model is less sure than it is right: its mean confidence is {confidence}, {accuracy} is right."
CALIBRATION_EVEN = "The model is about as sure as it is right: mean confidence {confidence}, {accuracy} is right."
CALIBRATION_OF = "Measured on {images} of {of} images, {px}."
CALIBRATION_RULE = (
    "Confidence is the highest probability of a pixel. Pixels are laid into {bins} bins of equal width; the error "
    "is the mean over pixels of the distance between the mean confidence of a bin and the share of it that is right."
)
CALIBRATION_SPOKEN = "Reliability diagram: calibration error {ece}, mean confidence {confidence}, {accuracy} right"
