"""Gates: may this model ship? Thresholds and comparisons with a baseline, judged with their uncertainty."""

from __future__ import annotations

from inspector.gates.checks import VERDICTS, Check, Member, Outcome
from inspector.gates.config import Config, Gate, Gates, Waiver
from inspector.gates.evaluate import evaluate

__all__ = ["VERDICTS", "Check", "Config", "Gate", "Gates", "Member", "Outcome", "Waiver", "evaluate"]
