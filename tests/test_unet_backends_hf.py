"""Models of transformers from folders: their logits, their instances, and what a folder lacks."""

from __future__ import annotations

import importlib
import importlib.util
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmarks.torchvision_ops import declare_missing_ops
from inspector.categories import Categories, Category, numbered
from inspector.errors import InputError, UsageError
from unet.backends import build_net, build_segmenter, load_segmenter, portable, pretrained_normalisation
from unet.backends.queries import Queries, panoptic_segments
from unet.description import Description, Normalisation
from unet.segmenter import Segmenter

if importlib.util.find_spec("transformers") is None:
    from tests.conftest import absent

    absent("transformers")
declare_missing_ops()
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what others' modules warn of while they load is not ours to mend
    hf: Any = importlib.import_module("transformers")
    hf.PreTrainedModel  # noqa: B018 - imports what the models need

pytestmark = pytest.mark.usefixtures("no_network")
IMAGES = torch.rand(2, 3, 45, 70, generator=torch.Generator().manual_seed(1)) * 255
NAMES = {0: "sky", 1: "cat", 2: "dog"}
STAGES = ["stage1", "stage2", "stage3", "stage4"]
SWIN = {
    "image_size": 32,
    "embed_dim": 8,
    "depths": [1, 1, 1, 1],
    "num_heads": [1, 1, 1, 1],
    "window_size": 2,
    "mlp_ratio": 1.0,
    "out_features": STAGES,
}
SMALL = {
    "hidden_dim": 32,
    "encoder_feedforward_dim": 16,
    "encoder_layers": 1,
    "decoder_layers": 2,
    "num_attention_heads": 2,
    "dim_feedforward": 16,
    "num_queries": 5,
}


def _segformer(**more: Any) -> nn.Module:
    config = {
        "num_encoder_blocks": 2,
        "depths": [1, 1],
        "sr_ratios": [2, 1],
        "hidden_sizes": [8, 16],
        "patch_sizes": [7, 3],
        "strides": [4, 2],
        "num_attention_heads": [1, 2],
        "mlp_ratios": [1, 1],
        "decoder_hidden_size": 8,
        "id2label": NAMES,
        "label2id": {name: index for index, name in NAMES.items()},
    }
    return hf.SegformerForSemanticSegmentation(hf.SegformerConfig(**{**config, **more}))


def _mask2former() -> nn.Module:
    config = hf.Mask2FormerConfig(
        backbone_config=hf.SwinConfig(**SWIN), feature_size=32, mask_feature_size=32, num_labels=3, **SMALL
    )
    return hf.Mask2FormerForUniversalSegmentation(config)


def _maskformer() -> nn.Module:
    decoder = {
        "d_model": 32,
        "encoder_layers": 1,
        "decoder_layers": 1,
        "encoder_ffn_dim": 16,
        "decoder_ffn_dim": 16,
        "encoder_attention_heads": 2,
        "decoder_attention_heads": 2,
        "num_queries": 5,
    }
    config = hf.MaskFormerConfig(
        fpn_feature_size=32,
        mask_feature_size=32,
        backbone_config=hf.SwinConfig(**SWIN),
        decoder_config=hf.DetrConfig(**decoder),
        num_labels=3,
    )
    return hf.MaskFormerForInstanceSegmentation(config)


def _oneformer() -> nn.Module:
    config = hf.OneFormerConfig(
        backbone_config=hf.SwinConfig(**SWIN),
        conv_dim=32,
        mask_dim=32,
        text_encoder_width=32,
        text_encoder_num_layers=1,
        text_encoder_vocab_size=64,
        text_encoder_context_length=8,
        text_encoder_n_ctx=2,
        text_encoder_proj_layers=1,
        task_seq_len=8,
        max_seq_len=8,
        query_dec_layers=1,
        is_training=False,
        num_labels=3,
        **SMALL,
    )
    return hf.OneFormerForUniversalSegmentation(config)


def _dpt() -> nn.Module:
    small = {"hidden_size": 8, "num_hidden_layers": 4, "num_attention_heads": 1, "intermediate_size": 8}
    config = hf.DPTConfig(
        image_size=32,
        patch_size=16,
        backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[8, 8, 8, 8],
        fusion_hidden_size=8,
        num_labels=3,
        **small,
    )
    return hf.DPTForSemanticSegmentation(config)


