"""`tfkit diagnose` on a run whose faults were put into its data."""

import contextlib
import io
import json
import shutil
import warnings

import numpy as np
import pytest
from tensorboard.backend.event_processing import event_accumulator

from tfkit.cli import main
from tfkit.cli.diagnose import diagnose

# What is wrong with the data of these runs, `tfkit train` says, too.
pytestmark = pytest.mark.filterwarnings("default::tfkit.data.SplitWarning")

TRAIN, DEV, TEST, COPIED = 400, 200, 100, 8
NAMES = [
    "bias_variance",
    "actions",
    "classes",
    "distribution_train_dev",
    "distribution_dev_test",
    "duplicates",
    "errors_on_new_examples",
]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a run of one epoch.

    Its labels are drawn at random, so that nobody gets more than half of them right;
    the second of three features is larger in dev and test by two standard deviations,
    but for the first examples of dev, which are copies of training examples.
    """
    folder = tmp_path_factory.mktemp("faulty")
    generator = np.random.default_rng(0)
    sizes = {"train": TRAIN, "val": DEV, "test": TEST}
    arrays = {}
    for part, size in sizes.items():
        x = generator.normal(size=(size, 3)).astype("float32")
        x[:, 1] += 2 * (part != "train")
        arrays[f"x_{part}"], arrays[f"y_{part}"] = x, generator.integers(0, 2, size)
    arrays["x_val"][:COPIED] = arrays["x_train"][:COPIED]
    np.savez(folder / "faulty.npz", **arrays)
    options = "--name first --epochs 1 --hidden 4 --keep-prob 1"
    data, logs = str(folder / "faulty.npz"), str(folder / "logs")
    assert main(["train", data, *options.split(), "--logs", logs]) == 0
    return folder / "logs" / "faulty" / "first"


@pytest.fixture
def copied(trained, tmp_path):
    """A run folder that a test may change."""
    return shutil.copytree(trained, tmp_path / "run")


@pytest.fixture(scope="module")
def everything(trained, tmp_path_factory):
    """What `--json` printed for a copy of the run, and that copy."""
    folder = shutil.copytree(trained, tmp_path_factory.mktemp("copy") / "run")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        diagnose([str(folder), "--json"])
    return json.loads(printed.getvalue()), folder


def test_all_parts_in_their_order(everything):
    found, folder = everything
    assert list(found) == ["run", *NAMES]
    assert found["run"] == folder.as_posix()
    judged = [name for name in NAMES if name.split("_")[0] not in ("classes", "errors")]
    assert all("verdict" in found[name] for name in judged)


def test_the_errors_are_those_that_training_ended_with(everything):
    found, folder = everything
    then = json.loads((folder / "results.json").read_text())["errors"]
    now = found["bias_variance"]["errors"]
    assert {part: now[part] for part in then} == {
        part: error["rate"] for part, error in then.items()
    }


def test_random_labels_are_high_bias_and_actions_say_so(everything):
    found, _ = everything
    # Half of 400 wrong: the interval of the bias ends far above 2 %.
    assert "high bias" in found["bias_variance"]["verdict"]
    actions = found["actions"]["actions"]
    assert actions[0]["problem"] == "avoidable bias"
    assert all(action["what"] for action in actions)
    # The training set's size and the network are known, so they are told.
    assert any(action["why"] for action in actions)


def test_the_report_of_the_training_has_the_same_actions(everything):
    found, folder = everything
    actions = found["actions"]["actions"]
    then = json.loads((folder / "results.json").read_text())["judgement"]["actions"]
    assert then == actions
    report = (folder / "report.md").read_text()
    places = [
        report.index(f"{n}. {action['problem']}: {action['what']}")
        for n, action in enumerate(actions, 1)
    ]
    assert places == sorted(places)


def test_the_classes_are_those_of_the_dev_part(everything):
    found, _ = everything
    assert found["classes"]["examples"] == DEV
    assert found["classes"]["errors"] == round(
        DEV * found["bias_variance"]["errors"]["dev"]
    )


def test_the_feature_that_was_moved_is_named(everything):
    found, _ = everything
    shift = found["distribution_train_dev"]
    assert shift["verdict"].startswith("different")
    differing = [item for item in shift["features"] if item["differs"]]
    assert len(differing) == 1
    # Two standard deviations of train; pooled with the copies, a little less.
    assert differing[0]["shift"] == pytest.approx(1.9, abs=0.2)
    assert differing[0]["mean_b"] > 1.5
    # Dev and test were moved alike.
    assert not found["distribution_dev_test"]["verdict"].startswith("different")
    # Two comparisons share the 5 %.
    assert shift["alpha"] == 0.025


def test_the_copies_are_counted(everything):
    found, _ = everything
    duplicates = found["duplicates"]
    assert duplicates["verdict"].startswith(
        f"slight leakage: {COPIED} of {DEV} dev examples (4.0%) are in train"
    )
    (leak,) = [o for o in duplicates["overlaps"] if o["indices"]]
    assert leak["indices"] == leak["partners"] == list(range(COPIED))
    # What is left is all that counts for the error without them.
    new = found["errors_on_new_examples"]
    assert list(new) == ["dev"]
    assert new["dev"]["examples"] == DEV - COPIED
    with_copies = found["classes"]["errors"]
    assert with_copies - COPIED <= new["dev"]["errors"] <= with_copies


def test_the_reports_are_in_the_runs_tensorboard(everything):
    _, folder = everything
    events = event_accumulator.EventAccumulator(
        str(folder / "tensorboard" / "diagnosis")
    ).Reload()
    tags = set(events.Tags()["tensors"])
    assert {f"diagnosis/{name}" for name in NAMES} <= tags
    assert "diagnosis/bias_variance/plot" in tags


def test_the_run_stays_as_it_was(trained, everything):
    _, folder = everything
    for path in trained.iterdir():
        if path.is_file():
            assert (folder / path.name).read_bytes() == path.read_bytes(), path.name


def test_text_of_some_parts_and_no_log(trained, capsys):
    diagnose([str(trained), "--no-log", "--only", "classes", "errors"])
    out = capsys.readouterr().out
    titles = ["Bias and variance", "Class by class, dev part"]
    assert [out.index(title) for title in titles] == sorted(map(out.index, titles))
    assert "verdict: " in out
    assert "avoidable bias" in out
    assert "What to try" not in out
    assert "see it" not in out
    assert not (trained / "tensorboard" / "diagnosis").exists()


def test_actions_are_numbered_and_fit(trained, capsys):
    diagnose([str(trained), "--no-log", "--only", "actions"])
    lines = capsys.readouterr().out.splitlines()
    first = next(line for line in lines if line.startswith("1. "))
    assert "avoidable bias" in first
    assert any(line.startswith("   why: ") for line in lines)
    report = lines[: next(i for i, line in enumerate(lines) if line.startswith("run "))]
    assert max(map(len, report)) <= 88


def test_changed_data_are_noticed(copied, capsys):
    record = json.loads((copied / "data.json").read_text())
    record["sha256"]["train"] = "0" * 64
    (copied / "data.json").write_text(json.dumps(record))
    # Not pytest.warns: it raises what Keras and h5py warn of besides.
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        diagnose([str(copied), "--no-log", "--only", "errors"])
    assert any("have changed since" in str(each.message) for each in caught)


def test_a_run_that_cannot_be_written_is_told_before_the_work(copied):
    shutil.rmtree(copied / "tensorboard")
    (copied / "tensorboard").touch()
    with pytest.raises(PermissionError, match="--no-log"):
        diagnose([str(copied)])


def test_no_such_run(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no run 'digits/none'"):
        diagnose(["digits/none", "--logs", str(tmp_path)])


def test_a_part_that_does_not_exist(trained, capsys):
    with pytest.raises(SystemExit) as ended:
        diagnose([str(trained), "--only", "shift"])
    assert ended.value.code == 2
