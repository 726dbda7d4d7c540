import pytest
from rich.console import Console

from tfkit.experiment import (
    EarlyStoppingOptions,
    Experiment,
    ModelOptions,
    RunOptions,
    TrainingOptions,
    run,
)


@pytest.fixture(scope="session")
def small_experiment(tmp_path_factory):
    """A run of a second or two on wine; `name` and `seed` may be set."""

    def make(name=None, seed=0, epochs=12, **options):
        return Experiment(
            dataset="wine",
            model=ModelOptions(hidden=(16,)),
            training=TrainingOptions(epochs=epochs, batch_size=16, seed=seed),
            early_stopping=EarlyStoppingOptions(patience=50),
            run=RunOptions(logs=tmp_path_factory.mktemp("logs"), name=name),
            **options,
        )

    return make


@pytest.fixture(scope="session")
def finished(small_experiment):
    """One finished run, for tests that only look at it."""
    return run(small_experiment("shared"), Console(quiet=True))
