"""What every command of ours does around its work: print without a crash, and turn an error into a sentence."""

from __future__ import annotations

import io
import os
import sys
import traceback

import click

from inspector.errors import EnvironmentFault, InspectorError, UsageError
from inspector.problems import visible

__all__ = ["EPILOG", "print_text", "run_group"]

EPILOG = """\b
Exit codes: 0 done · 1 a gate failed · 2 wrong usage · 3 bad, missing or
unmeasurable input (what is good is still scored) · 4 the machine or a bug."""
STOPPED = 130


def print_text(text: str) -> None:
    """To standard output. A reader that has gone (`| head`) has what it wanted; a disk that is full has not."""
    try:
        if sys.stdout:
            sys.stdout.write(text)
            sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python fails once more on its way out
        if not isinstance(error, BrokenPipeError):
            raise EnvironmentFault(f"cannot write to standard output: {error.strerror}") from None


def run_group(group: click.Group, name: str, debug: str) -> int:
    """Parse the command line for the command `name` and run it; returns the exit code.

    Every error becomes a sentence on standard error. A bug is said to be one; the variable `debug` in the environment
    shows where.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that the terminal cannot show is spelled out, not a crash
            stream.reconfigure(errors="backslashreplace")
    try:
        return int(group.main(prog_name=name, standalone_mode=False) or 0)
    except click.Abort:  # the end of the input, or Ctrl-C, at a question
        click.echo("\nstopped: nothing was asked further, and nothing written", err=True)
        return STOPPED
    except click.ClickException as error:
        error.show()
        return UsageError.exit_code
    except InspectorError as error:
        return _explain(error)
    except MemoryError:
        return _say("error: out of memory; try --jobs 1, or smaller masks")
    except OSError as error:
        return _say(f"error: {error.filename or 'the system'}: {error.strerror or error}")
    except Exception as error:
        if os.environ.get(debug):
            traceback.print_exc()
        return _say(
            f"error: {type(error).__name__}: {error}",
            f"  this is a bug in {name}: please report it with the output of {debug}=1 {name} …",
        )


def _explain(error: InspectorError) -> int:
    lines = [f"error: {error}"]
    if isinstance(error, UsageError) and error.fix and error.fix not in str(error):
        lines.append(f"  {error.fix}")
    return _say(*lines, code=error.exit_code)


def _say(*lines: str, code: int = EnvironmentFault.exit_code) -> int:
    for line in lines:
        click.echo(visible(line), err=True)
    return code
