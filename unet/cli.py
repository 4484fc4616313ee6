"""The command `unet`: parse, call, print, exit."""

from __future__ import annotations

import click

from inspector.cli_errors import run_group
from inspector.cli_machine import keep_freed_memory
from unet.cli_export import bench, export
from unet.cli_predict import predict
from unet.cli_synth import synth
from unet.cli_train import train

__all__ = ["cli", "run_command"]

EPILOG = """\b
Exit codes: 0 done · 2 wrong usage · 3 bad or missing input (what is good is
still predicted) · 4 the machine or a bug · 130, 143 stopped by a signal."""


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="mask-inspector", prog_name="unet")
def cli() -> None:
    """Train a U-Net (or another architecture), predict masks with it, and hand them to `inspect`.

    \b
    unet synth shapes/
        Data to try it on: circles and squares, with masks.
    unet train --data shapes/ --out model/ --epochs 30
        Train; the folder model/ holds everything that predicting needs.
    unet predict shapes/val/images --model model/ -o predictions/ --inspect shapes/val/masks
        Predict, and learn what is wrong with the predictions.
    """


COMMANDS: tuple[click.Command, ...] = (synth, train, predict, export, bench)
for _command in COMMANDS:
    cli.add_command(_command)


def run_command() -> int:
    """Parse the command line and do what it says; the exit code is returned."""
    keep_freed_memory()
    return run_group(cli, "unet", "UNET_DEBUG")
