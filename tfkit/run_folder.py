"""The folder a run leaves behind: names, atomic writes, lock, listing.

    logs/<experiment>/<run>/
        config.toml          the full description; `tfkit train --config` repeats the run
        environment.json     versions, machine, commit, command
        data.json            shape, classes, sizes and fingerprint of the parts
        history.csv          one line an epoch
        interventions.jsonl  when training began, and what was changed by hand
        model.keras          the network with its best weights
        report.md            the judgement, with curves.png
        results.json         the numbers of the report
        tensorboard/         event files
        failures/            only where a training step was not finite: see `tfkit replay`
        .running.lock        held by the process that trains, while it does

A run folder is claimed by creating it, which the file system lets only one process do;
what stands there already is never touched.

This module imports neither TensorFlow nor Keras.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

__all__ = [
    "RunFolder",
    "all_below",
    "create",
    "find",
    "replacing",
    "require_free",
    "require_writable",
    "runs",
    "training",
    "write_text",
]

CONFIG = "config.toml"
MODEL = "model.keras"
LOCK = ".running.lock"
# Who asks whether a run goes on holds its lock for less than a millisecond.
_LOCK_SECONDS = 10.0


@dataclass(frozen=True)
class RunFolder:
    """Paths inside one run's folder.

    Args:
        path: The folder `logs/<experiment>/<run>`.

    Example:
        >>> RunFolder(Path("logs/iris/first")).model.as_posix()
        'logs/iris/first/model.keras'
    """

    path: Path

    @property
    def config(self) -> Path:
        """The description of the run, TOML."""
        return self.path / CONFIG

    @property
    def environment(self) -> Path:
        """Versions, machine, commit and command, JSON."""
        return self.path / "environment.json"

    @property
    def data(self) -> Path:
        """What the data were: shape, classes, sizes, fingerprint; JSON."""
        return self.path / "data.json"

    @property
    def history(self) -> Path:
        """One line an epoch, CSV."""
        return self.path / "history.csv"

    @property
    def model(self) -> Path:
        """The network with its best weights, Keras format."""
        return self.path / MODEL

    @property
    def report(self) -> Path:
        """The judgement, Markdown."""
        return self.path / "report.md"

    @property
    def results(self) -> Path:
        """The numbers of the report, JSON."""
        return self.path / "results.json"

    @property
    def failures(self) -> Path:
        """A folder for each training step that was not finite, for `tfkit replay`."""
        return self.path / "failures"

    @property
    def tensorboard(self) -> Path:
        """TensorBoard's event files."""
        return self.path / "tensorboard"

    @property
    def lock(self) -> Path:
        """Locked while a process trains here, see `training`."""
        return self.path / LOCK

    def is_running(self) -> bool:
        """Whether a process trains here now.

        The operating system frees the lock of a process that ends in any way, a kill
        or a crash included, so a yes is never a leftover.
        """
        if not self.lock.exists():
            return False
        import filelock  # slow to import, and most callers have no question

        try:
            with filelock.FileLock(self.lock, timeout=0):
                return False
        except (filelock.Timeout, PermissionError):
            # Another user's file cannot be opened. An ended run has results, and is
            # not asked; so this one more likely goes on.
            return True
        except OSError:  # on a file system that cannot be written nobody trains
            return False

    def write_json(self, path: Path, value: Any) -> None:
        """Writes `value` to `path` as indented JSON, in one step."""
        write_text(path, json.dumps(value, indent=2) + "\n")


def create(logs: Path, experiment: str, name: str | None = None) -> RunFolder:
    """Claims the folder `logs/experiment/name`.

    Args:
        logs: Folder of all runs; created when missing.
        experiment: Folder of the runs to be compared.
        name: Folder of this run. Default: the present time, `20260131-142501`, with
            `-2`, `-3`, ... appended when another run took it in the same second.

    Returns:
        The new, empty folder.

    Raises:
        FileExistsError: If `name` is given and exists.
        PermissionError: If the folder cannot be created or written to.
    """
    parent = Path(logs) / experiment
    require_writable(parent, option="--logs")
    if name is not None:
        path = parent / name
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            raise _exists(path) from None
        return RunFolder(path)
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    candidate, number = parent / stamp, 1
    while True:
        try:
            candidate.mkdir(parents=True)
        except FileExistsError:
            number += 1
            candidate = parent / f"{stamp}-{number}"
        else:
            return RunFolder(candidate)


def require_free(logs: Path, experiment: str, name: str | None = None) -> None:
    """Raises what `create` would raise, without creating anything.

    For use before long work whose result is to be kept.
    """
    parent = Path(logs) / experiment
    require_writable(parent, option="--logs")
    if name is not None and (parent / name).exists():
        raise _exists(parent / name)


