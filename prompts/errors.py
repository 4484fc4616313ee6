"""What can be wrong with a rule, a knowledge file, a prompt or a gold file: a sentence for the person who wrote it."""

from __future__ import annotations

__all__ = ["PromptsError"]


class PromptsError(ValueError):
    """The message names the file and the field, what was found, what was expected, and what to do."""
