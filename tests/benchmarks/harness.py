"""Contenders in processes of their own that take turns.

Frameworks get in each other's way inside one process (threads, allocators, Keras's
backend), and on a busy machine times mean little while ratios of alternating turns mean
more. So each contender has a process that stays, all are warmed up, and in every round
each takes its turn while the others wait.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


class ContenderError(Exception):
    """A contender could not do its work; the message is its traceback or output."""


@dataclass(frozen=True)
class Contender:
    """One side of a comparison, in a worker process.

    Args:
        name: Its row in the table.
        module: In contenders/.
        function: Of that module; it builds the contender.
        options: Its arguments.
        environment: Variables of the process, beside those of this one.
        needs: Packages without which it is left out.
        fresh: Whether each round needs a new process.
        moved: Bytes that a turn's unit of work has to read and write; gives the share
            of the copy bandwidth.
        is_copy: Whether it measures that bandwidth.
        work: Amount of work in a turn's unit, for `rate`.
        rate: Unit of the work done in a second, such as "GB/s".
    """

    name: str
    module: str
    function: str
    options: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    needs: Sequence[str] = ()
    fresh: bool = False
    moved: float | None = None
    is_copy: bool = False
    work: float | None = None
    rate: str = ""

    @property
    def process(self) -> tuple[str, ...]:
        """Contenders that are equal here could share a process."""
        framework = "+".join(self.needs) or "tensorflow"
        return (framework, *map("=".join, self.environment.items()))


@dataclass(frozen=True)
class Command:
    """One side of a comparison: a process from start to end.

    Args:
        name: Its row in the table.
        arguments: Of Python; "{round}" stands for the number of the round.
        until: Text of the standard output at which the time is taken and the process
            ended; None waits for its end.
    """

    name: str
    arguments: Sequence[str]
    until: str | None = None
    needs: Sequence[str] = ()
    moved: float | None = None
    is_copy: bool = False
    work: float | None = None
    rate: str = ""


@dataclass(frozen=True)
class Bar:
    """What a comparison is to show: median of `first` / median of `second`.

    A `first` of "share" takes the share of the copy bandwidth of `second`.
    """

    first: str
    second: str
    at_least: float | None = None
    at_most: float | None = None

    def __str__(self) -> str:
        subject = (
            f"{self.second}: share of the copy bandwidth"
            if self.first == "share"
            else f"{self.first} / {self.second}"
        )
        if self.at_least is not None:
            return f"{subject} at least {self.at_least:g}"
        return f"{subject} at most {self.at_most:g}"

    def is_met(self, value: float) -> bool:
        """Whether `value` is on the right side."""
        if self.at_least is not None:
            return value >= self.at_least
        return self.at_most is None or value <= self.at_most


@dataclass(frozen=True)
class Workload:
    """What is compared.

    Args:
        title: A line for the table's head.
        contenders: The first one is what the others are compared with.
        unit: "ms", "s", "MB" or "%".
        rounds: How often each takes its turn.
        bars: What it is to show.
        limits: A line: what limits it.
        warm_up: Rounds that do not count.
        relative: Whether a ratio to the first means something.
    """

    title: str
    contenders: Sequence[Contender | Command]
    unit: str = "ms"
    rounds: int = 7
    bars: Sequence[Bar] = ()
    limits: str = ""
    warm_up: int = 1
    relative: bool = True


@dataclass
class Row:
    """What a contender has shown; times in seconds, memory in bytes, accuracy 0 to 1."""

    name: str
    values: list[float] = field(default_factory=list)
    first: float | None = None
    facts: dict[str, str] = field(default_factory=dict)
    error: str | None = None
    share: float | None = None
    rate: str = ""

    @property
    def median(self) -> float:
        """Of all rounds."""
        return statistics.median(self.values)


@dataclass
class Result:
    """A finished comparison."""

    name: str
    title: str
    unit: str
    relative: bool
    limits: str
    rows: list[Row]
    missing: dict[str, str]
    bars: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """In plain JSON types."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Result:
        """What `to_dict` has written."""
        rows = [Row(**row) for row in values["rows"]]
        return cls(**{**values, "rows": rows})


