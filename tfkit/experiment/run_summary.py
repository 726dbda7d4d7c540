"""What a run's folder tells about the run, whatever became of it.

This module imports neither TensorFlow nor Keras: many runs are read at once.
"""

from __future__ import annotations

import csv
import json
import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal, TypeVar, get_args

from tfkit.diagnose.bias_variance import BiasVariance, Gap
from tfkit.diagnose.error_rate import ErrorRate
from tfkit.diagnose.recipe import Action, Actions
from tfkit.experiment.description import Experiment
from tfkit.run_folder import RunFolder

T = TypeVar("T")

State = Literal["finished", "interrupted", "running", "broken"]

# They say where a run lies; they do not decide what comes of it.
_PLACE = ("run.logs", "run.experiment", "run.name")


@dataclass(frozen=True)
class RunSummary:
    """What is known of a run. What could not be read is empty or None.

    Args:
        folder: Where it lies.
        state: "finished"; "running"; "interrupted", by Ctrl-C or because its process
            ended in the middle; "broken", if a file is missing or damaged.
        problems: What is missing or damaged.
        started: When it began, local time.
        options: The config with the defaults of what it leaves out, by name in the
            TOML file: `{"model.hidden": [16]}`. Options that are None are left out.
        errors: Error of each part. Of a run without results, that of dev in its best
            epoch.
        judgement: Bias and variance.
        best_epoch: Epoch, counted from 1, whose weights were kept, or would be now.
        epochs: Epochs trained.
        stopped: Why training ended; empty for a run without results.
        seconds: Wall time of the training.
    """

    folder: RunFolder
    state: State
    problems: tuple[str, ...]
    started: datetime | None
    options: dict[str, Any]
    errors: dict[str, ErrorRate]
    judgement: BiasVariance | None
    best_epoch: int | None
    epochs: int | None
    stopped: str
    seconds: float | None

    @property
    def experiment(self) -> str:
        """Name of the folder that groups this run with others."""
        return self.folder.path.absolute().parent.name

    @property
    def name(self) -> str:
        """Name of the run's own folder."""
        return self.folder.path.absolute().name


@dataclass(frozen=True)
class _Outcome:
    """How far a run came; the fields of `RunSummary` of the same names."""

    errors: dict[str, ErrorRate]
    judgement: BiasVariance | None = None
    best_epoch: int | None = None
    epochs: int | None = None
    stopped: str = ""
    seconds: float | None = None


def summarize(folder: RunFolder) -> RunSummary:
    """Reads a run's folder; whatever it holds, there is a summary.

    Args:
        folder: The folder of a run that ended, still trains, or is damaged.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from tfkit.run_folder import RunFolder
        >>> folder = RunFolder(Path(tempfile.mkdtemp()))
        >>> folder.config.write_text('dataset = "iris"')
        16
        >>> summary = summarize(folder)
        >>> summary.state, summary.options["dataset"], summary.epochs
        ('interrupted', 'iris', None)
    """
    problems: list[str] = []

    def attempt(read: Callable[[], T], default: T) -> T:
        try:
            return read()
        except (OSError, ValueError) as error:
            problems.append(_in_words(error))
            return default

    ended = folder.results.exists()
    if ended:
        kept = (folder.data, folder.history, folder.model, folder.report)
        problems += [f"{path.name} is missing" for path in kept if not path.exists()]
    no_options: dict[str, Any] = {}
    options = attempt(lambda: read_options(folder), no_options)
    if ended:
        outcome = attempt(lambda: _results(folder), _Outcome({}))
    else:
        outcome = attempt(lambda: _so_far(folder, options), _Outcome({}))
    started: datetime | None = None
    if ended or folder.environment.exists():
        started = attempt(lambda: _started(folder), started)
    state: State = "interrupted"
    # The last files are written one after another.
    if (problems or not ended) and folder.is_running():
        state = "running"
    elif problems:
        state = "broken"
    elif ended and outcome.stopped != "interrupted":
        state = "finished"
    return RunSummary(folder, state, tuple(problems), started, options, **vars(outcome))


