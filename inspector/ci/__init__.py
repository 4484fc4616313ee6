"""What came of gates, in the languages of CI: text in each, from a `Judgement`; nothing here prints or writes files."""

from __future__ import annotations

from inspector.ci.github import workflow_commands
from inspector.ci.gitlab import code_quality
from inspector.ci.junit import junit_xml
from inspector.ci.markdown import markdown
from inspector.ci.sarif import sarif

__all__ = ["code_quality", "junit_xml", "markdown", "sarif", "workflow_commands"]