def _upernet() -> nn.Module:
    swin = hf.SwinConfig(**SWIN)
    return hf.UperNetForSemanticSegmentation(
        hf.UperNetConfig(backbone_config=swin, hidden_size=8, num_labels=3, use_auxiliary_head=False, pool_scales=[1])
    )


def _saved(make: Callable[[], nn.Module], folder: Path, **processor: Any) -> nn.Module:
    """A random model in evaluation mode, written to a folder with its processor (None: without)."""
    torch.manual_seed(0)
    net: Any = make().eval()
    net.save_pretrained(folder)
    if processor.get("processor", True):
        hf.SegformerImageProcessor(image_mean=[0.5] * 3, image_std=[0.25] * 3).save_pretrained(folder)
    return net


def _padded(images: Tensor, multiple: int = 32) -> Tensor:
    x = (images / 255 - 0.5) / 0.25
    height, width = images.shape[2:]
    return torch.nn.functional.pad(x, (0, -width % multiple, 0, -height % multiple), mode="reflect")


def _tokenizer(folder: Path) -> None:
    words = ["[PAD]", "[UNK]", "the", "task", "is", "semantic", "instance", "panoptic"]
    document = {
        "version": "1.0",
        "pre_tokenizer": {"type": "Whitespace"},
        "model": {
            "type": "WordLevel",
            "vocab": {word: index for index, word in enumerate(words)},
            "unk_token": "[UNK]",
        },
        "added_tokens": [],
    }
    (folder / "tokenizer.json").write_text(json.dumps(document))
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]", "unk_token": "[UNK]"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


# ---- semantic models ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [_segformer, _upernet])
def test_a_semantic_model_gives_the_logits_of_the_library(tmp_path: Path, make: Callable[[], nn.Module]) -> None:
    net = _saved(make, tmp_path)
    loaded = load_segmenter(f"hf:{tmp_path}")
    x = _padded(IMAGES)
    with torch.no_grad():
        logits = net(pixel_values=x).logits
        expected = torch.nn.functional.interpolate(logits, x.shape[2:], mode="bilinear")[:, :, :45, :70]
        torch.testing.assert_close(loaded(IMAGES), expected, rtol=1e-4, atol=1e-5)
    assert loaded.description.categories.names == (
        tuple(NAMES.values()) if make is _segformer else ("class 0", "class 1", "class 2")
    )


def test_a_folder_in_half_precision_computes_in_full(tmp_path: Path) -> None:
    _saved(lambda: _segformer().half(), tmp_path)
    loaded = load_segmenter(f"hf:{tmp_path}")
    assert {each.dtype for each in loaded.parameters()} == {torch.float32}
    assert loaded(IMAGES).dtype == torch.float32


def test_a_model_of_one_size_gets_images_of_that_size(tmp_path: Path) -> None:
    net = _saved(_dpt, tmp_path)
    loaded = load_segmenter(f"hf:{tmp_path}")
    x = _padded(IMAGES)
    with torch.no_grad():
        small = torch.nn.functional.interpolate(x, (32, 32), mode="bilinear", antialias=True)
        logits = torch.nn.functional.interpolate(net(pixel_values=small).logits, x.shape[2:], mode="bilinear")
        torch.testing.assert_close(loaded(IMAGES), logits[:, :, :45, :70], rtol=1e-4, atol=1e-5)


def test_the_normalisation_is_that_of_the_folder_or_asked_for(tmp_path: Path) -> None:
    _saved(_segformer, tmp_path)
    assert load_segmenter(f"hf:{tmp_path}").description.normalisation == Normalisation((127.5,) * 3, (63.75,) * 3)
    path = tmp_path / "preprocessor_config.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "do_rescale": False}))
    assert load_segmenter(f"hf:{tmp_path}").description.normalisation == Normalisation((0.5,) * 3, (0.25,) * 3)
    path.rename(tmp_path / "processor_config.json").write_text(json.dumps({"image_processor": {"do_normalize": False}}))
    assert load_segmenter(f"hf:{tmp_path}").description.normalisation == Normalisation((0.0,) * 3, (255.0,) * 3)
    (tmp_path / "processor_config.json").unlink()
    with pytest.raises(UsageError, match="--normalisation"):
        load_segmenter(f"hf:{tmp_path}")
    assert load_segmenter(f"hf:{tmp_path}", normalisation="none").description.normalisation.std == (1.0,) * 3


