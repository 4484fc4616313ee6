"""What the page calls things: names and definitions of metrics, causes, sizes and severities."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "CAUSES",
    "CHANGE_LAYERS",
    "ERROR_LAYERS",
    "HEADLINES",
    "LAYERS",
    "METRICS",
    "NO_CLASS",
    "SETTINGS",
    "SEVERITIES",
    "SIZES",
    "TASKS",
    "WHOLE_IMAGE_LAYERS",
    "Cause",
    "Term",
    "title_of",
]


@dataclass(frozen=True)
class Term:
    """A number: its name, its name in a narrow column, and its definition in one line."""

    title: str
    short: str
    definition: str


@dataclass(frozen=True)
class Cause:
    """One additive part of a class's loss."""

    key: str
    title: str
    definition: str


HEADLINES: dict[str, Term] = {
    "miou": Term(
        "Mean IoU", "mIoU", "Mean over classes of correct pixels / (true or predicted pixels), from counts summed "
        "over all images; a class that neither occurs nor is predicted is left out."),
    "pixel_accuracy": Term("Pixel accuracy", "accuracy", "Correct pixels / valid pixels; large classes decide it."),
    "boundary_f1": Term(
        "Boundary F1", "boundary F1", "Mean over classes: how much of the true and of the predicted contour lies "
        "within the tolerance of the other."),
    "small_object_recall": Term(
        "Small objects found", "small objects", "Share of the small true objects (background left out) of which "
        "enough pixels carry their class in the prediction."),
    "mean_accuracy": Term("Mean accuracy", "mean accuracy", "Mean over classes of recall."),
    "mean_image_iou": Term(
        "Mean image IoU", "image IoU", "Mean over images of each image's own mean IoU: another number than mean IoU, "
        "in which a small image weighs as much as a large one."),
    "mean_dice": Term("Mean Dice", "Dice", "Mean over classes of 2 × correct / (true + predicted pixels)."),
    "frequency_weighted_iou": Term(
        "Frequency-weighted IoU", "fw IoU", "IoU of each class weighted by its share of the true pixels."),
    "boundary_iou": Term(
        "Boundary IoU", "boundary IoU", "Mean over classes of the IoU of the inner boundary bands."),
}  # fmt: skip

METRICS: dict[str, Term] = {
    "iou": Term("IoU", "IoU", "Correct pixels / pixels that are true or predicted."),
    "prediction_ratio": Term(
        "Predicted area", "predicted / true", "Predicted pixels / true pixels; under 1 is under-predicted, over 1 is "
        "over-predicted. A ratio of 1 does not mean that the right pixels were predicted."),
    "precision": Term("Precision", "precision", "Correct pixels / predicted pixels."),
    "recall": Term("Recall", "recall", "Correct pixels / true pixels."),
    "boundary_f1": Term(
        "Boundary F1", "bound. F1", "Harmonic mean of the shares of the predicted and of the true contour that lie "
        "within the tolerance of the other."),
    "boundary_iou": Term(
        "Boundary IoU", "bound. IoU", "IoU of the bands just inside both boundaries. For objects thinner than two "
        "widths it is the same as IoU."),
    "nsd": Term("Surface Dice (nsd)", "nsd", "Share of both boundaries' length within the tolerance of the other; "
                "mean over images."),
    "hd95_px": Term(
        "Hausdorff 95 %", "hd95 px", "95 % of the boundary lies nearer than this to the other boundary; mean over "
        "images where it is finite. It is infinite where one side is empty."),
    "assd_px": Term("Mean surface distance", "assd px", "Mean distance between the two boundaries; mean over images "
                    "where it is finite."),
    "dice": Term("Dice", "Dice", "2 × correct / (true + predicted pixels)."),
    "trimap_iou": Term("Trimap IoU", "trimap IoU", "IoU inside a band around the true boundary."),
}  # fmt: skip

CAUSES: tuple[Cause, ...] = (
    Cause("missed_objects", "missed objects", "Missed pixels of true regions that the prediction does not touch."),
    Cause("false_regions", "false regions", "Predicted regions that touch no true pixel of the class."),
    Cause("boundary", "boundary", "Wrong pixels in the band along a boundary that both sides share."),
    Cause("partial_coverage", "partial coverage", "The other wrong pixels of regions that are found in part."),
)

SIZES = ("small", "medium", "large")

NO_CLASS = "no class"  # what an ignored value, or one outside the list, is predicted as

SEVERITIES: dict[str, tuple[str, str]] = {
    "error": ("Mend first", "The numbers may not mean what you think they do."),
    "warning": ("Costs score", "It costs the headline, or may."),
    "note": ("Worth knowing", ""),
}

LAYERS = (
    ("image", "Image"),
    ("truth", "Truth"),
    ("prediction", "Prediction"),
    ("errors", "Errors"),
    ("prediction_a", "Prediction of A"),
    ("prediction_b", "Prediction of B"),
    ("changes", "Changes"),
)

TASKS: dict[str, str] = {
    "semantic": "Semantic segmentation",
    "instance": "Instance segmentation",
    "panoptic": "Panoptic segmentation",
    "none": "Not segmentation",
}

ERROR_LAYERS = (
    ("missed", "missed: true, not predicted"),
    ("false", "false: predicted, not true (striped)"),
    ("other", "wrong between other classes"),
    ("wrong", "wrong, where a finding is about all classes"),
    ("void", "not scored, or predicted as no class (hatched)"),
)

CHANGE_LAYERS = (
    ("missed", "wrong in A, right in B"),
    ("false", "right in A, wrong in B (striped)"),
    ("other", "wrong in both"),
)

WHOLE_IMAGE_LAYERS = (("wrong", "wrong"), ERROR_LAYERS[-1])

SETTINGS: dict[str, str] = {
    "ignore": "Ignored values",
    "tolerance": "Tolerance of boundary F1 and surface Dice",
    "boundary_width": "Width of the band of boundary and trimap IoU",
    "error_width": "Width of the boundary cause",
    "object_edges_px": "Edges between small, medium and large objects",
    "object_recall_threshold": "Share of an object that must be found",
    "min_images": "Fewest images for a statement",
    "confidence": "Confidence of intervals",
    "resamples": "Resamples",
    "seed": "Seed",
    "missing": "Missing predictions",
    "unknown": "Unknown values in a prediction",
    "spacing": "Pixel spacing (mm)",
    "max_pixels": "Largest image",
    "exclude": "Images left out by choice",
    "classes_source": "Classes from",
}


def title_of(key: str) -> str:
    """A key of the document in words, without its unit: "fp_extent_px" is "fp extent"."""
    for unit in ("_px", "_mm", "_fraction", "_ratio", "_count"):
        key = key.removesuffix(unit)
    return key.replace("_", " ").replace("-", " ")
