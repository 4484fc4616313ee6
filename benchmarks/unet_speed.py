"""Speed of training steps, forward passes, tiled prediction and whole folders, against smp, MONAI and a plain loop.

    python -m benchmarks.unet_speed

Networks take turns in one process, so that noise of the machine hits all alike. On a processor CPU seconds are
reported; read ratios, and only those of one run. With --device cuda and --peak-tflops also the share of the peak.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.measure import markdown_table
from benchmarks.torchvision_ops import declare_missing_ops
from benchmarks.unet_runs import Options, Record, options_of, publish, run_missing
from benchmarks.unet_speed_child import measured
from benchmarks.unet_speed_nets import CONTENDERS, Contender, Load, OurLoop, PlainLoop, Work, gflop

__all__ = ["main"]

EXPERIMENT = "speed"
ROOT = Path(__file__).parent.parent
TURNS = 5
CLASSES, SIDE, TILE = (12, 150), 2048, 512
FOLDER_IMAGES = 100
MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str(1 << 33), "MALLOC_TOP_PAD_": "67108864"}
LEVERS: Mapping[str, tuple[Mapping[str, Any], Mapping[str, str]]] = {  # name: (what is asked for, environment)
    "contiguous, 1 thread": ({"channels_last": False, "threads": 1}, {}),
    "channels last, 1 thread": ({"channels_last": True, "threads": 1}, {}),
    "contiguous, 2 threads": ({"channels_last": False, "threads": 2}, {}),
    "channels last, 2 threads": ({"channels_last": True, "threads": 2}, {}),
    "channels last, 1 thread, memory kept (glibc)": ({"channels_last": True, "threads": 1}, MALLOC),
    "channels last, 1 thread, bf16": ({"channels_last": True, "threads": 1, "precision": "bf16", "turns": 1}, {}),
}


def main(argv: Sequence[str] | None = None) -> None:
    """Measure what has not been measured, and print the tables."""
    peak, rest = _peak(argv)
    parts = {"nets": _nets, "levers": _levers, "tiles": _tiles, "folder": _folder}
    with options_of(rest, str(__doc__), tuple(parts), seeds=1) as options:
        declare_missing_ops()
        records = run_missing(options, EXPERIMENT, lambda part, seed: _with_load(partial(parts[part], options)))
        for each in records:
            load = f"Load of the machine before and after: {each['load'][0]:.1f}, {each['load'][1]:.1f}."
            publish(options, f"unet_speed {each['variant']}", f"{TABLES[each['variant']](each, peak)}\n\n{load}")


def _peak(argv: Sequence[str] | None) -> tuple[float, list[str]]:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--peak-tflops", type=float, default=0.0)
    given, rest = parser.parse_known_args(argv)
    return given.peak_tflops, rest


def _with_load(measure: Callable[[], Record]) -> Record:
    """A measurement with the mean number of running processes in the minute before it and in its last minute."""
    before = os.getloadavg()[0]
    result = measure()
    return {**result, "load": [round(before, 2), round(os.getloadavg()[0], 2)]}


# ---------------------------------------------------------------------- training steps


def _nets(options: Options) -> Record:
    work = Work(32, 2, device=options.device) if options.quick else Work(device=options.device)
    there = [contender for contender in CONTENDERS if contender.is_here()]
    there = there[:3] if options.quick else there  # MONAI takes seconds to import
    loads = [_load(contender, work) for contender in there]
    for _ in range(1 + (1 if options.quick else TURNS)):
        for load in loads:
            load.once(work.device)
    return {"work": vars(work), "rows": [_row(load, work) for load in loads]}


def _load(contender: Contender, work: Work) -> Load:
    torch.manual_seed(0)
    net = contender.build(work.classes).to(work.device)
    return Load(contender, OurLoop(net, work) if contender.loop == "ours" else PlainLoop(net, work))


def _row(load: Load, work: Work) -> Record:
    forward, step = gflop(load.loop.net, work)
    return {
        "name": load.contender.name,
        "loop": load.contender.loop,
        "parameters": sum(value.numel() for value in load.loop.net.parameters()),
        "gflop": [round(forward, 2), round(step, 2)],
        "step": [round(value, 4) for value in load.steps[1:]],
        "forward": [round(value, 4) for value in load.forwards[1:]],
    }


def _nets_table(record: Record, peak: float) -> str:
    first = statistics.median(record["rows"][0]["step"])
    rows = []
    for each in record["rows"]:
        step, forward = statistics.median(each["step"]), statistics.median(each["forward"])
        speed = each["gflop"][1] / step
        cells = [f"{each['name']}; {each['loop']} loop", f"{each['parameters'] / 1e6:.2f}", f"{each['gflop'][1]:.0f}"]
        cells += [f"{step:.3f} ({min(each['step']):.3f} … {max(each['step']):.3f})", f"{forward:.3f}"]
        cells += [f"{step / first:.2f}", f"{speed:.0f}", f"{each['gflop'][0] / forward:.0f}"]
        rows.append(cells + ([f"{100 * speed / 1000 / peak:.0f} %"] if peak else []))
    header = ["network", "M parameters", "GFLOP of a step", "step, s", "forward, s", "step / first", "GFLOP/s, step"]
    header += ["GFLOP/s, forward", *(["of peak, step"] if peak else [])]
    return markdown_table(header, rows)


# ---------------------------------------------------------------------- processes of their own


def _child(asked: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Record:
    command = [sys.executable, "-m", "benchmarks.unet_speed_child", json.dumps(dict(asked))]
    scope = {**os.environ, "OMP_NUM_THREADS": str(asked.get("threads", 1)), **(environment or {})}
    done = subprocess.run(command, env=scope, cwd=ROOT, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def _levers(options: Options) -> Record:
    """Our U-Net, base 16, with each setting; two rounds, of which the faster counts."""
    size = {"size": 32, "batch": 2, "base": 2, "turns": 1} if options.quick else {"size": 256, "batch": 4, "base": 16}
    rows: dict[str, Record] = {}
    for _ in range(1 if options.quick else 2):
        for name, (asked, environment) in list(LEVERS.items())[: 1 if options.quick else None]:
            wanted = {"what": "step", "precision": "fp32", "turns": 3, **size, **asked}
            told = measured(wanted) if options.quick else _child(wanted, environment)
            older = rows.get(name, told)
            rows[name] = min(older, told, key=lambda each: each["step_wall_s"])
    return {"rows": rows}


def _levers_table(record: Record, peak: float) -> str:
    keys = ("step_cpu_s", "step_wall_s", "forward_cpu_s", "forward_wall_s")
    rows = [
        [name, *(f"{told[key]:.3f}" for key in keys), f"{told['peak_mib']:.0f}"]
        for name, told in record["rows"].items()
    ]
    header = ("base 16, 4 × 256 × 256", "step, CPU s", "step, wall s", "forward, CPU s", "forward, wall s", "peak MiB")
    return markdown_table(header, rows)


def _tiles(options: Options) -> Record:
    size = {"side": 128, "tile": 64, "base": 2} if options.quick else {"side": SIDE, "tile": TILE, "base": 16}
    rows = []
    for classes in CLASSES[:1] if options.quick else CLASSES:
        for method in ("ours",) if options.quick else ("ours", "MONAI"):
            told = _child({"what": "tiles", "method": method, "classes": classes, **size})
            rows.append({"classes": classes, "method": method, "megapixels": size["side"] ** 2 / 1e6, **told})
    return {"rows": rows, **size}


def _tiles_table(record: Record, peak: float) -> str:
    rows = []
    for each in record["rows"]:
        cells = [f"{each['method']}, {each['classes']} classes", f"{each['megapixels'] / each['cpu_s']:.2f}"]
        cells += [f"{each['cpu_s']:.1f}", f"{each['peak_mib']:.0f}", f"{each['before_mib']:.0f}"]
        rows.append(cells)
    header = (
        f"{record['side']} × {record['side']} px, tiles of {record['tile']}",
        "Mpx per CPU s",
        "CPU s",
        "peak MiB",
        "peak MiB after four tiles",
    )
    return markdown_table(header, rows)


def _folder(options: Options) -> Record:
    measure, size = (measured, {"images": 3, "height": 32, "width": 32, "base": 2})
    if not options.quick:
        measure, size = (_child, {"images": FOLDER_IMAGES, "height": 360, "width": 480, "base": 16})
    asked = {"what": "folder", "device": options.device, **size}
    return {"rows": {method: measure({**asked, "method": method}) for method in ("ours", "plain")}, **size}


def _folder_table(record: Record, peak: float) -> str:
    names = {"ours": "`unet predict`", "plain": "one after the other (Pillow)"}
    rows = [
        [
            names[method],
            f"{told['images_per_s']:.1f}",
            f"{record['images'] / told['cpu_s']:.1f}",
            f"{100 * told['busy']:.0f} %",
        ]
        for method, told in record["rows"].items()
    ]
    header = (
        f"{record['images']} PNG of {record['width']} × {record['height']} px",
        "images per s",
        "images per CPU s",
        "network busy",
    )
    return markdown_table(header, rows)


TABLES: Mapping[str, Callable[[Record, float], str]] = {
    "nets": _nets_table,
    "levers": _levers_table,
    "tiles": _tiles_table,
    "folder": _folder_table,
}


if __name__ == "__main__":
    main()