def test_a_list_of_another_length_is_refused(tmp_path: Path) -> None:
    _saved(_segformer, tmp_path)
    with pytest.raises(UsageError, match="3 output channels.*lists 4"):
        load_segmenter(f"hf:{tmp_path}", classes=numbered(4))
    assert load_segmenter(f"hf:{tmp_path}", classes=numbered(3)).description.categories.names[2] == "class 2"


def test_a_training_starts_from_the_folder_and_needs_it_no_more(tmp_path: Path) -> None:
    source = _saved(_segformer, tmp_path)
    said: list[str] = []
    net = build_net(f"hf:{tmp_path}", {}, 3, 5, said.append)
    theirs, ours = source.state_dict(), net.state_dict()
    fresh = {name for name in theirs if not torch.equal(ours[f"net.{name}"], theirs[name])}
    assert fresh == {"decode_head.classifier.weight", "decode_head.classifier.bias"}
    assert "new and random: decode_head.classifier.bias, decode_head.classifier.weight" in said[0]
    assert net(torch.zeros(1, 3, 32, 32)).shape == (1, 5, 8, 8)
    own = pretrained_normalisation(f"hf:{tmp_path}", {}, 3)
    assert own == Normalisation((127.5,) * 3, (63.75,) * 3)

    architecture, options = portable(f"hf:{tmp_path}", {})
    assert architecture == "hf:segformer" and str(tmp_path) not in json.dumps(options)
    description = Description(architecture, options, numbered(5), own)
    again = build_segmenter(Description.from_json(json.loads(json.dumps(description.as_json()))))
    again.net.load_state_dict(ours)
    again.eval(), net.eval()
    with torch.no_grad():
        assert torch.equal(again.net(IMAGES / 255), net(IMAGES / 255))


def test_other_channels_start_a_first_convolution_anew(tmp_path: Path) -> None:
    _saved(_segformer, tmp_path)
    said: list[str] = []
    assert build_net(f"hf:{tmp_path}", {}, 5, 3, said.append)(torch.zeros(1, 5, 32, 32)).shape == (1, 3, 8, 8)
    assert "patch_embeddings.proj.weight" in said[0] and "classifier" not in said[0]
    assert pretrained_normalisation(f"hf:{tmp_path}", {}, 5) is None


# ---- what a folder lacks --------------------------------------------------------------------------------------------


def test_a_folder_that_lacks_a_part_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="config.json: there is no such file.*never does"):
        load_segmenter(f"hf:{tmp_path}/none")
    net = _saved(_segformer, tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "kept")
    with pytest.raises(InputError, match="holds no"):
        load_segmenter(f"hf:{tmp_path}")
    torch.save(net.state_dict(), tmp_path / "pytorch_model.bin")
    with pytest.raises(InputError, match="pickle") as caught:
        load_segmenter(f"hf:{tmp_path}")
    assert caught.value.kind == "pickle" and "save_pretrained" in caught.value.fix
    (tmp_path / "model.safetensors").write_bytes(b"\x10" * 50)
    with pytest.raises(InputError, match="cannot be loaded"):
        load_segmenter(f"hf:{tmp_path}")


def test_a_head_that_is_missing_is_not_made_up(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    _saved(_segformer, tmp_path)
    path = tmp_path / "model.safetensors"
    tensors = {name: tensor.clone() for name, tensor in load_file(path).items() if "decode_head" not in name}
    save_file(tensors, path, metadata={"format": "pt"})
    with pytest.raises(InputError, match="not those of the whole model: decode_head"):
        load_segmenter(f"hf:{tmp_path}")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"model_type": "bert"}, UsageError, "type 'bert'; supported: .*segformer"),
        ({"attn_implementation": "kernels-community/x"}, InputError, "asks for code of kernels-community/x"),
    ],
)
def test_a_configuration_that_asks_for_something_else_is_refused(
    tmp_path: Path, change: dict[str, str], error: type[Exception], message: str
) -> None:
    _saved(_segformer, tmp_path)
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(error, match=message):
        load_segmenter(f"hf:{tmp_path}")


# ---- queries --------------------------------------------------------------------------------------------------------


def _score_map(classes: Tensor, masks: Tensor, size: tuple[int, int]) -> NDArray[np.float64]:
    """(N, K, H, W): by loops, the sum over queries of class probability times mask probability, of all classes 1."""
    masks = torch.nn.functional.interpolate(masks, size, mode="bilinear")
    scores = np.zeros((len(classes), classes.shape[2] - 1, *size))
    for image in range(len(classes)):
        for query in range(classes.shape[1]):
            powers = np.exp(classes[image, query].double().numpy())
            mask = 1 / (1 + np.exp(-masks[image, query].double().numpy()))
            for index in range(classes.shape[2] - 1):
                scores[image, index] += powers[index] / powers.sum() * mask
    return scores / scores.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("make", [_mask2former, _maskformer])
