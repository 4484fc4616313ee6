"""The published JSON Schema of a configuration: gate.schema.json is what `schema_text` gives."""

from __future__ import annotations

import json
from typing import Any

from inspector.gates.config import Config

__all__ = ["schema", "schema_text"]

TITLE = "Configuration of mask-inspector: inspect.toml, or [tool.mask-inspector] in pyproject.toml"


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12. A gate needs its id alone there: the rest may come from a preset's gate of that id."""
    held = Config.model_json_schema()
    held["$defs"]["Gate"]["required"] = ["id"]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **held, "title": TITLE}


def schema_text() -> str:
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"
