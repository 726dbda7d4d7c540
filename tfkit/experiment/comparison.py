"""What differs between runs: options, environment, data, results.

This module imports neither TensorFlow nor Keras.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tfkit.diagnose.bias_variance import Gap, bias_variance
from tfkit.diagnose.error_rate import ErrorRate
from tfkit.experiment import run_summary
from tfkit.experiment.run_summary import RunSummary
from tfkit.run_folder import RunFolder

# Of each run its own, or told better by the options.
_UNCOMPARED = ("started", "command", "seed")
_PARTS = ("train", "dev", "test")


@dataclass(frozen=True)
class Comparison:
    """What `compare` found.

    Args:
        runs: The runs; the first is what the others are compared with.
        labels: A short name for each, unlike those of the others.
        options: Values of the options that differ, by full name, run by run. None
            stands for the option's own default.
        environment: Versions, commit and machine where they differ, run by run. None
            stands for what was not recorded.
        same_data: By part, whether each run had the same examples as the first, run by
            run; None where a fingerprint is missing. Parts that no run has are left
            out.
        differences: Dev error of each run less that of the first, with Newcombe's
            95 % interval; None for the first, without a dev error, and where the dev
            sets are not known to be the same.
    """

    runs: tuple[RunSummary, ...]
    labels: tuple[str, ...]
    options: dict[str, tuple[Any, ...]]
    environment: dict[str, tuple[Any, ...]]
    same_data: dict[str, tuple[bool | None, ...]]
    differences: tuple[Gap | None, ...]


def compare(folders: Sequence[RunFolder]) -> Comparison:
    r"""Compares runs with the first of them.

    Dev errors are compared where the dev sets are the same, example by example. Each
    error is a proportion with its Wilson interval; for the difference of two,
    Newcombe's interval is taken, see `tfkit.diagnose.bias_variance`. Errors whose
    interval excludes 0 differ by more than the chance that drew the dev set explains.
    It takes the two as independent. Two networks that are judged on the same examples
    fail on much the same ones, so it is wider than it need be: which examples a run
    got wrong is not stored.

    Args:
        folders: At least two runs; each must have a readable config.

    Raises:
        ValueError: If there are fewer than two, one is given twice, or a run is
            damaged so that there is nothing to compare.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from tfkit import run_folder
        >>> folders = [
        ...     run_folder.create(Path(tempfile.mkdtemp()), "iris", name)
        ...     for name in ("small", "big")
        ... ]
        >>> for folder, hidden in zip(folders, ([4], [64])):
        ...     run_folder.write_text(folder.config, f"[model]\nhidden = {hidden}")
        >>> comparison = compare(folders)
        >>> comparison.labels, comparison.options
        (('small', 'big'), {'model.hidden': ([4], [64])})
    """
    places = [folder.path.resolve() for folder in folders]
    if len(set(places)) < max(2, len(places)):
        given = ", ".join(folder.path.as_posix() for folder in folders)
        raise ValueError(
            f"Two runs or more are compared, each given once. Received: {given}. "
            "`tfkit runs` lists the runs there are."
        )
    runs = tuple(run_summary.summarize(folder) for folder in folders)
    for run in runs:
        if not run.options or (run.state == "broken" and not run.errors):
            raise ValueError(
                f"{run.folder.path} cannot be compared: {'; '.join(run.problems)}. "
                "Leave it out, or repeat the run with its config.toml."
            )
    fingerprints = [_if_readable(_fingerprints, run) for run in runs]
    same = {
        part: tuple(_same(prints, fingerprints[0], part) for prints in fingerprints)
        for part in _PARTS
        if any(part in prints for prints in fingerprints)
    }
    first = runs[0].errors.get("dev")
    dev_is_same = same.get("dev", (None,) * len(runs))
    return Comparison(
        runs,
        labels(runs),
        {
            name: tuple(run.options.get(name) for run in runs)
            for name in run_summary.varied(runs)
        },
        _differing([_if_readable(_environment, run) for run in runs]),
        same,
        tuple(
            difference(first, run.errors["dev"])
            if run is not runs[0] and first and "dev" in run.errors and is_same
            else None
            for run, is_same in zip(runs, dev_is_same, strict=True)
        ),
    )


def difference(first: ErrorRate, second: ErrorRate) -> Gap:
    """Returns the second error less the first, with Newcombe's 95 % interval.

    Its level says whether it is more than chance: "high" for an interval above 0, "low"
    for one that ends at 0 or below, "unclear" for one that holds 0.

    Example:
        >>> gap = difference(ErrorRate(48, 80), ErrorRate(56, 70))
        >>> f"{gap.value:.2f} ({gap.low:.4f} to {gap.high:.4f}), {gap.level}"
        '0.20 (0.0524 to 0.3339), high'

    Reference:
        Newcombe, 1998, Statistics in Medicine 17:873-890, table II: 56/70 - 48/80,
        method 10.
    """
    # "Variance" is the gap of two measured errors, dev less train: the same
    # difference of two proportions.
    judgement = bias_variance(train_error=first, dev_error=second, tolerance=0.0)
    return next(gap for gap in judgement.gaps if gap.name == "variance")


def labels(runs: Sequence[RunSummary]) -> tuple[str, ...]:
    """Names each run as shortly as tells them apart.

    The run's name if that is enough; else with its experiment's; else its path.
    """
    for name in (
        lambda run: run.name,
        lambda run: f"{run.experiment}/{run.name}",
        lambda run: run.folder.path.as_posix(),
    ):
        names = tuple(name(run) for run in runs)
        if len(set(names)) == len(runs):
            break
    return names


def _same(
    prints: Mapping[str, str], first: Mapping[str, str], part: str
) -> bool | None:
    if not prints or not first:
        return None
    return prints.get(part) == first.get(part)


def _fingerprints(run: RunSummary) -> dict[str, Any]:
    prints = run_summary.read_json(run.folder.data).get("sha256", {})
    return prints if isinstance(prints, dict) else {}


def _environment(run: RunSummary) -> dict[str, Any]:
    content = run_summary.read_json(run.folder.environment)
    packages = content.pop("packages", {})
    facts = {**content, **(packages if isinstance(packages, dict) else {})}
    return {name: facts[name] for name in facts if name not in _UNCOMPARED}


def _if_readable(
    read: Callable[[RunSummary], dict[str, Any]], run: RunSummary
) -> dict[str, Any]:
    try:
        return read(run)
    except (OSError, ValueError):
        return {}


def _differing(records: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Any, ...]]:
    names = dict.fromkeys(name for record in records for name in record)
    values = {name: tuple(record.get(name) for record in records) for name in names}
    return {
        name: of_runs
        for name, of_runs in values.items()
        if any(value != of_runs[0] for value in of_runs)
    }
