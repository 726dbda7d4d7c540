"""`tfkit train`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from tfkit import run_folder
from tfkit.cli import data_file, output, parsing, quiet
from tfkit.data import registry
from tfkit.experiment import Experiment, config_file


@dataclass(frozen=True)
class _Train:
    """Train a network, judge it, and leave a folder that explains the run."""

    experiment: Annotated[Experiment, tyro.conf.arg(name="")]
    config: Path | None = None
    """TOML file with options, such as a run's config.toml; flags override it."""


def train(arguments: list[str]) -> None:
    """Trains as the flags, and below them the config file, describe.

    Args:
        arguments: What follows `tfkit train`.

    Raises:
        ValueError: For wrong options or data.
        OSError: For a run folder that exists or cannot be written.
    """
    config = _config_option(arguments)
    defaults = Experiment() if config is None else config_file.load(config)
    experiment = parsing.parse(
        _Train, "train", arguments, default=_Train(defaults)
    ).experiment

    # Found out before TensorFlow is imported, which takes seconds.
    info = registry.resolve(experiment.dataset)
    if info.source == "tfds" and not registry.is_offline(info):
        from tfkit.data import tfds_source

        tfds_source.require_available(info.name.removeprefix("tfds:"))
    run_folder.require_free(experiment.run.logs, experiment.group, experiment.run.name)
    console = Console()
    with console.status("loading TensorFlow"), quiet.tensorflow_import():
        from tfkit.experiment import report, runner

    with data_file.spoken_of_as_options():
        result = runner.run(experiment, console)
    console.print()
    console.print(report.error_table(result.errors))
    console.print(f"{result.judgement}\n", highlight=False, soft_wrap=True)
    output.facts(
        console,
        [
            *report.summary(result),
            ("run", f"{result.folder.path}"),
            ("report", f"{result.folder.report}"),
            ("see it", f"{output.program()} board {result.folder.path.parent}"),
        ],
    )


def _config_option(arguments: list[str]) -> str | None:
    """Finds `--config FILE` before the parser is built: its values are the defaults."""
    for position, argument in enumerate(arguments):
        if argument == "--config" and position + 1 < len(arguments):
            return arguments[position + 1]
        if argument.startswith("--config="):
            return argument.removeprefix("--config=")
    return None
