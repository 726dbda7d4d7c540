"""What `make train` promises, and the same on MNIST where it lies prepared."""

import pytest
from rich.console import Console

from tfkit.experiment import Experiment, RunOptions, TrainingOptions, run


@pytest.mark.slow
def test_digits_reach_97_percent_with_the_defaults(tmp_path):
    result = run(Experiment(run=RunOptions(logs=tmp_path)), Console(quiet=True))
    assert result.errors["test"].rate <= 0.03
    assert result.judgement.gaps[0].level == "low"


@pytest.mark.slow
def test_mnist_reaches_97_and_a_half_percent(shared_data, tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(shared_data / "tfds"))
    experiment = Experiment(
        dataset="mnist",
        # The default of 60 epochs comes further and takes minutes.
        training=TrainingOptions(epochs=6, batch_size=128),
        run=RunOptions(logs=tmp_path),
    )
    result = run(experiment, Console(quiet=True))
    assert result.errors["test"].examples == 10_000
    assert result.errors["test"].rate <= 0.025
