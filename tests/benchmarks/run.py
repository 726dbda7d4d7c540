"""Comparisons with other systems, side by side in one run.

`make bench`, `tfkit bench` or `python tests/benchmarks/run.py`. Every contender has a
process of its own and takes its turn in every round; tables show medians, the range,
and how many times as fast as the first each one is.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import harness
import machine
import report
import workloads
from rich.console import Console


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the comparisons; 1 where a contender failed."""
    options = _options(arguments)
    if options.read is not None:
        record = json.loads(options.read.read_text())
    else:
        record = _run(options)
    if options.json is not None:
        options.json.write_text(json.dumps(record, indent=1) + "\n")
    if options.markdown:
        print(_markdown(record))
    results = map(harness.Result.from_dict, record["results"])
    return int(any(row.error for result in results for row in result.rows))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    known = workloads.WORKLOADS
    parser = argparse.ArgumentParser(
        prog="tfkit bench",
        description=__doc__.splitlines()[0],
        epilog=f"comparisons: {', '.join(known)}",
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="comparisons to run, of those below. Default: all",
    )
    parser.add_argument(
        "--short",
        action="store_true",
        help="every contender once at a tiny size: for errors, not for times",
    )
    parser.add_argument(
        "--rounds", type=int, help="turns of each contender. Default: 3 to 7"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write all measurements there"
    )
    parser.add_argument(
        "--markdown",
        action="store_true",
        help="print the tables of docs/PERFORMANCE.md",
    )
    parser.add_argument(
        "--read",
        type=Path,
        metavar="FILE",
        help="measure nothing; take what --json has written",
    )
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in known]
    if unknown:
        parser.error(f"no comparison {unknown}; there are {', '.join(known)}")
    if options.rounds is not None and options.rounds < 1:
        parser.error(f"--rounds must be at least 1. Received: {options.rounds}")
    return options


def _run(options: argparse.Namespace) -> dict[str, Any]:
    # Progress and notes go to standard error: --markdown has the output for itself.
    notes = Console(stderr=True, width=None if sys.stderr.isatty() else 100)
    console = Console(width=None if sys.stdout.isatty() else 120)
    about = machine.description()
    shown = notes if options.markdown else console
    shown.print(report.machine_markdown(about), highlight=False, soft_wrap=True)
    if options.short:
        shown.print("Short form: tiny sizes; the times mean nothing.")
    with harness.processes(shared=options.short) as started:
        kinds = _prepare(started, options.short)
        for name, kind in kinds.items():
            shown.print(f"{name}: {kind}", highlight=False)
        chosen = _chosen(options, notes)
        run = _run_short if options.short else _run_in_turn
        results = []
        for result in run(chosen, options, started, notes):
            results.append(result)
            report.show(shown, result)
    return {
        "machine": about,
        "data": kinds,
        "results": [result.to_dict() for result in results],
    }


def _run_in_turn(
    names: Sequence[str],
    options: argparse.Namespace,
    started: harness.Processes,
    notes: Console,
) -> Iterator[harness.Result]:
    """One after the other: nothing else may run while a contender does."""
    for name in names:
        with notes.status(name) as status:
            result = harness.compare(
                name,
                workloads.WORKLOADS[name](False),
                started,
                rounds=options.rounds,
                say=status.update,
            )
        yield result


def _run_short(
    names: Sequence[str],
    options: argparse.Namespace,
    started: harness.Processes,
    notes: Console,
) -> Iterator[harness.Result]:
    """Several at a time, each once."""

    def once(name: str) -> harness.Result:
        workload = workloads.WORKLOADS[name](True)
        return harness.compare(name, workload, started, rounds=1, warm_up=0)

    with ThreadPoolExecutor(max_workers=3) as pool:
        # What needs processes of its own comes first: the others wait for each other.
        own = ("to_97", "startup", "legacy_tf1", "legacy_tf1_startup")
        order = sorted(names, key=lambda name: name not in own)
        running = {name: pool.submit(once, name) for name in order}
        for name in names:
            yield running[name].result()


def _chosen(options: argparse.Namespace, notes: Console) -> list[str]:
    """The names to run; says which cannot."""
    names = list(options.names or workloads.WORKLOADS)
    if options.short or workloads.has_real_mnist():
        return names
    absent = [name for name in names if name in workloads.NEEDS_MNIST]
    if absent:
        notes.print(
            f"Left out: {', '.join(absent)}, which need MNIST prepared in the folder "
            "that TFDS_DATA_DIR names."
        )
    return [name for name in names if name not in absent]


def _prepare(started: harness.Processes, short: bool) -> dict[str, str]:
    """Writes the data in a process of its own; returns what kind it is."""
    kinds = {}
    for contender in workloads.prepared(short):
        worker = started.worker(contender)
        try:
            worker.ask(
                "load",
                key=contender.name,
                module=f"contenders.{contender.module}",
                function=contender.function,
                options=dict(contender.options),
            )
            kinds[contender.name] = worker.ask("facts", key=contender.name)["kind"]
        finally:
            started.release(worker)
    return kinds


def _markdown(record: dict[str, Any]) -> str:
    data = "; ".join(f"{name}: {kind}" for name, kind in record["data"].items())
    parts = [report.machine_markdown(record["machine"]), f"Data: {data}.\n"]
    parts += [
        report.markdown(harness.Result.from_dict(values))
        for values in record["results"]
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
