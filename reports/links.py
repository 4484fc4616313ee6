"""Where in the viewer of the page a record of the document can be looked at: `look` in the record, as a link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["image_names", "view_link", "with_links"]

Record = dict[str, Any]


def view_link(
    image: int, *, class_: int | None = None, box: Sequence[int] | None = None, list_: str = "", at: int | None = None
) -> str:
    """The address that opens the viewer. `class_`: index of the class to look at; `list_`: what Next goes through."""
    keys = {
        "image": str(image),
        "class": "" if class_ is None else str(class_),
        "box": ",".join(map(str, box or ())),
        "list": list_,
        "at": "" if at is None else str(at),
    }
    return "#view?" + "&".join(f"view.{key}={value}" for key, value in keys.items() if value)


def image_names(document: Mapping[str, Any]) -> set[str]:
    """Every image that the document names beside a finding, a score or a picture."""
    shown = [image for finding in document.get("findings") or [] for image in finding.get("images") or []]
    records = [*shown, *_worst(document), *(document.get("evidence") or [])]
    return {name for record in records if isinstance(name := record.get("image"), str)}


def with_links(document: Mapping[str, Any], index: Mapping[str, int]) -> Record:
    """The document with `image_index` and `look` in its records of images, as far as `index` (raw name -> number)
    knows them."""
    places = {record.get("id"): place for place, record in enumerate(document.get("classes") or [])}
    findings = [
        _linked_finding(finding, number, places.get(finding.get("class")), index)
        for number, finding in enumerate(document.get("findings") or [], 1)
    ]
    worst = [_linked_image(record, at, index) for at, record in enumerate(_worst(document))]
    evidence = [{**record, **_numbered(record, index)} for record in document.get("evidence") or []]
    summary = {**(document.get("images_summary") or {}), "worst": worst}
    return {**document, "findings": findings, "images_summary": summary, "evidence": evidence}


def _worst(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return (document.get("images_summary") or {}).get("worst") or []


def _linked_finding(finding: Mapping[str, Any], number: int, class_: int | None, index: Mapping[str, int]) -> Record:
    images: list[Record] = []
    at = 0
    for record in finding.get("images") or []:
        known = _numbered(record, index)
        if known:
            box = record.get("box")
            known["look"] = view_link(known["image_index"], class_=class_, box=box, list_=f"finding.{number}", at=at)
            at += 1
        images.append({**record, **known})
    return {**finding, "images": images}


def _linked_image(record: Mapping[str, Any], at: int, index: Mapping[str, int]) -> Record:
    known = _numbered(record, index)
    if known:
        known["look"] = view_link(known["image_index"], list_="images", at=at)
    return {**record, **known}


def _numbered(record: Mapping[str, Any], index: Mapping[str, int]) -> Record:
    number = record.get("image_index", index.get(str(record.get("image"))))
    return {} if number is None else {"image_index": int(number)}
