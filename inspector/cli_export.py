"""`inspect export`: a run into the experiment tracker that the model's training is in."""

from __future__ import annotations

from pathlib import Path

import click

from inspector.cli_errors import EPILOG, print_text
from inspector.problems import visible

__all__ = ["export"]


@click.command(epilog=EPILOG, short_help="Send a run to MLflow or Weights & Biases.")
@click.argument("run_folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--to", "tracker", type=click.Choice(["mlflow", "wandb"]), required=True, help="Where it goes.")
@click.option("--name", default="", metavar="TEXT", help="What the run is called there.  [default: its folder's name]")
def export(run_folder: Path, tracker: str, name: str) -> int:
    """Send the numbers of the run folder RUN, the verdicts of its gates, its report and its document to a tracker.

    \b
    Examples:
        MLFLOW_TRACKING_URI=http://localhost:5000 inspect export inspection/ --to mlflow
        WANDB_PROJECT=streets inspect export inspection/ --to wandb

    Server, project and key are those that the tracker's own variables name. Undefined numbers are left out.
    """
    from inspector.exporters import export as send
    from inspector.exporters import exported, require

    require(tracker)
    run = exported(run_folder, name)
    held = send(tracker, run)
    parts = [f"{len(run.scalars):,} numbers", f"{len(run.tags):,} verdict{'' if len(run.tags) == 1 else 's'}"]
    parts += [path.name for path in run.files]
    left = f"; {len(run.missing):,} undefined numbers were left out" if run.missing else ""
    print_text(visible(f"{tracker} run {held}: {', '.join(parts)}{left}") + "\n")
    return 0
