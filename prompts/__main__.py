"""Writes what is generated into this checkout, after a change of tables, knowledge or schema. For maintainers.

python -m prompts                     the generated parts of files/*.md, and compiled.json
python -m prompts GOLD.jsonl          and promptfooconfig.json from a gold file
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from prompts.errors import PromptsError
from prompts.evaluate import read_gold
from prompts.prompt_files import prompt_names, render
from prompts.promptfoo import CONFIG, promptfoo_config, written
from prompts.toml_files import COMPILED_FILE, compiled

HERE = Path(__file__).parent


def main(arguments: Sequence[str], here: Path = HERE) -> str | None:
    """Writes the files below `here`. Returns what is wrong, or None."""
    try:
        for name in prompt_names():
            place = here / "files" / f"{name}.md"
            place.write_text(render(place.read_text("utf-8")), "utf-8")
        (here / COMPILED_FILE).write_text(compiled(), "utf-8")
        for gold in arguments[:1]:
            items = read_gold(Path(gold).read_text("utf-8"), gold)
            (here / CONFIG).write_text(written(promptfoo_config(items)), "utf-8")
    except (PromptsError, OSError) as error:
        return f"error: {error}"
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
