"""segmentation-models-pytorch and MONAI as oracles, next to a CPU build of torch too."""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from types import ModuleType

import pytest

from benchmarks.torchvision_ops import declare_missing_ops
from tests.conftest import absent

__all__ = ["monai_losses_or_skip", "smp_or_skip"]


def smp_or_skip() -> ModuleType:
    """segmentation_models_pytorch; torchvision, which it imports, finds the operators that its build lacks declared."""
    if importlib.util.find_spec("segmentation_models_pytorch") is None:
        absent("segmentation-models-pytorch")
    return _imported("segmentation_models_pytorch")


def monai_losses_or_skip() -> ModuleType:
    """monai.losses. The project does not ask for MONAI: without it a test is skipped, in CI too."""
    pytest.importorskip("monai")
    return _imported("monai.losses")


def _imported(name: str) -> ModuleType:
    declare_missing_ops()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what others' modules warn of while they load is not ours to mend
        return importlib.import_module(name)
