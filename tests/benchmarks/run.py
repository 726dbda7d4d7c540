"""Comparisons with other systems, side by side in one run: `make bench`.

    python tests/benchmarks/run.py [--short] [NAME ...]

Times on a busy machine mean little, ratios of alternating runs more: every contender
of a comparison takes its turn in every round, and the table shows medians and the
ratio to the first.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from rich.console import Console
from rich.table import Table

import startup
import training

COMPARISONS: Mapping[str, Callable[[bool], Mapping[str, Callable[[], object]]]] = {
    "startup": startup.contenders,
    "epoch": training.epoch,
    "batches": training.batches,
}


def compare(
    contenders: Mapping[str, Callable[[], object]], rounds: int
) -> dict[str, list[float]]:
    """Times every contender once in each round, after one that does not count."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for round_number in range(rounds + 1):
        for name, contender in contenders.items():
            start = time.perf_counter()
            contender()
            if round_number:
                times[name].append(time.perf_counter() - start)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(COMPARISONS)}")
    parser.add_argument(
        "--short", action="store_true", help="for errors, not for times"
    )
    options = parser.parse_args()
    unknown = set(options.names) - set(COMPARISONS)
    if unknown:
        parser.error(f"no comparison {sorted(unknown)}; there are {list(COMPARISONS)}")
    console = Console(width=100)
    console.print(f"{platform.platform()}, {os.cpu_count()} cores", highlight=False)
    for name in options.names or COMPARISONS:
        times = compare(COMPARISONS[name](options.short), 1 if options.short else 7)
        medians = {key: statistics.median(values) for key, values in times.items()}
        first = next(iter(medians.values()))
        table = Table(title=name, title_justify="left")
        table.add_column("")
        for column in ("median, ms", "fastest, ms", "times the first"):
            table.add_column(column, justify="right")
        for key, values in times.items():
            table.add_row(
                key,
                f"{1e3 * medians[key]:.1f}",
                f"{1e3 * min(values):.1f}",
                f"{medians[key] / first:.2f}",
            )
        console.print(table)


if __name__ == "__main__":
    main()