def test_class_and_mask_queries_become_probabilities(tmp_path: Path, make: Callable[[], nn.Module]) -> None:
    net = _saved(make, tmp_path)
    loaded = load_segmenter(f"hf:{tmp_path}")
    x = _padded(IMAGES)
    with torch.no_grad():
        found, outputs = loaded.probabilities(IMAGES), net(pixel_values=x)
    expected = _score_map(outputs.class_queries_logits, outputs.masks_queries_logits, tuple(x.shape[2:]))
    np.testing.assert_allclose(found.numpy(), expected[:, :, :45, :70], rtol=1e-4, atol=1e-6)
    with pytest.raises(UsageError, match="learns by matching queries"):
        build_net(f"hf:{tmp_path}", {}, 3, 3)


def test_a_oneformer_is_told_its_task_in_the_words_of_its_tokenizer(tmp_path: Path) -> None:
    net = _saved(_oneformer, tmp_path)
    with pytest.raises(InputError, match="tokenizer.*AutoTokenizer"):
        load_segmenter(f"hf:{tmp_path}")
    _tokenizer(tmp_path)
    loaded = load_segmenter(f"hf:{tmp_path}")
    x = _padded(IMAGES)
    for task, word in (("semantic", 5), ("instance", 6), ("panoptic", 7)):
        tokens = torch.tensor([[2, 3, 4, word, 0, 0, 0, 0]] * 2).float()
        with torch.no_grad():
            outputs = net(pixel_values=x, task_inputs=tokens)
            classes, masks = loaded.net.queries(x, task)
        assert torch.equal(classes, outputs.class_queries_logits) and torch.equal(masks, outputs.masks_queries_logits)


