"""What a run is known by: the hash of its document, whatever gates said of it since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

__all__ = ["SHORT", "identity_of"]

SHORT = 16  # hex digits that tell the runs of one person apart: what a review names


def identity_of(document: Mapping[str, Any]) -> str:
    """SHA-256, 64 hex digits, of inspection.json without the key `gates`, its keys in order: the same masks with the
    same settings are one run. The script of the report knows the run by the same (reports/run.py)."""
    plain = json.dumps({key: value for key, value in document.items() if key != "gates"}, sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()