class Worker:
    """A process that holds contenders; see worker.py for what it is told.

    Args:
        environment: Variables of the process, beside those of this one.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        # Comparisons that share a process may run in threads.
        self._lock = threading.Lock()
        self._begun = 0
        # Closed by `close`, with the process.
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, str(FOLDER / "worker.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, **environment},
        )

    def begin(self, module: str) -> None:
        """Lets it import a module, without waiting for the end."""
        with self._lock:
            self._begun += 1
            self._send("import", module=module)

    def ask(self, do: str, **fields: Any) -> Any:
        """Asks and waits for the answer, after all that was begun.

        Raises:
            ContenderError: If the contender failed or its process has ended.
        """
        with self._lock:
            for _ in range(self._begun):
                self._begun -= 1
                self._receive()
            self._send(do, **fields)
            return self._receive()

    def _send(self, do: str, **fields: Any) -> None:
        assert self._process.stdin is not None
        # Where the process is gone, `_receive` tells why.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps({"do": do, **fields}) + "\n")
            self._process.stdin.flush()

    def _receive(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._errors.seek(0)
            tail = self._errors.read().decode(errors="replace")[-2000:]
            raise ContenderError(f"its process ended ({self._process.wait()}): {tail}")
        reply = json.loads(line)
        if "error" in reply:
            raise ContenderError(reply["error"])
        return reply["value"]

    def close(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            assert stream is not None
            with contextlib.suppress(BrokenPipeError):
                stream.close()


class Processes:
    """Starts workers, and keeps those that several comparisons share.

    Args:
        shared: One process for each framework instead of each contender: saves the
            imports where times do not matter.
        data: Folder of the arrays.
    """

    def __init__(self, shared: bool, data: Path) -> None:
        self._shared, self._data = shared, data
        self._kept: dict[tuple[str, ...], Worker] = {}
        self._lock = threading.Lock()

    def worker(self, contender: Contender) -> Worker:
        """A process for a contender, which may be another's already."""
        if not self._shared:
            return self._start(contender)
        with self._lock:
            if contender.process not in self._kept:
                self._kept[contender.process] = self._start(contender)
            return self._kept[contender.process]

    def release(self, worker: Worker) -> None:
        """Ends a process that nothing else will use."""
        if not self._shared:
            worker.close()

    def close(self) -> None:
        """Ends all that were kept."""
        for worker in self._kept.values():
            worker.close()
        self._kept.clear()

    def _start(self, contender: Contender) -> Worker:
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "TFKIT_BENCH_DATA": str(self._data)}
        return Worker({**quiet, **contender.environment})


@contextlib.contextmanager
def processes(shared: bool) -> Iterator[Processes]:
    """`Processes` with a folder for data; everything is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        started = Processes(shared, Path(folder))
        try:
            yield started
        finally:
            started.close()


def is_installed(package: str) -> bool:
    """Whether a package could be imported; it isn't."""
    return importlib.util.find_spec(package) is not None


