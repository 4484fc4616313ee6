"""What a person reads in the terminal: the numbers, the worst classes, what cost most, and where the report is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from inspector.cli_console import collected, new_console, plain, print_indented
from inspector.cli_gate_text import print_gates

if TYPE_CHECKING:
    from inspector.gates.judgement import Judgement
    from inspector.pipeline import Inspection

__all__ = ["lint_text", "summary_text"]

CLASSES_SHOWN = 12
FINDINGS_SHOWN = 3
FILES_SHOWN = 5
LONGEST_NAME = 24
GIVEN_UP = ("images", "pred/true", "precision", "boundary F1", "recall")  # columns, in a narrow terminal
HEADLINES = (
    ("miou", "mIoU"),
    ("mean_image_iou", "mean image IoU"),
    ("mean_dice", "mean Dice"),
    ("pixel_accuracy", "pixel accuracy"),
    ("boundary_f1", "boundary F1"),
    ("boundary_iou", "boundary IoU"),
    ("small_object_recall", "small-object recall"),
)
MARKS = {"error": "[bold red]✖ error[/]", "warning": "[yellow]▲ warning[/]", "note": "[cyan]● note[/]"}


def summary_text(inspection: Inspection, judgement: Judgement | None = None) -> str:
    """The summary of a run, and of its gates where it has any."""
    console = new_console()
    document = inspection.document
    inputs = document["inputs"]
    _print_verdict(console, inputs, document["partial"])
    _print_account(console, inputs, "scored", FILES_SHOWN)
    if inputs["pairs"]:
        _print_headlines(console, document)
        _print_classes(console, document)
        _print_findings(console, document)
    if judgement:
        console.print()
        print_gates(console, judgement)
    _print_places(console, inspection)
    return collected(console)


def lint_text(record: Mapping[str, Any], is_partial: bool) -> str:
    """The account of `inspect lint`."""
    console = new_console()
    good = record["pairs"] and not is_partial
    if not good:
        nothing = not record["excluded"] and record["excluded_by_choice"]
        bad = "nothing is left" if nothing else f"{_count(len(record['excluded']), 'file')} cannot be scored"
        console.print(f"[bold red]✖[/] {bad}")
    _print_account(console, record, "can be scored", None)
    if good:
        console.print("[green]✔[/] nothing wrong was found")
    return collected(console)


def _print_verdict(console: Console, inputs: Mapping[str, Any], is_partial: bool) -> None:
    bad = _count(len(inputs["excluded"]), "file")
    if not inputs["pairs"]:
        only_chosen = inputs["excluded_by_choice"] and not inputs["excluded"]
        why = "all images are left out by choice" if only_chosen else f"{bad} could not be used"
        console.print(f"[bold red]NOTHING SCORED[/]: there are no numbers; {why}")
    elif is_partial:
        beside = all(record["side"] == "probabilities" for record in inputs["excluded"])
        covered = "the calibration covers the other images only" if beside else "the numbers cover the other pairs only"
        console.print(f"[bold red]PARTIAL[/]: {bad} could not be used; {covered}")


def _print_account(console: Console, inputs: Mapping[str, Any], verb: str, most: int | None) -> None:
    """How many pairs there are, and the files and notes that a person should know of, `most` of each."""
    others = {side: sum(r["count"] for r in inputs["skipped"] if r["side"] == side) for side in ("gt", "pred")}
    gt, pred = (inputs["found"][side] - others[side] for side in ("gt", "pred"))
    console.print(
        f"{_count(inputs['pairs'], 'pair')} {verb} "
        f"({_count(gt, 'true mask')}, {_count(pred, 'predicted mask')} found{_by_choice(inputs)})"
    )
    for record in inputs["skipped"]:
        console.print(f"  [dim]passed over {record['side']}/: {record['count']:,} × {plain(record['what'])}[/]")
    for word in ("excluded_by_choice", "excluded", "notes"):
        records = _by_image(inputs[word]) if word == "excluded_by_choice" else inputs[word]
        for record in records[:most]:
            _print_item(console, word, record)
        if len(records) > len(records[:most]):
            console.print(f"  … and {len(records[most:])} more: see inputs.{word} in the document")


def _by_choice(inputs: Mapping[str, Any]) -> str:
    """What --exclude and --missing decided, where they decided anything."""
    missing, extra = len(inputs["missing"]), len(inputs["extra"])
    images = len(_by_image(inputs["excluded_by_choice"]))
    said = f"; {_count(images, 'image')} left out by choice" if images else ""
    if inputs["missing_policy"] == "empty" and missing:
        said += f"; {missing:,} without a prediction: scored as predicting nothing"
    if inputs["missing_policy"] == "skip" and missing + extra:
        said += f"; {missing + extra:,} without a partner: left out"
    return said


def _by_image(records: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """One record of each image, of the two that its files have."""
    return list({record["image"]: record for record in records}.values())


def _print_item(console: Console, word: str, record: Mapping[str, str]) -> None:
    if word == "notes":
        print_indented(console, f"[cyan]note[/] {plain(record['path'])}: {plain(record['text'])}", 2)
        return
    if word == "excluded_by_choice":
        print_indented(console, f"[cyan]left out[/] {plain(record['image'])}: {plain(record['reason'])}", 2)
        return
    tail = f" [dim]({plain(record['fix'])})[/]" if record["fix"] else ""
    print_indented(console, f"[red]excluded[/] {plain(record['file'])}: {plain(record['reason'])}{tail}", 2)


def _print_headlines(console: Console, document: Mapping[str, Any]) -> None:
    overall = document["overall"]
    skipped = overall["classes_skipped"]
    console.print()
    grid = Table.grid(padding=(0, 2))
    for _ in range(3):
        grid.add_column(justify="left")
    for name, title in HEADLINES:
        interval = escape(_interval(overall["intervals"].get(name)))
        grid.add_row(f"  {title}", f"[bold]{_number(overall[name])}[/]", f"[dim]{interval}[/]")
    console.print(grid)
    if skipped:
        names = ", ".join(plain(name) for name in skipped[:8]) + (" …" if len(skipped) > 8 else "")
        console.print(f"  [dim]means leave out {_count(len(skipped), 'class', 'classes')} that never occur: {names}[/]")


def _print_classes(console: Console, document: Mapping[str, Any]) -> None:
    """The worst classes, with as many columns as the terminal is wide."""
    known = [record for record in document["classes"] if record["iou"] == record["iou"]]
    known.sort(key=lambda record: (record["iou"], record["id"]))
    rows = [_class_cells(record) for record in known[:CLASSES_SHOWN]]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    name_width = min(LONGEST_NAME, max([7, *(cell_len(record["name"]) + 2 for record in known[:CLASSES_SHOWN])]))
    table.add_column("  class", max_width=name_width, overflow="ellipsis", no_wrap=True)
    titles = _columns_that_fit(rows, console.width - name_width)
    for title in titles:
        table.add_column(title, justify="right", no_wrap=True)
    for record, cells in zip(known, rows, strict=False):
        table.add_row(f"  {plain(record['name'])}", *(escape(cells[title]) for title in titles))
    console.print()
    console.print(table)
    if len(known) > CLASSES_SHOWN:
        console.print(f"  [dim]… and {len(known) - CLASSES_SHOWN} classes with a higher IoU[/]")


def _class_cells(record: Mapping[str, Any]) -> dict[str, str]:
    return {
        "IoU": _number(record["iou"]),
        "95 % interval": _interval(record["intervals"].get("iou")),
        "precision": _number(record["precision"]),
        "recall": _number(record["recall"]),
        "pred/true": _ratio(record["prediction_ratio"]),
        "boundary F1": _number(record["boundary_f1"]),
        "images": str(record["images"]),
    }


def _columns_that_fit(rows: Sequence[Mapping[str, str]], width: int) -> list[str]:
    """The titles of the columns that can be shown whole in `width`; those of GIVEN_UP leave first."""
    widths = {title: max([len(title), *(len(row[title]) for row in rows)]) + 2 for title in (rows or [{}])[0]}
    for title in GIVEN_UP:
        if sum(widths.values()) > width:
            widths.pop(title, None)
    return list(widths)


def _print_findings(console: Console, document: Mapping[str, Any]) -> None:
    findings = document["findings"]
    console.print()
    if not findings:
        console.print("[green]✔[/] no finding: nothing stands out")
        return
    console.print(
        "[bold]What costs most[/]"
        + (f" [dim]({len(findings)} findings in all)[/]" if len(findings) > FINDINGS_SHOWN else "")
    )
    for finding in findings[:FINDINGS_SHOWN]:
        gain = f" [dim](worth {100 * finding['gain']:.1f} points of mIoU)[/]" if finding["gain"] >= 0.0005 else ""
        print_indented(console, f"{MARKS[finding['severity']]}  {plain(finding['title'])}{gain}", 2)
        if finding["advice"]:
            print_indented(console, f"[dim]{plain(finding['advice'])}[/]", 4)


def _print_places(console: Console, inspection: Inspection) -> None:
    if inspection.run_folder:
        console.print()
        console.print(f"report: [bold]{plain(str(inspection.run_folder / 'report.html'))}[/]", soft_wrap=True)


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def _number(value: float | None) -> str:
    """Four digits, rounded so that 0 and 1 are shown only when they are exact."""
    if value is None or value != value:
        return "–"
    text = f"{value:.4f}"
    if text == "1.0000" and value != 1:
        return ">0.9999" if value < 1 else "1.0001"
    return "<0.0001" if text == "0.0000" and value != 0 else text


def _ratio(value: float | None) -> str:
    return "–" if value is None or value != value else f"{value:.2f}"


def _interval(bounds: list[float] | None) -> str:
    return f"[{bounds[0]:.4f}, {bounds[1]:.4f}]" if bounds else ""
