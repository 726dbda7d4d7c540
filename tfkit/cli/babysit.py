"""`tfkit babysit`: stepping in while a run trains."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from tfkit.callbacks import control_file
from tfkit.cli import parsing, which_run


@dataclass(frozen=True)
class _Babysit:
    """Step in while a run trains; it obeys at the end of the epoch."""

    run: tyro.conf.Positional[str] = "latest"
    """A run's folder, its name below LOGS, or `latest`: the last that began."""
    learning_rate: float | None = None
    """New learning rate; a decay goes on from there."""
    stop: bool = False
    """End the training; the best weights are kept."""
    checkpoint: bool = False
    """Save the model as it is into the run's folder."""
    logs: Path = Path("logs")
    """Folder of all runs."""


def babysit(arguments: list[str]) -> None:
    """Leaves a request for the training that writes to a run's folder.

    Args:
        arguments: What follows `tfkit babysit`.
    """
    options = parsing.parse(_Babysit, "babysit", arguments)
    folder = which_run.find(options.run, options.logs)
    if folder.results.exists():
        raise ValueError(
            f"The run {folder.path} has ended; there is no training to step in. "
            "`tfkit train --config` starts one like it."
        )
    control_file.request(
        folder.path,
        learning_rate=options.learning_rate,
        stop=options.stop,
        checkpoint=options.checkpoint,
    )
    print(f"asked {folder.path}; what came of it: {control_file.INTERVENTIONS} there")