def compare(
    name: str,
    workload: Workload,
    started: Processes,
    rounds: int | None = None,
    warm_up: int | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Result:
    """Lets every contender of a workload take its turns.

    Args:
        name: Of the workload.
        workload: What to compare.
        started: Where processes come from.
        rounds: Default: the workload's own.
        warm_up: Rounds that do not count. Default: the workload's own.
        say: Is told what is going on.

    Returns:
        All measurements. A contender that failed has its `error` and no more turns.
    """
    missing, sides = {}, []
    for contender in workload.contenders:
        absent = [package for package in contender.needs if not is_installed(package)]
        if absent:
            missing[contender.name] = f"{', '.join(absent)} not installed"
        else:
            sides.append(_side(f"{name}: {contender.name}", contender, started))
    try:
        for side in sides:
            side.start()
        for side in sides:
            say(f"{name}: {side.row.name}, first time")
            side.load()
        skipped = workload.warm_up if warm_up is None else warm_up
        for number in range(-skipped, workload.rounds if rounds is None else rounds):
            for side in sides:
                say(f"{name}: round {number + 1}, {side.row.name}")
                side.turn(number)
        for side in sides:
            side.finish()
    finally:
        for side in sides:
            side.close()
    rows = [side.row for side in sides]
    _add_shares(rows, [side.contender for side in sides])
    result = Result(
        name, workload.title, workload.unit, workload.relative, workload.limits, rows,
        missing,
    )  # fmt: skip
    result.bars = [found for bar in workload.bars if (found := _judged(bar, rows))]
    return result


class _WorkerSide:
    """A contender in a worker process, and its row."""

    def __init__(self, key: str, contender: Contender, started: Processes) -> None:
        self.contender, self.row = contender, Row(contender.name)
        self._key, self._started = key, started
        self._worker: Worker | None = None

    def start(self) -> None:
        """Begins to import, at the same time as the others."""
        if not self.contender.fresh:
            self._open()

    def load(self) -> None:
        """Builds the contender and lets it do what only the first use does."""
        if not self.contender.fresh:
            self.row.first = self._guarded(self._load)

    def turn(self, number: int) -> None:
        """Measures once; rounds below 0 do not count."""
        if self.row.error is not None:
            return
        if self.contender.fresh:
            self._open()
            self._guarded(self._load)
        value = self._guarded(lambda: self._ask("turn", round=max(number, 0)))
        if value is not None and number >= 0:
            self.row.values.append(value)
        if self.contender.fresh:
            self.finish()
            self.close()

    def finish(self) -> None:
        """Collects the facts."""
        if self._worker is not None:
            self.row.facts = self._guarded(lambda: self._ask("facts")) or {}

    def close(self) -> None:
        """Lets go of the process."""
        if self._worker is not None:
            self._guarded(lambda: self._ask("drop"))
            self._started.release(self._worker)
            self._worker = None

    def _open(self) -> None:
        self._worker = self._started.worker(self.contender)
        self._worker.begin(self._module)

    def _load(self) -> Any:
        return self._ask(
            "load",
            module=self._module,
            function=self.contender.function,
            options=dict(self.contender.options),
        )

    @property
    def _module(self) -> str:
        return f"contenders.{self.contender.module}"

    def _ask(self, do: str, **fields: Any) -> Any:
        assert self._worker is not None
        return self._worker.ask(do, key=self._key, **fields)

    def _guarded(self, call: Callable[[], Any]) -> Any:
        """Keeps one contender's failure from being the others'."""
        if self.row.error is not None:
            return None
        try:
            return call()
        except ContenderError as error:
            self.row.error = str(error)
            return None


class _CommandSide:
    """A command, and its row."""

    def __init__(self, contender: Command) -> None:
        self.contender, self.row = contender, Row(contender.name)

    def start(self) -> None:
        """Nothing to prepare."""

    def load(self) -> None:
        """Nothing to load."""

    def turn(self, number: int) -> None:
        """Runs the command; rounds below 0 do not count."""
        if self.row.error is not None:
            return
        try:
            seconds, facts = self._run(max(number, 0))
        except ContenderError as error:
            self.row.error = str(error)
            return
        if number >= 0:
            self.row.values.append(seconds)
            for key, value in facts.items():
                known = self.row.facts.get(key)
                self.row.facts[key] = f"{known}, {value}" if known else f"{value}"

    def finish(self) -> None:
        """Nothing to collect."""

    def close(self) -> None:
        """Nothing to let go of."""

    def _run(self, number: int) -> tuple[float, dict[str, Any]]:
        arguments = [
            argument.replace("{round}", str(number))
            for argument in self.contender.arguments
        ]
        until, output = self.contender.until, ""
        with (
            tempfile.TemporaryDirectory() as folder,
            tempfile.TemporaryFile() as errors,
        ):
            start = time.perf_counter()
            process = subprocess.Popen(
                [sys.executable, *arguments],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=folder,  # what a command writes goes with it
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
            try:
                assert process.stdout is not None
                for line in process.stdout:
                    output += line
                    if until is not None and until in line:
                        return time.perf_counter() - start, {}
                status = process.wait()
                seconds = time.perf_counter() - start
            finally:
                process.kill()
                process.wait()
                process.stdout.close()
            errors.seek(0)
            tail = (output + errors.read().decode(errors="replace"))[-2000:]
        if status:
            raise ContenderError(f"it ended with status {status}: {tail}")
        if until is not None:
            raise ContenderError(f"it ended without {until!r}: {tail}")
        last = (output.splitlines() or [""])[-1]
        return seconds, json.loads(last) if last.startswith("{") else {}


def _side(
    key: str, contender: Contender | Command, started: Processes
) -> _WorkerSide | _CommandSide:
    if isinstance(contender, Command):
        return _CommandSide(contender)
    return _WorkerSide(key, contender, started)


def _add_shares(rows: Sequence[Row], contenders: Sequence[Contender | Command]) -> None:
    """Adds the rates, and the shares of the best copy's bandwidth in this comparison."""
    measured = [
        (row, contender)
        for row, contender in zip(rows, contenders, strict=True)
        if row.values
    ]
    copies = [
        contender.moved / row.median
        for row, contender in measured
        if contender.is_copy and contender.moved
    ]
    for row, contender in measured:
        if contender.moved and copies:
            row.share = contender.moved / row.median / max(copies)
        if contender.work:
            row.rate = f"{contender.work / row.median:.1f} {contender.rate}"


def _judged(bar: Bar, rows: Sequence[Row]) -> dict[str, Any] | None:
    """The bar beside what was reached; None where one of its sides is missing."""
    found = {row.name: row for row in rows if row.values}
    if bar.second not in found:
        return None
    if bar.first == "share":
        value = found[bar.second].share
    else:
        value = (
            found[bar.first].median / found[bar.second].median
            if bar.first in found
            else None
        )
    if value is None:
        return None
    return {"bar": str(bar), "value": value, "met": bar.is_met(value)}