class Drawn(nn.Module):
    """Queries that are known: (class, box) each, at a quarter of the size."""

    def __init__(self, queries: list[tuple[int, tuple[int, int, int, int]]]) -> None:
        super().__init__()
        self.drawn = queries

    def forward(self, pixel_values: Tensor) -> Any:
        count, height, width = len(pixel_values), pixel_values.shape[2] // 4, pixel_values.shape[3] // 4
        classes = torch.zeros(count, len(self.drawn), 4)
        masks = torch.full((count, len(self.drawn), height, width), -9.0)
        for query, (index, (top, left, bottom, right)) in enumerate(self.drawn):
            classes[:, query, index] = (
                4.0 - query / 2
            )  # 0.95, 0.92, …: the earlier the surer: of two on a pixel the first wins
            masks[:, query, top // 4 : bottom // 4, left // 4 : right // 4] = 9.0
        return hf.modeling_outputs.ModelOutput(class_queries_logits=classes, masks_queries_logits=masks)


def _drawn(queries: list[tuple[int, tuple[int, int, int, int]]], things: tuple[int, ...] = (1, 2)) -> Segmenter:
    classes = Categories.of((Category(i, n, isthing=i in things) for i, n in NAMES.items()), "test")
    description = Description("hf:drawn", {}, classes, Normalisation((0.0,) * 3, (1.0,) * 3))
    return Segmenter(Queries(Drawn(queries)), description, 32)


SKY, SKY_BELOW, CAT, OTHER_CAT = (0, (0, 0, 16, 64)), (0, (48, 0, 64, 64)), (1, (20, 8, 40, 24)), (1, (20, 40, 40, 64))


def test_things_stay_apart_and_stuff_is_one_segment() -> None:
    segmenter = _drawn([SKY, CAT, SKY_BELOW, OTHER_CAT, (3, (0, 0, 64, 64))])
    (found,) = panoptic_segments(segmenter, torch.zeros(1, 3, 60, 63))
    assert found.ids.shape == (60, 63) and found.ids.dtype == np.int32
    at = {"sky": found.ids[5, 30], "below": found.ids[57, 30], "cat": found.ids[30, 16], "other": found.ids[30, 55]}
    assert at["sky"] == at["below"] and len(set(at.values())) == 3 and found.ids[44, 30] == 0
    assert {segment.id: segment.index for segment in found.segments} == {at["sky"]: 0, at["cat"]: 1, at["other"]: 1}
    apart = panoptic_segments(_drawn([SKY, CAT, SKY_BELOW, OTHER_CAT], things=()), torch.zeros(1, 3, 60, 63))[0]
    assert len(apart.segments) == 4, "nobody said what is stuff"


def test_instances_are_the_queries_that_are_sure_enough() -> None:
    segmenter = _drawn([CAT, OTHER_CAT, (2, (44, 0, 64, 20)), (3, (0, 0, 64, 64))])
    (found,) = panoptic_segments(segmenter, torch.zeros(1, 3, 64, 64), "instance")
    assert sorted(segment.index for segment in found.segments) == [1, 1, 2]
    assert found.ids[30, 16] != found.ids[30, 55] and found.ids[2, 2] == 0
    assert all(segment.score > 0.7 for segment in found.segments)
    assert panoptic_segments(segmenter, torch.zeros(1, 3, 64, 64), "instance", threshold=1.0)[0].segments == ()


@pytest.mark.parametrize("seed", range(5))
def test_segments_are_those_of_the_library_where_a_query_claims_the_pixel(seed: int) -> None:
    """Compared without the joining of stuff, and on pixels of some mask: elsewhere it names a query all the same."""
    rng = torch.Generator().manual_seed(seed)
    classes = torch.randn(1, 6, 4, generator=rng) * 3
    masks = torch.nn.functional.interpolate(torch.randn(1, 6, 4, 4, generator=rng) * 4, (64, 64), mode="bicubic")
    outputs = hf.modeling_outputs.ModelOutput(class_queries_logits=classes, masks_queries_logits=masks)
    processor = hf.MaskFormerImageProcessor()
    theirs = processor.post_process_panoptic_segmentation(outputs, label_ids_to_fuse=set(), target_sizes=[(64, 64)])[0]
    segmenter = _drawn([], things=())
    segmenter.net.queries = lambda images, task: (classes, masks)
    ours = panoptic_segments(segmenter, torch.zeros(1, 3, 64, 64))[0]
    label = {0: -1, **{each["id"]: each["label_id"] for each in theirs["segments_info"]}}
    index = {0: -1, **{each.id: each.index for each in ours.segments}}
    compared = ours.ids > 0
    assert [label[i] for i in theirs["segmentation"].numpy()[compared].tolist()] == [
        index[i] for i in ours.ids[compared].tolist()
    ]
    found = sorted((each.index, round(each.score, 6)) for each in ours.segments)
    assert found == sorted((each["label_id"], each["score"]) for each in theirs["segments_info"])

    theirs = processor.post_process_instance_segmentation(outputs, threshold=0.2)[0]
    ours = panoptic_segments(segmenter, torch.zeros(1, 3, 64, 64), "instance", threshold=0.2)[0]
    scores = np.array([each["score"] for each in theirs["segments_info"]])  # some of them hidden behind surer ones
    assert ours.segments and all(np.isclose(scores, each.score, atol=2e-6).any() for each in ours.segments)


def test_of_two_instances_on_a_pixel_the_surer_is_in_front() -> None:
    segmenter = _drawn([CAT, (3, (0, 0, 64, 64)), (2, (20, 8, 60, 60))])
    (found,) = panoptic_segments(segmenter, torch.zeros(1, 3, 64, 64), "instance")
    index = {segment.id: segment.index for segment in found.segments}
    assert index[found.ids[30, 16]] == 1 and index[found.ids[50, 50]] == 2


def test_an_image_without_a_segment_is_empty() -> None:
    (found,) = panoptic_segments(_drawn([(3, (0, 0, 64, 64))]), torch.zeros(1, 3, 64, 64))
    assert found.segments == () and not found.ids.any()


def test_a_model_without_queries_has_no_instances(tmp_path: Path) -> None:
    _saved(_segformer, tmp_path)
    with pytest.raises(UsageError, match="hf:segformer gives classes, not instances"):
        panoptic_segments(load_segmenter(f"hf:{tmp_path}"), IMAGES)


def test_loading_leaves_the_progress_bars_as_they_were(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    _saved(_segformer, tmp_path)
    capfd.readouterr()
    shown = hf.utils.logging.is_progress_bar_enabled()
    load_segmenter(f"hf:{tmp_path}")
    assert hf.utils.logging.is_progress_bar_enabled() == shown and capfd.readouterr().err == ""