def read_options(folder: RunFolder) -> dict[str, Any]:
    """Reads a run's config, by full name, with today's defaults of what it leaves out.

    It is not checked: a config of an older version may name options that are gone.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If it is no TOML.
    """
    try:
        config = tomllib.loads(folder.config.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{folder.config.name} is damaged: {error}") from None
    options = {**_defaults(), **_flat(config)}
    return {key: options[key] for key in options if key not in _PLACE}


def read_json(path: Any) -> dict[str, Any]:
    """Reads one of a run's JSON files.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If it is damaged.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError(f"expected an object, received {type(content).__name__}")
    except ValueError as error:
        raise ValueError(f"{path.name} is damaged: {error}") from None
    return content


def read_history(folder: RunFolder) -> dict[str, list[float]]:
    """Reads what each epoch logged, by the name in history.csv; empty without epochs.

    Raises:
        FileNotFoundError: If there is no history.
        ValueError: If it is damaged. A last line without its end, which is still being
            written, is left out.
    """
    path = folder.history
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        if lines and not lines[-1].endswith("\n"):
            lines.pop()
        header, *rows = list(csv.reader(lines)) or [[]]
        columns = zip(*(map(_number, row) for row in rows), strict=True)
        return dict(zip(header, map(list, columns), strict=bool(rows)))
    except ValueError as error:
        raise ValueError(f"{path.name} is damaged: {error}") from None


def varied(runs: Sequence[RunSummary]) -> list[str]:
    """Returns the options, by full name, that are not alike in all these runs.

    Runs whose config could not be read do not count.
    """
    configs = [run.options for run in runs if run.options]
    names = dict.fromkeys(name for config in configs for name in config)
    return [
        name
        for name in names
        if any(config.get(name) != configs[0].get(name) for config in configs)
    ]


def option_label(name: str) -> str:
    """Shortens an option's full name to what the command line calls it.

    Example:
        >>> option_label("model.batch_norm"), option_label("optimizer.learning_rate")
        ('batch_norm', 'optimizer.learning_rate')
    """
    section, _, option = name.partition(".")
    return option if section in _bare_sections() else name


def value_text(value: Any) -> str:
    """Writes an option's value as it would be typed; None is its own default.

    Example:
        >>> value_text([256, 128]), value_text(3e-05), value_text(None)
        ('256 128', '3e-05', 'default')
    """
    if value is None:
        return "default"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        # All digits that tell it from its neighbours, none that only show float64.
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    if isinstance(value, list):
        return " ".join(map(value_text, value)) or "none"
    return f"{value}"


def _results(folder: RunFolder) -> _Outcome:
    content = read_json(folder.results)
    try:
        judgement = content["judgement"]
        return _Outcome(
            errors={
                part: ErrorRate(error["errors"], error["examples"])
                for part, error in content["errors"].items()
            },
            judgement=BiasVariance(
                errors=dict(judgement["errors"]),
                gaps=tuple(Gap(**gap) for gap in judgement["gaps"]),
                tolerance=float(judgement["tolerance"]),
                actions=_actions(judgement.get("actions")),
            ),
            best_epoch=int(content["best_epoch"]),
            epochs=int(content["epochs"]),
            stopped=str(content["stopped"]),
            seconds=float(content["seconds"]),
        )
    except KeyError as error:
        reason = f"there is no {error}"
    except (TypeError, ValueError, AttributeError) as error:
        reason = f"{error}"
    raise ValueError(f"{folder.results.name} is damaged: {reason}")


def _actions(recorded: Sequence[Mapping[str, str]] | None) -> Actions | None:
    """What was to be tried; older runs did not record it."""
    if recorded is None:
        return None
    return Actions(Action(**action) for action in recorded)


def _number(cell: str) -> float:
    # Keras's CSVLogger writes NA for what the last epoch of a training did not log.
    return math.nan if cell == "NA" else float(cell)


def _so_far(folder: RunFolder, options: Mapping[str, Any]) -> _Outcome:
    """Takes from the history what a run without results has reached."""
    history = read_history(folder) if folder.history.exists() else {}
    monitor = options.get("early_stopping.monitor", "val_loss")
    values = history.get(monitor, [])
    epochs = len(next(iter(history.values()), ()))
    sign = -1.0 if monitor == "val_accuracy" else 1.0
    finite = [(sign * v, i) for i, v in enumerate(values) if math.isfinite(v)]
    if not finite:
        return _Outcome({}, epochs=epochs or None)
    best = min(finite)[1]
    errors = {}
    if "val_accuracy" in history and folder.data.exists():
        try:
            examples = int(read_json(folder.data)["examples"]["dev"])
        except (KeyError, TypeError) as error:
            raise ValueError(
                f"{folder.data.name} is damaged: it must hold the number of examples "
                f"of each part. Received: {error}"
            ) from None
        wrong = round((1 - history["val_accuracy"][best]) * examples)
        errors = {"dev": ErrorRate(wrong, examples)}
    return _Outcome(errors, best_epoch=best + 1, epochs=epochs)


def _started(folder: RunFolder) -> datetime:
    content = read_json(folder.environment)
    try:
        return datetime.fromisoformat(content["started"]).astimezone()
    except (KeyError, TypeError, ValueError):
        raise ValueError(
            f"{folder.environment.name} is damaged: `started` must be a time, ISO "
            f"8601. Received: {content.get('started')!r}"
        ) from None


def _in_words(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{_file(error)} is missing"
    if isinstance(error, OSError):
        return f"{_file(error)} cannot be read: {error.strerror}"
    return str(error)


def _file(error: OSError) -> str:
    return str(error.filename).replace("\\", "/").rsplit("/", 1)[-1]


def _flat(tables: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    options: dict[str, Any] = {}
    for name, value in tables.items():
        if isinstance(value, dict):
            options.update(_flat(value, f"{prefix}{name}."))
        else:
            options[prefix + name] = value
    return options


@cache
def _defaults() -> dict[str, Any]:
    return _flat(Experiment().to_dict())


@cache
def _bare_sections() -> frozenset[str]:
    # A type with a note on it, Annotated[ModelOptions, ...], is what the description
    # writes as Bare[ModelOptions].
    return frozenset(
        field.name
        for field in fields(Experiment)
        if is_dataclass(field.default) and get_args(field.type)
    )
