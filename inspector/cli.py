"""The command `inspect`: parse, call, print, exit. The only place that prints, and that joins the packages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from inspector.cli_baseline import baseline
from inspector.cli_compare import compare
from inspector.cli_errors import EPILOG, print_text, run_group
from inspector.cli_export import export
from inspector.cli_gate import gate
from inspector.cli_gate_options import (
    ISOLATED,
    RUN_ENVIRONMENT,
    RUN_KEYS,
    config_option,
    configuration_from,
    gate_options,
)
from inspector.cli_groups import DefaultGroup
from inspector.cli_history import history
from inspector.cli_machine import check_address_space, prepare
from inspector.cli_options import categories_from, counting_options, how_many_images, reading_options, settings_from
from inspector.cli_pick_options import bars, check_together, seconds
from inspector.cli_render import render, report_options
from inspector.cli_review import review

__all__ = ["cli", "run_command"]

FROM_ENVIRONMENT = {"auto_envvar_prefix": RUN_ENVIRONMENT}


@click.group(
    cls=DefaultGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="mask-inspector", prog_name="inspect")
def cli() -> None:
    """Why is this segmentation model bad?

    Reads predicted and true masks, counts them once, and says which classes fail, why, how sure that is, and
    which images prove it.

    \b
    inspect predictions/ --gt masks/
        The main job; `inspect run --help` lists its options.
    inspect predictions/ --gt masks/ --classes camvid -o camvid-run
        With a class list (a preset or a file) and a place for the result.
    inspect demo
        The same on data it makes itself.

    A folder that is called like a command is written with its path: inspect ./lint --gt masks/
    """
    check_address_space()


@cli.command(epilog=EPILOG, short_help="The main job; its name may be left out.", context_settings=FROM_ENVIRONMENT)
@click.argument("predictions", type=click.Path())
@reading_options
@counting_options
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Run folder to write.  [default: inspection]")
@click.option("--images", type=click.Path(), help="Folder of the pictures behind the masks, shown in the report.")
@click.option(
    "--evidence",
    metavar="N|all",
    callback=how_many_images,
    help="Images to keep files of, which the report shows in full.  [default: a twentieth, 32 to 200]",
)
@click.option(
    "--probabilities",
    type=click.Path(),
    help="Folder of how sure the model was, a file for each image: (C, H, W) or the highest one (H, W), as NPY, NPZ, "
    "PNG or TIFF; `unet predict` writes both. For the calibration.",
)
@click.option(
    "--metadata",
    type=click.Path(),
    help="CSV with a row for each image (column `image`): each other column is looked at slice by slice.",
)
@click.option(
    "--group",
    metavar="COLUMN",
    help="Column of --metadata whose images belong together (patient, scene, video): intervals resample it as one.",
)
@report_options
@gate_options
@click.option(
    "--history",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Add the run to this record, and show in its report how the numbers went; see `inspect history`.",
)
@click.option(
    "--label",
    metavar="TEXT",
    help="What the run is called in the record of --history.  [default: the name of its folder]",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    envvar=f"{RUN_ENVIRONMENT}_JSON",
    help="Print the document instead; without -o no folder is written.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def run(predictions: str, output: Path | None, as_json: bool, quiet: bool, **options: Any) -> int:
    """Compare the masks in PREDICTIONS with the true ones: the main job. `run` itself may be left out.

    \b
    Examples:
        inspect predictions/ --gt masks/ --classes cityscapes-trainids -o run
        inspect predictions/ --gt masks/ --num-classes 19 --ignore 255 --json
        inspect predictions/ --gt masks/ --metadata images.csv --group patient
        inspect predictions/ --gt masks/ --gate 'iou.person >= 0.6' --gate 'iou.* >= main - 1%'

    Every option has a variable too, such as INSPECT_RUN_TOLERANCE, and a key in [run] of a configuration file. Flags go
    before variables, these before the file. Gates are also taken from the file; see `inspect gate --help`.
    """
    from inspector.cli_run import main_job

    return main_job(
        options["gt"],
        predictions,
        output or (None if as_json else Path("inspection")),
        categories=categories_from(options),
        settings=settings_from(options),
        images=options["images"],
        match=options["match"],
        metadata=options["metadata"],
        group=options["group"],
        evidence=options["evidence"],
        probabilities=options["probabilities"],
        report_size=options["report_size"],
        report_folder=options["report_folder"],
        jobs=options["jobs"],
        as_json=as_json,
        quiet=quiet,
        configuration=configuration_from(click.get_current_context(), options, RUN_KEYS),
        history=options["history"],
        label=options["label"],
    )


@cli.command(
    epilog=EPILOG,
    short_help="Check names, sizes and values; count nothing.",
    context_settings=FROM_ENVIRONMENT,
)
@click.argument("predictions", type=click.Path())
@reading_options
@config_option
@click.option("--json", "as_json", is_flag=True, envvar=f"{RUN_ENVIRONMENT}_JSON", help="Print the account as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def lint(predictions: str, as_json: bool, quiet: bool, **options: Any) -> int:
    """Check names, sizes and values of the masks in PREDICTIONS against the true ones, and count nothing.

    \b
    Example:
        inspect lint predictions/ --gt masks/ --num-classes 19 --ignore 255
    """
    from inspector.cli_run import PARTIAL, report_excluded
    from inspector.cli_summary import lint_text
    from inspector.linting import lint_folders
    from inspector.results import to_json

    record, is_partial = lint_folders(
        options["gt"],
        predictions,
        categories=categories_from(options),
        settings=settings_from(options),
        match=options["match"],
        jobs=options["jobs"],
    )
    if as_json:
        print_text(to_json({"partial": is_partial, "inputs": record}))
    elif not quiet:
        print_text(lint_text(record, is_partial))
    report_excluded(record, as_json or quiet)
    return PARTIAL if is_partial or not record["pairs"] else 0


@cli.command(epilog=EPILOG, short_help="Which task, network, loss and metric, from words and masks.")
@click.argument("words", nargs=-1, metavar="[TEXT | -]")
@click.option("--file", type=click.Path(path_type=Path), help="Read the description from a text file.")
@click.option("--masks", type=click.Path(), help="True masks to measure: what they can train, and whether they fit.")
@click.option(
    "--labels",
    type=click.Choice(["auto", "classes", "ids", "panoptic"]),
    default="auto",
    show_default=True,
    help="What the values in --masks are: classes, ids of objects, or both.",
)
@click.option("--classes", metavar="FILE|PRESET", help="Class list of --masks, as `inspect` takes it.")
@click.option("--ignore", type=int, multiple=True, metavar="V", help="Value of --masks that is void; may be repeated.")
@click.option("--run", type=click.Path(path_type=Path), help="Use the true masks of a run, and add to its report.")
@click.option("--interview", is_flag=True, help="Ask what the text leaves open.")
@click.option("--print-prompt", is_flag=True, help="Print a prompt with text and measurements, to paste into a chat.")
@click.option("--llm", metavar="BASE_URL", help="Ask a language model too: any OpenAI-compatible address.")
@click.option("--model", metavar="NAME", help="The model for --llm.")
@click.option(
    "--key-env",
    metavar="NAME",
    help="Variable that holds the key for --llm.  [default: OPENAI_API_KEY for openai.com, no key for others]",
)
@click.option(
    "--timeout",
    type=float,
    default=60,
    show_default=True,
    callback=seconds,
    metavar="S",
    help="Seconds that --llm may take in all, 1 to 3600.",
)
@click.option("--evaluate", type=click.Path(path_type=Path), metavar="FILE", help="Score a gold file (JSON Lines).")
@click.option(
    "--at-least",
    multiple=True,
    callback=bars,
    metavar="NAME=SHARE",
    help="Bar for --evaluate, else exit 1.  [default: strict=0.9 lenient=0.95 balanced=0.88]",
)
@click.option("--at-most", multiple=True, callback=bars, metavar="NAME=SHARE", help="The same.  [default: asked=0.15]")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def pick(words: tuple[str, ...], as_json: bool, **options: Any) -> int:
    """Pick semantic, instance or panoptic segmentation, or say that another task fits better, and why.

    \b
    Examples:
        inspect pick "we want to measure how much of each leaf is diseased"
        inspect pick "count the nuclei and measure each" --masks masks/
        inspect pick                                   (asks)

    Works offline, by rules that it can name. A text that begins with a dash comes after `--`.
    """
    check_together(click.get_current_context())
    if options["evaluate"]:
        from inspector.cli_evaluate import LEAST, MOST, evaluate_file

        least, most = options["at_least"] or LEAST, options["at_most"] or MOST
        return evaluate_file(options["evaluate"], least, most, as_json)
    from inspector.cli_pick import pick_task

    return pick_task(words, {**options, "as_json": as_json})


@cli.command(epilog=EPILOG, short_help="The whole road on data it makes: draw, train, predict, inspect.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("demo"), show_default=True, help="Folder to make."
)
@click.option(
    "--street",
    is_flag=True,
    help="Instead of training: street scenes, and predictions drawn with the faults that real models have. Needs no "
    "torch.",
)
@click.option(
    "--pairs",
    type=click.IntRange(2, 100_000),
    default=120,
    show_default=True,
    metavar="N",
    help="How many street scenes to draw.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    default=0,
    show_default=True,
    metavar="N",
    help="Another seed draws other images.",
)
def demo(output: Path, street: bool, pairs: int, seed: int) -> int:
    """Draw circles and squares, train a U-Net on them, predict images it never saw, and inspect the predictions.

    \b
    Examples:
        inspect demo -o demo
        inspect demo --street -o street

    Takes two to four minutes on two cores, and prints each command as you would type it.
    """
    from inspector.cli_demo import announced, draw_street, learned_road, make_room, street_road

    steps = street_road(output) if street else learned_road(output, seed)
    make_room(output)
    if street:
        print_text(f"drawing {pairs} street scenes, and what a model with real faults makes of them\n")
        draw_street(output, pairs, seed)
    code = 0
    for command, arguments in announced(steps):
        code = _group(command).main(arguments, prog_name=command, standalone_mode=False, obj=ISOLATED)
        if code:
            break
    return int(code)


cli.add_command(compare)
cli.add_command(gate)
cli.add_command(baseline)
cli.add_command(history)
cli.add_command(export)
cli.add_command(render)
cli.add_command(review)


def _group(command: str) -> click.Group:
    """The command line of `inspect`, or that of `unet`, which imports torch."""
    if command == "inspect":
        return cli
    from unet.cli import cli as unet

    return unet


def run_command() -> int:
    """Parse the command line and do what it says; the exit code is returned."""
    prepare()
    return run_group(cli, "inspect", "INSPECT_DEBUG")
