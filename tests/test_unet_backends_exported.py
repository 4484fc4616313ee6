"""Programs that others wrote: their logits, by the normalisation that the user names."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from inspector.categories import numbered
from inspector.errors import InputError, UsageError
from unet.backends import PROGRAMS, load_segmenter
from unet.backends.exported import FACTS
from unet.prediction.manifest import fingerprint

IMAGES = torch.rand(2, 2, 40, 33, generator=torch.Generator().manual_seed(1)) * 255


class Plain(nn.Module):
    """Four logits of two channels."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(2, 4, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        return self.convolution(images)


def _plain() -> Plain:
    torch.manual_seed(0)
    return Plain().eval()


def _script(net: nn.Module, path: Path, facts: str = "") -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch would rather have its users move to torch.export
        torch.jit.save(torch.jit.script(net), path, _extra_files={FACTS: facts} if facts else {})


def _program(net: nn.Module, path: Path) -> None:
    free = {"images": {0: torch.export.Dim.AUTO, 2: torch.export.Dim.AUTO, 3: torch.export.Dim.AUTO}}
    torch.export.save(torch.export.export(net, (torch.zeros(2, 2, 32, 48),), dynamic_shapes=free), path)


def _onnx(net: nn.Module, path: Path, *, fixed: bool = False, channels: Any = 2) -> None:
    """One convolution, written node by node: no exporter of ours or of torch's."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    sides = [32, 48] if fixed else ["h", "w"]
    weights = [
        onnx.numpy_helper.from_array(each.detach().numpy(), name) for name, each in net.convolution.named_parameters()
    ]
    node = helper.make_node("Conv", ["x", "weight", "bias"], ["y"], pads=[1, 1, 1, 1])
    graph = helper.make_graph(
        [node],
        "plain",
        [helper.make_tensor_value_info("x", kind, ["n", channels, *sides])],
        [helper.make_tensor_value_info("y", kind, ["n", 4, *sides])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 10
    onnx.save(model, path)


@pytest.mark.parametrize(
    ("name", "write"),
    [("x.ts", _script), ("x.pt2", _program), ("x.onnx", _onnx)],
    ids=["torchscript", "export", "onnx"],
)
def test_a_program_of_others_gives_its_logits(
    tmp_path: Path, name: str, write: Callable[[nn.Module, Path], None]
) -> None:
    net = _plain()
    write(net, tmp_path / name)
    with pytest.raises(UsageError, match="--normalisation"):
        load_segmenter(tmp_path / name, trust=True)
    loaded = load_segmenter(tmp_path / name, trust=True, normalisation="unit")
    x = torch.nn.functional.pad(IMAGES / 255, (0, 31, 0, 24), mode="reflect")
    with torch.no_grad():
        torch.testing.assert_close(loaded(IMAGES), net(x)[:, :, :40, :33], rtol=1e-4, atol=1e-5)
    assert loaded.description.categories.names == tuple(f"class {index}" for index in range(4))
    with pytest.raises(UsageError, match="4 output channels.*lists 3"):
        load_segmenter(tmp_path / name, trust=True, normalisation="unit", classes=numbered(3))


def test_a_program_of_one_size_gets_images_of_that_size(tmp_path: Path) -> None:
    net = _plain()
    _onnx(net, tmp_path / "x.onnx", fixed=True)
    loaded = load_segmenter(tmp_path / "x.onnx", normalisation="none")
    assert loaded.description.crop == (32, 48) and loaded.multiple == 1
    with torch.no_grad():
        small = torch.nn.functional.interpolate(IMAGES, (32, 48), mode="bilinear", antialias=True)
        expected = torch.nn.functional.interpolate(net(small), (40, 33), mode="bilinear")
        torch.testing.assert_close(loaded(IMAGES), expected, rtol=1e-4, atol=1e-3)
        exact = torch.nn.functional.interpolate(IMAGES, (32, 48))
        torch.testing.assert_close(loaded(exact), net(exact), rtol=1e-4, atol=1e-3)


def test_a_prefix_names_the_kind_of_a_file_with_another_suffix(tmp_path: Path) -> None:
    _script(_plain(), tmp_path / "model.jit")
    loaded = load_segmenter(f"torchscript:{tmp_path / 'model.jit'}", trust=True, normalisation="none")
    assert loaded(IMAGES).shape == (2, 4, 40, 33)


def test_what_a_torchscript_program_says_of_itself_is_believed_when_it_is_usable(tmp_path: Path) -> None:
    _script(_plain(), tmp_path / "x.ts", facts='{"description": {}}')
    with pytest.raises(InputError, match="x.ts: .*version"):
        load_segmenter(tmp_path / "x.ts", trust=True)
    _script(_plain(), tmp_path / "x.ts", facts="{}")
    with pytest.raises(InputError, match="not usable: KeyError"):
        load_segmenter(tmp_path / "x.ts", trust=True)


class Pooled(nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        return images.mean(dim=(2, 3))


def test_a_program_that_gives_no_logits_is_refused(tmp_path: Path) -> None:
    _script(Pooled(), tmp_path / "x.ts")
    with pytest.raises(InputError, match=r"does not answer an image of 3 x 64 x 64.*expected a tensor \(N, K, H, W\)"):
        load_segmenter(tmp_path / "x.ts", trust=True, normalisation="unit")


@pytest.mark.parametrize("name", ["x.ts", "x.pt2", "x.onnx"])
@pytest.mark.filterwarnings("ignore:Unable to load:UserWarning")
def test_a_damaged_file_and_one_that_is_not_there_are_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=f"{name}: there is no such file"):
        load_segmenter(f"{PROGRAMS[name[1:]]}:{tmp_path / name}", trust=True)
    (tmp_path / name).write_bytes(b"not a program")
    with pytest.raises(InputError, match=f"{name}: is no .* file, or a damaged one"):
        load_segmenter(tmp_path / name, trust=True, normalisation="unit")


def test_without_onnxruntime_the_user_is_told_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.onnx").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(UsageError, match=r"needs onnxruntime: pip install 'mask-inspector\[onnx\]'"):
        load_segmenter(tmp_path / "x.onnx")


def test_two_onnx_files_are_told_apart(tmp_path: Path) -> None:
    """A folder of masks must not be gone on with by another model: its manifest knows the model by this."""
    prints = []
    for bias in (0.0, 1.0):
        net, path = _plain(), tmp_path / f"{bias}.onnx"
        nn.init.constant_(net.convolution.bias, bias)
        _onnx(net, path)
        prints.append(fingerprint(load_segmenter(path, classes=numbered(4), normalisation="unit")))
    assert prints[0] != prints[1]
