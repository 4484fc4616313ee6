"""segmentation_models_pytorch, our own model files, and the words of the command that name them: unet.backends."""

from __future__ import annotations

import io
import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

from inspector.categories import numbered
from inspector.errors import InputError, UsageError
from tests.torchvision_cpu import smp_or_skip
from unet.backends import build_net, build_segmenter, load_segmenter, portable, pretrained_normalisation
from unet.checkpoints import write_model
from unet.description import Description, Normalisation
from unet.model import UNet

smp = smp_or_skip()
pytestmark = pytest.mark.usefixtures("no_network")
ENCODER = "tu-test_resnet"  # timm's smallest: of four widths below 100
IMAGES = torch.rand(2, 3, 45, 70, generator=torch.Generator().manual_seed(1)) * 255


def _net(arch: str = "Unet", **options: Any) -> nn.Module:
    torch.manual_seed(0)
    return smp.create_model(arch, ENCODER, encoder_weights=None, **{"classes": 3, **options}).eval()


def _weights(net: nn.Module, path: Path) -> Path:
    save_file({name: tensor.contiguous() for name, tensor in net.state_dict().items()}, path)
    return path


# ---- ours -----------------------------------------------------------------------------------------------------------


def _ours(channels: int = 3, outputs: int = 3) -> tuple[nn.Module, Description]:
    options = {"base": 4, "depth": 2}
    normalisation = Normalisation((100.0,) * channels, (50.0,) * channels)
    activation: Any = "sigmoid" if outputs == 1 else "softmax"
    classes = numbered(max(outputs, 2))
    description = Description("unet", options, classes, normalisation, (64, 48), activation, {"step": 7})
    return build_net("unet", options, channels, outputs), description


@pytest.mark.parametrize("named", ["folder", "file"])
def test_a_model_that_train_wrote_comes_back_digit_for_digit(tmp_path: Path, named: str) -> None:
    net, description = _ours()
    write_model(tmp_path / "best.safetensors", net.state_dict(), description)
    loaded = load_segmenter(tmp_path if named == "folder" else tmp_path / "best.safetensors")
    x = (F.pad(IMAGES, (0, 2, 0, 3), mode="reflect") - 100) / 50
    with torch.no_grad():
        assert torch.equal(loaded(IMAGES), net.eval()(x)[:, :, :45, :70])
    assert loaded.description == description and not loaded.training
    assert loaded.multiple == 4 and loaded.reach == net.reach


def test_a_description_builds_its_network_again() -> None:
    _, description = _ours(channels=5, outputs=1)
    assert build_segmenter(description)(torch.zeros(1, 5, 8, 8)).shape == (1, 1, 8, 8)


def test_options_of_a_network_that_is_not_there_are_refused() -> None:
    with pytest.raises(UsageError, match="widht"):
        build_net("unet", {"widht": 3}, 3, 3)
    with pytest.raises(UsageError, match="counts start at 1"):
        build_net("unet", {"base": 0}, 3, 3)


def test_the_encoder_file_is_kept_out_of_the_description() -> None:
    assert portable("smp:unet:resnet18", {"encoder_weights": "/a/b", "decoder_channels": [4]}) == (
        "smp:Unet:resnet18",
        {"decoder_channels": [4]},
    )
    assert portable("unet", {"base": 4}) == ("unet", {"base": 4})


def test_a_model_spec_that_means_nothing_lists_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no model 'modle'.*smp:ARCH:ENCODER.*hf:FOLDER.*onnx"):
        load_segmenter("modle")
    with pytest.raises(UsageError, match="best.safetensors"):
        load_segmenter(tmp_path)
    with pytest.raises(UsageError, match="unet, smp"):
        build_net("ynet", {}, 3, 3)


def test_a_folder_of_another_library_says_how_to_name_it(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UsageError, match="hf:FOLDER"):
        load_segmenter(tmp_path)


def test_weights_of_another_shape_are_named(tmp_path: Path) -> None:
    net, description = _ours()
    write_model(tmp_path / "best.safetensors", net.state_dict(), replace(description, categories=numbered(4)))
    with pytest.raises(InputError, match=r"head.weight is \(3, 4, 1, 1\), expected \(4, 4, 1, 1\)"):
        load_segmenter(tmp_path)


# ---- code in model files --------------------------------------------------------------------------------------------


