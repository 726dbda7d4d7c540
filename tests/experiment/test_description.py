import pytest

from tfkit.experiment import (
    DataOptions,
    EarlyStoppingOptions,
    Experiment,
    ModelOptions,
    OptimizerOptions,
    RunOptions,
    TrainingOptions,
)


@pytest.mark.parametrize(
    ("options", "values", "message"),
    [
        (ModelOptions, {"keep_prob": 0}, r"`keep_prob` must be greater than 0"),
        (
            ModelOptions,
            {"keep_prob": 1.5},
            r"`keep_prob` must be less than or equal to 1",
        ),
        (
            ModelOptions,
            {"keep_prob": (0.5,) * 3},
            r"one for each of the 2 hidden layers",
        ),
        (ModelOptions, {"hidden": (8, 0)}, r"`hidden` must be greater than 0"),
        (ModelOptions, {"hidden": "many"}, r"`hidden` must be a valid tuple"),
        (ModelOptions, {"activation": "rellu"}, r"'relu'.*Received: 'rellu'"),
        (
            ModelOptions,
            {"hiden": (8,)},
            r"Unknown option `hiden`. Did you mean `hidden`",
        ),
        (OptimizerOptions, {"learning_rate": -1}, r"`learning_rate` must be greater"),
        (OptimizerOptions, {"learning_rate": float("nan")}, r"must be a finite number"),
        (OptimizerOptions, {"beta_1": 1.0}, r"`beta_1` must be less than 1"),
        (DataOptions, {"fractions": (0.5, 0.2, 0.2)}, r"sum to 1; .* = 0\.9"),
        (DataOptions, {"fractions": (0.5, 0.5)}, r"`fractions`"),
        (DataOptions, {"fractions": (1.2, -0.2, 0)}, r"greater than or equal to 0"),
        (DataOptions, {"fractions": (1, 0, 0)}, r"train and dev a fraction above 0"),
        (DataOptions, {"image_size": (0, 8)}, r"`image_size` must be greater than 0"),
        (DataOptions, {"image_size": 8}, r"`image_size` must be a valid tuple"),
        (TrainingOptions, {"epochs": 0}, r"`epochs` must be greater than 0"),
        (TrainingOptions, {"batch_size": 2.5}, r"`batch_size` must be a valid integer"),
        (EarlyStoppingOptions, {"patience": 0}, r"`patience` must be greater than 0"),
        (RunOptions, {"name": "a/b"}, r"name of one folder"),
        (RunOptions, {"name": ".."}, r"name of one folder"),
        (RunOptions, {"human_error": 5}, r"`human_error` must be less than 1"),
    ],
)
def test_bad_options_are_refused_in_words(options, values, message):
    with pytest.raises(ValueError, match=message):
        options(**values)


def test_one_keep_prob_stands_for_all_layers():
    assert ModelOptions(keep_prob=0.5).keep_prob == (0.5,)
    assert ModelOptions(keep_prob=(0.9, 0.5)).keep_prob == (0.9, 0.5)


@pytest.mark.parametrize(
    ("dataset", "group"),
    [
        ("digits", "digits"),
        ("tfds:mnist:3.0.1", "tfds-mnist-3.0.1"),
        ("tfds:glue/cola", "tfds-glue-cola"),
        ("a/signs.h5", "signs"),
        ("pictures/", "pictures"),
        # A folder of runs must lie below the logs.
        ("..", "run"),
        (".", "run"),
    ],
)
def test_runs_are_grouped_by_dataset(dataset, group):
    assert Experiment(dataset=dataset).group == group


def test_a_given_group_wins():
    assert Experiment(run=RunOptions(experiment="depth")).group == "depth"
