import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfkit.experiment import (
    DataOptions,
    DecayOptions,
    Experiment,
    ModelOptions,
    OptimizerOptions,
    RunOptions,
    TrainingOptions,
    config_file,
)

positive = st.floats(1e-12, 1e12)
experiments = st.builds(
    Experiment,
    dataset=st.sampled_from(["digits", "tfds:mnist", 'odd "name".csv']),
    data=st.builds(
        DataOptions,
        fractions=st.sampled_from([None, (0.6, 0.2, 0.2), (0.8, 0.2, 0.0)]),
        label=st.none() | st.text(min_size=1),
        examples=st.none() | st.integers(1, 10**6),
    ),
    model=st.builds(
        ModelOptions,
        hidden=st.lists(st.integers(1, 4096), max_size=4).map(tuple),
        keep_prob=st.floats(0.01, 1.0),
    ),
    optimizer=st.builds(
        OptimizerOptions,
        name=st.sampled_from(["adam", "momentum"]),
        learning_rate=positive,
        clip_norm=st.none() | positive,
    ),
    decay=st.builds(DecayOptions, rate=positive),
    training=st.builds(TrainingOptions, seed=st.integers(0, 2**31 - 1)),
    run=st.builds(RunOptions, name=st.none() | st.just("first")),
)


@given(experiment=experiments)
def test_a_written_experiment_is_read_back_equal(experiment, tmp_path_factory):
    path = tmp_path_factory.mktemp("config") / "config.toml"
    path.write_text(config_file.dumps(experiment), encoding="utf-8")
    assert config_file.load(path) == experiment


def test_missing_options_keep_their_defaults(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text('dataset = "iris"\n[model]\nhidden = [8]\n')
    assert config_file.load(path) == Experiment(
        dataset="iris", model=ModelOptions(hidden=(8,))
    )


def test_every_problem_of_a_file_is_named(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(
        '[model]\nhiden = [3]\nkeep_prob = 0\n[optmizer]\nname = "adam"\n'
        '[optimizer]\nlearning_rate = "fast"\n'
    )
    with pytest.raises(ValueError, match=r"config\.toml") as raised:
        config_file.load(path)
    message = str(raised.value)
    assert "Unknown option `model.hiden`. Did you mean `hidden`?" in message
    assert "Unknown option `optmizer`. Did you mean `optimizer`?" in message
    assert "`model.keep_prob` must be greater than 0. Received: 0" in message
    assert "`optimizer.learning_rate` must be a valid number" in message


def test_not_toml(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text("hidden: [3]")
    with pytest.raises(ValueError, match=r"config\.toml is not a TOML file"):
        config_file.load(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"config\.toml is not a TOML file"):
        config_file.load(path)


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no config file .*absent\.toml"):
        config_file.load(tmp_path / "absent.toml")
