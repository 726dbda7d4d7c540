"""A run as it is named on the command line."""

from __future__ import annotations

from pathlib import Path

from tfkit import run_folder
from tfkit.run_folder import RunFolder

# More would bury the sentence before them.
_NAMED = 5


def find(run: str, logs: Path, *, with_model: bool = False) -> RunFolder:
    """Finds a run by its folder, by its name as `tfkit runs` prints it, or `latest`.

    Args:
        run: A run's folder; `EXPERIMENT/RUN` or `RUN` below `logs`; or `latest`.
        logs: Folder of all runs.
        with_model: Whether `latest` is the latest that has a model.

    Raises:
        FileNotFoundError: If there is no such run; says what was looked for, and where.
        ValueError: If several experiments have a run of this name.

    Example:
        >>> import tempfile
        >>> logs = Path(tempfile.mkdtemp())
        >>> run_folder.create(logs, "digits", "first").config.touch()
        >>> find("first", logs).path.relative_to(logs).as_posix()
        'digits/first'
    """
    known = list(run_folder.runs(logs))
    named = [folder for folder in known if folder.path.name == Path(run).as_posix()]
    # What stands at the path itself comes first, and `latest` is no name.
    is_path = any((place / run_folder.CONFIG).is_file() for place in _places(run, logs))
    if run and (run == "latest" or is_path):
        return run_folder.find(run, logs, with_model=with_model)
    if len(named) > 1:
        raise ValueError(
            f"Several runs are called {run!r}: {_listed(named)}. Name the experiment, "
            f"too: {named[0].path.parent.name}/{run}."
        )
    if named:
        return named[0]
    raise FileNotFoundError(f"{_what_is_wrong(run, logs)} {_ways_out(known, logs)}")


def _places(run: str, logs: Path) -> tuple[Path, Path]:
    return Path(run), logs / run


def _what_is_wrong(run: str, logs: Path) -> str:
    if not run:
        return "The name of a run is missing. Received: an empty text."
    inside = next(
        (
            folder
            for folder in Path(run).absolute().parents
            if (folder / run_folder.CONFIG).is_file() and Path(run).exists()
        ),
        None,
    )
    if inside is not None:
        return f"{run} is a part of a run; name the run's folder, {inside}."
    for place in _places(run, logs):
        if not place.is_dir():
            continue
        below = [
            RunFolder(config.parent)
            for config in sorted(place.glob(f"*/{run_folder.CONFIG}"))
        ]
        if below:
            return (
                f"{place.as_posix()} is the folder of an experiment, not of a run. "
                f"Name one of its runs: {_listed(below)}."
            )
        return (
            f"{place.as_posix()} holds no {run_folder.CONFIG}, so it is no run folder."
        )
    looked = [Path(run).as_posix()]
    if not Path(run).is_absolute():
        looked.append((logs / run).as_posix())
        if len(Path(run).parts) == 1:
            looked.append((logs / "*" / run).as_posix())
    return (
        f"There is no run {run!r}: looked for {run_folder.CONFIG} in "
        f"{', '.join(looked)}."
    )


def there_are(logs: Path) -> str:
    """Says which runs there are, the latest first."""
    return _ways_out(list(run_folder.runs(logs)), logs)


def _ways_out(known: list[RunFolder], logs: Path) -> str:
    if not known:
        return (
            f"There are no runs below {logs.as_posix()}/: `tfkit train` makes one, "
            "`--logs` looks elsewhere."
        )
    return (
        f"The runs below {logs.as_posix()}/ (`tfkit runs` says more): {_listed(known)}."
    )


def _listed(folders: list[RunFolder]) -> str:
    """Experiment and name of each, the latest first."""
    latest = sorted(folders, key=lambda f: f.config.stat().st_mtime, reverse=True)
    names = [f"{f.path.parent.name}/{f.path.name}" for f in latest[:_NAMED]]
    more = len(latest) - _NAMED
    return ", ".join(names) + (f" and {more} older" if more > 0 else "")