class Malicious:
    """Unpickled, it makes a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("name", ["x.safetensors", "x.pt", "x.PTH", "x.ckpt", "x.pt2", "x.ts", "x.onnx", "x.bin", "x"])
def test_a_malicious_file_runs_nothing_under_any_name(tmp_path: Path, name: str, zipped: bool) -> None:
    mark, path = tmp_path / "mark", tmp_path / name
    if zipped:
        torch.save({"net": Malicious(mark)}, path)
    else:
        path.write_bytes(pickle.dumps(Malicious(mark)))
    for spec in (str(path), f"smp:Unet:{ENCODER}:{path}", f"torchvision:fcn_resnet50:{path}", f"onnx:{path}"):
        with pytest.raises((InputError, UsageError)):
            load_segmenter(spec)
    for spec in (f"export:{path}", f"torchscript:{path}"):
        with pytest.raises(UsageError, match="can run code"):
            load_segmenter(spec)
    assert not mark.exists()
    with pytest.raises((InputError, UsageError, TypeError)):
        build_net(f"smp:Unet:{ENCODER}", {"encoder_weights": str(path)}, 3, 3)
    assert not mark.exists()
    torch.load(io.BytesIO(path.read_bytes()), weights_only=False) if zipped else pickle.loads(path.read_bytes())
    assert mark.exists(), "the file is not malicious: the test shows nothing"


@pytest.mark.parametrize("library", ["", "smp:", "hf:"])
def test_a_malicious_folder_runs_nothing(tmp_path: Path, library: str) -> None:
    mark, folder = tmp_path / "mark", tmp_path / "model"
    _net().save_pretrained(folder)
    (folder / "model.safetensors").unlink()
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "segformer"}))
    torch.save({"net": Malicious(mark)}, folder / "pytorch_model.bin")
    with pytest.raises(InputError, match="pickle.*converts?.*safetensors|pickle.*convert it once") as caught:
        load_segmenter(f"{library}{folder}")
    assert caught.value.kind == "pickle" and not mark.exists()


def test_a_configuration_cannot_make_the_encoder_open_another_file(tmp_path: Path) -> None:
    net = _net()
    net.save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "checkpoint_path": "x.pth"}))
    with pytest.raises(UsageError, match="checkpoint_path opens other files"):
        load_segmenter(f"smp:{tmp_path}")
    (tmp_path / "config.json").write_text(json.dumps({**config, "encoder_name": "tu-hf-hub:some/model"}))
    with pytest.raises(UsageError, match="no timm model 'hf-hub:some/model'"):
        load_segmenter(f"smp:{tmp_path}")


# ---- smp ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("arch", "multiple"), [("Unet", 32), ("DeepLabV3Plus", 16), ("Segformer", 32), ("PSPNet", 8)])
def test_a_state_dict_gives_the_logits_of_the_library(tmp_path: Path, arch: str, multiple: int) -> None:
    net = _net(arch)
    path = _weights(net, tmp_path / "x.safetensors")
    loaded = load_segmenter(f"smp:{arch.lower()}:{ENCODER}:{path}", normalisation="unit")
    below, right = -45 % multiple, -70 % multiple
    x = F.pad(IMAGES / 255, (0, right, 0, below), mode="reflect")
    with torch.no_grad():
        found, expected = loaded(IMAGES), net(x)[:, :, :45, :70]
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    assert loaded.multiple == multiple and loaded.description.categories.names == ("class 0", "class 1", "class 2")


@pytest.mark.parametrize("encoder_weights", [None, "imagenet"])
def test_a_folder_of_save_pretrained_loads_without_the_hub(tmp_path: Path, encoder_weights: str | None) -> None:
    net = _net(aux_params={"classes": 2}, activation="softmax2d", decoder_channels=(16, 8, 8, 4, 4))
    net.save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "encoder_weights": encoder_weights}))
    loaded = load_segmenter(
        f"smp:{tmp_path}", normalisation=None if encoder_weights else "imagenet", classes=numbered(3)
    )
    mean, std = torch.tensor([0.485, 0.456, 0.406])[:, None, None], torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    if encoder_weights:  # this encoder's own
        mean, std = torch.tensor(0.5), torch.tensor(0.5)
    x = F.pad((IMAGES / 255 - mean) / std, (0, 26, 0, 19), mode="reflect")
    with torch.no_grad():
        found, expected = loaded.probabilities(IMAGES), net(x)[0][:, :, :45, :70]  # its activation is a softmax
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-5)
    again = build_segmenter(loaded.description)
    assert {k: v.shape for k, v in again.net.state_dict().items()} == {
        k: v.shape for k, v in loaded.net.state_dict().items()
    }


def test_one_output_channel_is_a_foreground(tmp_path: Path) -> None:
    path = _weights(_net(classes=1, in_channels=2), tmp_path / "x.safetensors")
    loaded = load_segmenter(f"smp:Unet:{ENCODER}:{path}", normalisation="none")
    assert loaded.description.categories.names == ("background", "foreground")
    assert loaded.probabilities(torch.zeros(1, 2, 32, 32)).shape == (1, 2, 32, 32)


def test_what_a_model_does_not_say_is_asked_for_and_not_guessed(tmp_path: Path) -> None:
    path = _weights(_net(in_channels=4), tmp_path / "x.safetensors")
    spec = f"smp:Unet:{ENCODER}:{path}"
    with pytest.raises(UsageError, match="--normalisation.*unit.*imagenet.*none"):
        load_segmenter(spec)
    with pytest.raises(UsageError, match="for 3 channels.*has 4"):
        load_segmenter(spec, normalisation="imagenet")
    with pytest.raises(UsageError, match="no normalisation 'zscore'"):
        load_segmenter(spec, normalisation="zscore")
    with pytest.raises(UsageError, match=r"3 output channels.*lists 5"):
        load_segmenter(spec, normalisation="unit", classes=numbered(5))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("smp:unnet:resnet18", "did you mean Unet.*DeepLabV3Plus"),
        ("smp:Unet:resnet19", "did you mean resnet18"),
        ("smp:Unet:tu-test_resnot", "did you mean test_resnet"),
        ("smp:Unet", "expected smp:ARCH:ENCODER"),
        ("smp:Unet:resnet18", "random weights: it can be trained, not used"),
    ],
)
def test_a_name_that_is_not_there_is_answered_with_those_that_are(spec: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_segmenter(spec)


def test_an_option_that_the_library_does_not_take_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot be built.*colour"):
        build_net("smp:Unet:resnet18", {"colour": 1}, 3, 3)


def test_weights_of_another_architecture_are_refused(tmp_path: Path) -> None:
    path = _weights(_net("Linknet"), tmp_path / "x.safetensors")
    with pytest.raises(InputError, match="do not fit smp:Unet.*is missing.*more"):
        load_segmenter(f"smp:Unet:{ENCODER}:{path}", normalisation="unit")
    save_file({"a": torch.zeros(2)}, tmp_path / "y.safetensors")
    with pytest.raises(InputError, match="holds no encoder"):
        load_segmenter(f"smp:Unet:{ENCODER}:{tmp_path / 'y.safetensors'}", normalisation="unit")


@pytest.mark.parametrize("prefix", ["", "encoder.", "model."])
@pytest.mark.parametrize("channels", [3, 1, 4])
def test_an_encoder_starts_from_the_weights_of_a_file(tmp_path: Path, prefix: str, channels: int) -> None:
    source = _net().encoder.state_dict()  # "model.conv1.weight", …
    names = {name: name.removeprefix("model.") if prefix == "model." else prefix + name for name in source}
    save_file(
        {names[name]: each.contiguous() for name, each in source.items()} | {"fc": torch.zeros(1)},
        tmp_path / "e.safetensors",
    )
    said: list[str] = []
    options = {"encoder_weights": str(tmp_path / "e.safetensors")}
    net = build_net(f"smp:Unet:{ENCODER}", options, channels, 2, said.append)
    found = net.get_submodule("encoder").state_dict()
    first = next(name for name, tensor in source.items() if tensor.ndim == 4)
    assert all(torch.equal(found[name], tensor) for name, tensor in source.items() if name != first)
    grey, before, after = torch.rand(1, 1, 9, 9), source[first], found[first]
    if channels == 4:  # the first colour stands for the fourth channel too, all of them three quarters as much
        torch.testing.assert_close(after, before[:, [0, 1, 2, 0]] * 0.75)
    else:
        answers = [F.conv2d(grey.expand(1, each.shape[1], 9, 9), each) for each in (before, after)]
        torch.testing.assert_close(*answers, rtol=1e-4, atol=1e-5)
    assert said == [
        f"e.safetensors: all {len(source)} tensors of the encoder loaded"
        + (f" (first convolution changed from 3 to {channels} channels)" if channels != 3 else "")
        + "; not used: fc"
    ]


def test_an_encoder_file_that_lacks_a_tensor_is_refused(tmp_path: Path) -> None:
    source = _net().encoder.state_dict()
    gone = list(source)[1]
    save_file({name: each.contiguous() for name, each in source.items() if name != gone}, tmp_path / "e.safetensors")
    with pytest.raises(InputError, match=f"do not fit the encoder: {gone} is missing"):
        build_net(f"smp:Unet:{ENCODER}", {"encoder_weights": tmp_path / "e.safetensors"}, 3, 2)


def test_only_a_pretrained_encoder_asks_for_its_own_normalisation() -> None:
    given = {"encoder_weights": "x.safetensors"}
    assert pretrained_normalisation("unet", {}, 3) is None
    assert pretrained_normalisation("smp:Unet:resnet18", {}, 3) is None
    assert pretrained_normalisation("smp:Unet:resnet18", given, 4) is None
    half = pretrained_normalisation("smp:Unet:inceptionv4", given, 3)
    assert half and np.allclose(half.mean, 127.5) and np.allclose(half.std, 127.5)
    own = pretrained_normalisation("smp:Unet:tu-resnet18", given, 3)
    assert own and np.allclose(own.mean, (123.675, 116.28, 103.53))


def test_our_network_is_built_by_its_name() -> None:
    net = build_net("unet", {"base": 4, "up": "transposed"}, 1, 2)
    assert isinstance(net, UNet) and net.config.up == "transposed" and net.config.channels == 1
