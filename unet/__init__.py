"""A U-Net and what it takes to train it, to predict with it, and to do both with other libraries' models.

    from unet import Recipe, Request, UNet, UNetConfig, load_segmenter, predict_folder, train_folder

    net = UNet(UNetConfig(channels=3, outputs=4))                                        # a torch module
    segmenter = load_segmenter("model/")                                                 # what `unet train` wrote
    labels = predict_labels(segmenter, pixels)                                           # (H, W, C) in, (H, W) out
    predict_folder(Path("images"), segmenter, Path("predictions"), PredictSettings())

Read in this order: model.py, losses.py, training/train.py (the loop), training/learner.py (one step of it), then
prediction/tiles.py and prediction/predict.py. backends/ holds other libraries' models. Names are
loaded when first used: `unet --help` does not wait for torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unet.backends import build_net, load_segmenter
    from unet.description import Description, Normalisation
    from unet.losses import LOSSES, make_loss
    from unet.model import UNet, UNetConfig
    from unet.prediction.predict import Predicted, PredictSettings, predict_folder
    from unet.prediction.tiles import Tiling, choose_tiling, predict_labels
    from unet.segmenter import Segmenter
    from unet.shapes import make_shapes, write_shapes
    from unet.training.prepare import Request, Trained, train_folder
    from unet.training.recipe import Recipe

__all__ = [
    "LOSSES",
    "Description",
    "Normalisation",
    "PredictSettings",
    "Predicted",
    "Recipe",
    "Request",
    "Segmenter",
    "Tiling",
    "Trained",
    "UNet",
    "UNetConfig",
    "build_net",
    "choose_tiling",
    "load_segmenter",
    "make_loss",
    "make_shapes",
    "predict_folder",
    "predict_labels",
    "train_folder",
    "write_shapes",
]

_HOME = {
    "backends": ("build_net", "load_segmenter"),
    "description": ("Description", "Normalisation"),
    "losses": ("LOSSES", "make_loss"),
    "model": ("UNet", "UNetConfig"),
    "prediction.predict": ("PredictSettings", "Predicted", "predict_folder"),
    "training.prepare": ("Request", "Trained", "train_folder"),
    "training.recipe": ("Recipe",),
    "segmenter": ("Segmenter",),
    "shapes": ("make_shapes", "write_shapes"),
    "prediction.tiles": ("Tiling", "choose_tiling", "predict_labels"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'unet' has no attribute {name!r}")
    return getattr(import_module(f"unet.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return __all__
