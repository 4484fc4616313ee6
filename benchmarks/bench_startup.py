"""CPU time until `inspect --help` has answered, beside what Python and numpy alone take."""

from __future__ import annotations

import argparse
import sys

from measure import INSPECT, markdown_table, run

COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "python -c 'import numpy'": [sys.executable, "-c", "import numpy"],
    "inspect --version": [INSPECT, "--version"],
    "inspect --help": [INSPECT, "--help"],
}


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    rows = []
    for title, command in COMMANDS.items():
        costs = [run(command) for _ in range(repeats)]
        rows.append(
            [title, *(f"{min(values):.3f}" for values in zip(*((c.cpu_s, c.wall_s) for c in costs), strict=True))]
        )
    print(markdown_table((f"best of {repeats}", "CPU s", "wall s"), rows))


if __name__ == "__main__":
    _main()
