"""Mask2Former, MaskFormer and OneFormer: queries, each with a class and a mask, as logits and as instances.

Cheng et al., "Per-Pixel Classification is Not All You Need for Semantic Segmentation", 2021 (arXiv 2107.06278) and
"Masked-attention Mask Transformer", 2022 (arXiv 2112.01527); Jain et al., "OneFormer", 2023 (arXiv 2211.06220).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from inspector.errors import InputError, UsageError
from unet.optional import need
from unet.prediction.panoptic import Panoptic, Segment, tidied
from unet.segmenter import Segmenter

__all__ = ["TASKS", "Queries", "Task", "panoptic_segments", "task_tokens"]

Task = Literal["semantic", "instance", "panoptic"]
TASKS: tuple[Task, ...] = ("semantic", "instance", "panoptic")
VOCABULARIES = ("tokenizer.json", "vocab.json")
TINY = 1e-20  # of a score: its logarithm stays finite


class Queries(nn.Module):
    """Normalised images (N, C, H, W) to logits (N, K, H, W): the logarithm of each class's score, so that its softmax
    is the share of the class in all scores.

    tokens  (3, L) what a OneFormer is told to do, one row a task; None for models that are not told
    """

    tokens: Tensor | None

    def __init__(self, net: nn.Module, tokens: Tensor | None = None) -> None:
        super().__init__()
        self.net = net
        self.register_buffer("tokens", tokens, persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        classes, masks = self.queries(images, "semantic")
        scores = _scores(classes, F.interpolate(masks, images.shape[2:], mode="bilinear"))  # (N, K, H, W)
        if scores.shape[1] == 1:  # one class against none: a logit of its own, for the sigmoid
            return scores.clamp(1e-6, 1 - 1e-6).logit()
        return scores.clamp_min(TINY).log()

    def queries(self, images: Tensor, task: Task) -> tuple[Tensor, Tensor]:
        """(class logits (N, Q, K + 1), the last of no object, mask logits (N, Q, h, w)), float32."""
        told = {}
        if self.tokens is not None:
            told["task_inputs"] = self.tokens[TASKS.index(task)].expand(len(images), -1)  # (N, L)
        found = self.net(pixel_values=images, **told)
        return found.class_queries_logits.float(), found.masks_queries_logits.float()


def _scores(classes: Tensor, masks: Tensor) -> Tensor:
    """(N, K, H, W): over all queries, the sum of class probability times mask probability, without "no object"."""
    return torch.einsum("nqk,nqhw->nkhw", classes.softmax(dim=-1)[..., :-1], masks.sigmoid())


def task_tokens(folder: Path, config: Any) -> Tensor | None:
    """(3, L) float32: "the task is semantic" and so on in the tokens of the folder's tokenizer, for a OneFormer.

    None for other models. Raises InputError where the folder has no tokenizer.
    """
    if config.model_type != "oneformer":
        return None
    auto = need("transformers", "hf", "a model hf:…").AutoTokenizer
    try:
        if not any((folder / name).is_file() for name in VOCABULARIES):  # transformers makes up an empty tokenizer
            raise OSError(f"there is no {' or '.join(VOCABULARIES)}")
        tokenizer = auto.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, TypeError) as error:
        reason = f"a OneFormer is told its task in tokens, and the tokenizer cannot be loaded: {str(error)[:200]}"
        fix = "save it there too: AutoTokenizer.from_pretrained(SOURCE).save_pretrained(FOLDER)"
        raise InputError("no_tokenizer", reason, fix, path=str(folder)) from None
    length = int(config.task_seq_len)
    texts = [f"the task is {task}" for task in TASKS]
    found = tokenizer(texts, padding="max_length", max_length=length, truncation=True, return_tensors="pt")
    return (found["input_ids"] * found["attention_mask"]).float()  # (3, L): 0 where there is no token


def panoptic_segments(
    segmenter: Segmenter,
    images: Tensor,
    task: Literal["instance", "panoptic"] = "panoptic",
    *,
    threshold: float = 0.5,
    mask_threshold: float = 0.5,
    overlap: float = 0.8,
) -> list[Panoptic]:
    """The segments of each image (N, C, H, W) in stored units.

    threshold       a query is a segment where its score is above
    mask_threshold  least probability of a pixel to belong to a mask
    overlap         least share of its mask that a segment must keep beside surer ones (panoptic only)

    Where some classes are marked as things, the segments of each other class are one (panoptic only). Raises UsageError
    for a model without queries.
    """
    if not isinstance(segmenter.net, Queries):
        fix = "expected hf:FOLDER of a Mask2Former, MaskFormer or OneFormer"
        raise UsageError(f"{segmenter.description.architecture} gives classes, not instances: {fix}", fix=fix)
    categories = segmenter.description.categories.classes
    things = {index for index, each in enumerate(categories) if each.isthing}
    stuff = frozenset(range(len(categories))) - things if things else frozenset[int]()
    found = []
    with torch.inference_mode():
        x = segmenter.description.normalisation.apply(images.float())  # (N, C, H, W)
        x = _padded(x, segmenter.multiple)  # (N, C, H', W')
        for classes, masks in zip(*segmenter.net.queries(x, task), strict=True):  # (Q, K + 1), (Q, h, w)
            grown = F.interpolate(masks[None], x.shape[2:], mode="bilinear")[0]  # (Q, H', W')
            probabilities = grown[:, : images.shape[2], : images.shape[3]].sigmoid()  # (Q, H, W)
            if task == "instance":
                found.append(_instances(classes, probabilities, threshold, mask_threshold))
            else:
                found.append(_panoptic(classes, probabilities, threshold, mask_threshold, overlap, stuff))
    return found


def _panoptic(
    classes: Tensor, masks: Tensor, threshold: float, mask_threshold: float, overlap: float, stuff: frozenset[int]
) -> Panoptic:
    """Each pixel goes to the query with the largest score times mask probability, if it is in that query's mask.

    Section 3.4 of MaskFormer. The post-processing of transformers is near to it, but gives pixels that no query claims
    to one of them all the same, and after joining stuff may give an id away twice.
    """
    scores, labels = classes.softmax(dim=-1).max(dim=-1)  # (Q,)
    kept = ((labels < classes.shape[-1] - 1) & (scores > threshold)).nonzero()[:, 0].tolist()
    ids = torch.zeros(masks.shape[1:], dtype=torch.int32, device=masks.device)  # (H, W)
    if not kept:
        return Panoptic(ids.cpu().numpy(), ())
    owner = (scores[kept, None, None] * masks[kept]).argmax(dim=0)  # (H, W): a place in `kept`
    segments = []
    for place, query in enumerate(kept):
        claimed = masks[query] >= mask_threshold
        own = claimed & (owner == place)
        if int(own.sum()) > 0 and int(own.sum()) >= overlap * int(claimed.sum()):
            ids[own] = place + 1
            segments.append(Segment(place + 1, int(labels[query]), float(scores[query])))
    return tidied(ids.cpu().numpy(), segments, stuff)


def _instances(classes: Tensor, masks: Tensor, threshold: float, mask_threshold: float) -> Panoptic:
    """The Q best pairs of query and class, each scored by its class times the mean probability of its mask; where two
    overlap, the surer one is in front."""
    scores, pairs = classes.softmax(dim=-1)[:, :-1].flatten().topk(len(classes))  # (Q,): best of all Q x K
    ids = torch.zeros(masks.shape[1:], dtype=torch.int32, device=masks.device)  # (H, W)
    found = []
    for score, pair in zip(scores.tolist(), pairs.tolist(), strict=True):
        query, index = divmod(pair, classes.shape[1] - 1)
        mask = masks[query] >= mask_threshold
        if bool(mask.any()) and (sure := score * float(masks[query][mask].mean())) > threshold:
            found.append((sure, index, mask))
    found.sort(key=lambda each: each[0])
    for place, (_, _, mask) in enumerate(found):
        ids[mask] = place + 1
    segments = [Segment(place + 1, index, sure) for place, (sure, index, _) in enumerate(found)]
    return tidied(ids.cpu().numpy(), segments)


def _padded(images: Tensor, multiple: int) -> Tensor:
    height, width = images.shape[2:]
    return F.pad(images, (0, -width % multiple, 0, -height % multiple), mode="replicate")  # (N, C, H', W')
