"""What differs between runs, on folders whose content is written here."""

import math
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfkit import run_folder
from tfkit.diagnose import ErrorRate
from tfkit.experiment import comparison, run_summary

Z = 1.959963984540054  # 97.5 % point of the normal distribution


@pytest.fixture
def write(tmp_path):
    def make(name, experiment="digits", dev=None, sha=None, config="", **environment):
        folder = run_folder.create(tmp_path, experiment, name)
        run_folder.write_text(folder.config, config)
        folder.write_json(
            folder.environment,
            {"started": "2026-01-31T14:25:01+00:00", "seed": 1, **environment},
        )
        record = {"examples": {"dev": 100}}
        folder.write_json(folder.data, {**record, **({"sha256": sha} if sha else {})})
        if dev is not None:
            accuracy = 1 - dev / 100
            text = f"val_accuracy,val_loss\n{accuracy},1.0\n"
            run_folder.write_text(folder.history, text)
        return folder

    return make


def newcombe(first, second):
    """Newcombe 1998, method 10, for the second proportion less the first."""

    def wilson(errors, n):
        center = errors + Z**2 / 2
        half = Z * math.sqrt(errors * (n - errors) / n + Z**2 / 4)
        return (center - half) / (n + Z**2), errors / n, (center + half) / (n + Z**2)

    (l_2, p_2, u_2), (l_1, p_1, u_1) = wilson(*first), wilson(*second)
    low = p_1 - p_2 - math.hypot(p_1 - l_1, u_2 - p_2)
    return low, p_1 - p_2 + math.hypot(u_1 - p_1, p_2 - l_2)


# The first example imports SciPy.
@settings(deadline=None)
@given(first=st.integers(0, 100), second=st.integers(0, 60))
def test_difference_is_newcombes(first, second):
    gap = comparison.difference(ErrorRate(first, 100), ErrorRate(second, 60))
    # float64 on both sides, a handful of roundings apart.
    assert (gap.low, gap.high) == pytest.approx(
        newcombe((first, 100), (second, 60)), abs=1e-12
    )
    assert gap.value == pytest.approx(second / 60 - first / 100, abs=1e-15)
    beyond_chance = gap.low > 0 or gap.high <= 0
    assert (gap.level != "unclear") == beyond_chance


@pytest.mark.parametrize(
    ("dev", "level"), [(30, "unclear"), (33, "unclear"), (60, "high"), (5, "low")]
)
def test_dev_errors_on_one_dev_set_are_compared(write, dev, level):
    sha = {"train": "a", "dev": "b"}
    found = comparison.compare(
        [write("first", dev=30, sha=sha), write("second", dev=dev, sha=sha)]
    )
    assert found.differences[0] is None
    assert found.differences[1].level == level
    assert found.differences[1].value == pytest.approx((dev - 30) / 100, abs=1e-15)
    assert found.same_data == {"train": (True, True), "dev": (True, True)}


def test_more_training_data_is_no_reason_not_to_compare(write):
    found = comparison.compare(
        [
            write("first", dev=30, sha={"train": "a", "dev": "b"}),
            write("second", dev=20, sha={"train": "c", "dev": "b"}),
        ]
    )
    assert found.same_data == {"train": (True, False), "dev": (True, True)}
    assert found.differences[1].value == pytest.approx(-0.1, abs=1e-15)


@pytest.mark.parametrize("sha", [{"train": "a", "dev": "c"}, {"train": "a"}, None])
def test_other_or_unknown_dev_sets_are_not_compared(write, sha):
    found = comparison.compare(
        [
            write("first", dev=30, sha={"train": "a", "dev": "b"}),
            write("second", dev=20, sha=sha),
        ]
    )
    assert found.differences == (None, None)
    assert found.same_data["dev"][1] is (None if sha is None else False)


def test_only_what_differs_is_told(write):
    found = comparison.compare(
        [
            write(
                "first",
                config="[model]\nhidden = [16]\n[training]\nseed = 0\n",
                packages={"keras": "3.15.1", "numpy": "2.4.6"},
                commit="abc",
                cores=2,
            ),
            write(
                "second",
                config="[optimizer]\nclip_norm = 1.0\n",
                packages={"keras": "3.15.1", "numpy": "2.4.7"},
                commit="abc+",
                cores=2,
                command=["tfkit"],
            ),
        ]
    )
    assert found.options == {
        "model.hidden": ([16], [256, 128]),
        "optimizer.clip_norm": (None, 1.0),
    }
    assert found.environment == {
        "commit": ("abc", "abc+"),
        "numpy": ("2.4.6", "2.4.7"),
    }


def test_the_place_of_a_run_is_no_difference(write):
    first = write("first", config='[run]\nlogs = "logs"\nexperiment = "a"\n')
    second = write("second", config='[run]\nlogs = "elsewhere"\nhuman_error = 0.1\n')
    found = comparison.compare([first, second])
    assert found.options == {"run.human_error": (0.0, 0.1)}


def test_labels_are_as_short_as_tells_apart(write, tmp_path):
    def labels(*folders):
        return comparison.labels([run_summary.summarize(f) for f in folders])

    digits, iris, second = write("a"), write("a", "iris"), write("b")
    assert labels(digits, second) == ("a", "b")
    assert labels(digits, iris) == ("digits/a", "iris/a")
    copy = run_folder.create(tmp_path / "copy", "digits", "a")
    assert labels(digits, copy) == (
        digits.path.as_posix(),
        copy.path.as_posix(),
    )


def test_too_few_twice_or_damaged(write):
    first, second = write("first"), write("second", config="[half")
    for folders in ([first], [first, first]):
        with pytest.raises(ValueError, match=r"each given once. Received: .*first"):
            comparison.compare(folders)
    with pytest.raises(ValueError, match=r"second cannot be compared: config\.toml is"):
        comparison.compare([first, second])


def test_tensorflow_is_not_imported():
    program = (
        "import sys\n"
        "from tfkit.experiment import comparison, comparison_plot, run_summary\n"
        "print(sorted({'tensorflow', 'keras'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
