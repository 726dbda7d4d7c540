"""Runs an experiment: `tf.contrib.learn.learn_runner`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.tensorflow.contrib.learn.experiment import Experiment


def run(
    experiment_fn: Callable[..., Experiment],
    output_dir: str | None = None,
    schedule: str | None = None,
    run_config: Any = None,
    hparams: Any = None,
) -> Any:
    """Makes the experiment and runs a method of it, `train_and_evaluate` by default.

    Raises:
        ValueError: If the folder is not given, or the method is unknown.
        TypeError: If the function returns no experiment.
    """
    if run_config is not None:
        experiment = experiment_fn(run_config=run_config, hparams=hparams)
    elif not output_dir:
        raise ValueError("Must specify an output directory")
    else:
        experiment = experiment_fn(output_dir)
    if not isinstance(experiment, Experiment):
        raise TypeError(
            f"Experiment builder did not return an Experiment instance, got "
            f"{type(experiment)} instead."
        )
    schedule = schedule or "train_and_evaluate"
    if not callable(getattr(experiment, schedule, None)):
        raise ValueError(
            f"Schedule references non-existent task {schedule}. There are train, "
            "evaluate and train_and_evaluate."
        )
    tf.logging.info("Running %s.", schedule)
    return getattr(experiment, schedule)()


def tune(experiment_fn: Callable[..., Experiment], tuner: Any) -> None:
    """Runs an experiment for each set of hyperparameters that a tuner gives."""
    while tuner.next_trial():
        tuner.run_experiment(experiment_fn)