def require_writable(folder: Path, *, option: str | None = None) -> None:
    """Raises PermissionError unless `folder` is, or could become, a writable folder.

    Args:
        folder: The folder; it need not exist yet.
        option: The option or argument that chooses another, for the message.
    """
    choose = "Choose another place" + (f" with `{option}`" if option else "")
    existing = Path(folder).absolute()
    while not existing.exists():
        existing = existing.parent
    if not existing.is_dir():
        raise PermissionError(
            f"Cannot write to {folder}: {existing} is a file, not a folder. {choose}."
        )
    # os.access answers yes for root on a read-only file system; a real file does not.
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise PermissionError(
            f"Cannot write to {folder}: {error.strerror or error}. {choose}, or change "
            "the permissions of that folder."
        ) from None


def find(
    run: str | Path, logs: str | Path = "logs", *, with_model: bool = False
) -> RunFolder:
    """Finds a run.

    Args:
        run: A run's folder; or its name below `logs`, such as
            `digits/20260131-142501`; or `latest`.
        logs: Where names are looked up.
        with_model: Whether `latest` is the latest that has a model: not one that still
            trains, or was broken off.

    Raises:
        FileNotFoundError: If there is no such run, or the folder holds none; names
            the latest runs there are.
    """
    known = list(runs(logs))
    if str(run) == "latest":
        usable = [
            folder for folder in known if folder.model.is_file() or not with_model
        ]
        if usable:
            return max(usable, key=lambda folder: folder.config.stat().st_mtime)
    for path in (Path(run), Path(logs) / run):
        if (path / CONFIG).is_file():
            return RunFolder(path)
    what = (
        f"{run} holds no {CONFIG}, so it is no run folder."
        if Path(run).exists()
        else f"There is no run {str(run)!r}."
    )
    known.sort(key=lambda folder: folder.config.stat().st_mtime, reverse=True)
    there = [folder.path.as_posix() for folder in known[:5]]
    there += [f"and {len(known) - 5} older ones"] if len(known) > 5 else []
    raise FileNotFoundError(
        f"{what} Runs below {Path(logs).as_posix()}/: {', '.join(there)}."
        if there
        else f"{what} None lies below {Path(logs).as_posix()}/ either: "
        "`tfkit train` makes one, `--logs` looks elsewhere."
    )


def runs(logs: str | Path = "logs") -> Iterator[RunFolder]:
    """Yields the runs below `logs`, by experiment and name."""
    for config in sorted(Path(logs).glob(f"*/*/{CONFIG}")):
        yield RunFolder(config.parent)


def all_below(folder: str | Path) -> Iterator[RunFolder]:
    """Yields whatever was meant to be a run, damaged or not, by experiment and name.

    `runs` yields only folders with a config, which other commands can use.

    Args:
        folder: The folder of all runs, that of one experiment, or one run.

    Example:
        >>> import tempfile
        >>> logs = Path(tempfile.mkdtemp())
        >>> create(logs, "digits", "first").config.touch()
        >>> create(logs, "digits", "second").model.touch()
        >>> [run.path.name for run in all_below(logs)]
        ['first', 'second']
        >>> [run.path.name for run in all_below(logs / "digits" / "second")]
        ['second']
    """
    yield from _all_below(RunFolder(Path(folder)), levels=2)


@contextmanager
def training(folder: RunFolder) -> Iterator[None]:
    """Tells other processes, while inside, that this one trains in `folder`.

    Args:
        folder: What `create` returned.

    Example:
        >>> import tempfile
        >>> folder = create(Path(tempfile.mkdtemp()), "digits")
        >>> with training(folder):
        ...     folder.is_running()
        True
        >>> folder.is_running()
        False
    """
    import filelock

    with filelock.FileLock(folder.lock, timeout=_LOCK_SECONDS):
        try:
            yield
        finally:
            # A run that has ended needs no lock. Windows, where an open file cannot be
            # removed, sees to it when the lock is released.
            with suppress(OSError):
                folder.lock.unlink()


def write_text(path: Path, text: str) -> None:
    """Writes a text file in one step: readers see the old text or the new, whole."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives a temporary path of the same suffix and moves it to `path` at the end.

    After an exception inside, `path` is as it was and the temporary file is gone.
    """
    temporary = path.with_name(f".{path.stem}-{os.getpid()}{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _all_below(folder: RunFolder, levels: int) -> Iterator[RunFolder]:
    only_runs_have = {
        path.name
        for path in (
            folder.config,
            folder.environment,
            folder.data,
            folder.history,
            folder.model,
            folder.results,
            folder.report,
            folder.lock,
        )
    }
    try:
        names = os.listdir(folder.path)
    except PermissionError:
        yield folder  # who reads it is told why that fails
        return
    if not only_runs_have.isdisjoint(names):
        yield folder
        return
    for name in sorted(names) if levels else ():
        path = folder.path / name
        if not name.startswith(".") and path.is_dir():
            yield from _all_below(RunFolder(path), levels - 1)


def _exists(path: Path) -> FileExistsError:
    return FileExistsError(
        f"The run folder {path} exists already and is never overwritten. Give another "
        "`--name`, leave it out (the time is taken), or move the old folder away."
    )
