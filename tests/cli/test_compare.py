"""`tfkit compare`: the differences in words, and the picture."""

import os
import subprocess
import sys

import pytest
from PIL import Image

from tfkit.cli import main

OTHER = {"train": "4" * 64, "dev": "5" * 64, "test": "6" * 64}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")


def compared(capsys, *arguments):
    status = main(["compare", *arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def row(out, fact):
    return next(line.split() for line in out.splitlines() if line.split()[:1] == [fact])


def test_differences_and_picture(write_run, capsys, tmp_path):
    write_run("small", dev_errors=30, config="[model]\nhidden = [16]\n")
    write_run("big", dev_errors=10, config="[optimizer]\nlearning_rate = 0.01\n")
    status, out, _ = compared(capsys, "digits/small", "logs/digits/big")
    assert status == 0
    assert row(out, "hidden") == ["hidden", "16", "256", "128"]
    assert row(out, "optimizer.learning_rate")[1:] == ["0.003", "0.01"]
    assert "seed" not in out
    assert "data  the same examples" in out
    assert "fewer errors, beyond chance" in out
    assert "plot  comparison.png" in out
    with Image.open(tmp_path / "comparison.png") as picture:
        assert picture.size[0] > 400


@pytest.mark.parametrize(
    "name",
    [
        "small",
        "small/",
        "digits/small",
        "digits/small/",
        "logs/digits/small",
        "./logs/digits/small/",
        "{here}/logs/digits/small/",
        "latest",
    ],
)
def test_a_run_goes_by_each_of_its_names(write_run, capsys, tmp_path, name):
    big = write_run("big")
    write_run("small", dev_errors=30)
    os.utime(big.config, (0, 0))
    status, out, err = compared(capsys, "big", name.format(here=tmp_path))
    assert (status, err) == (0, "")
    assert "small  +20.0 %" in out  # 30 of 100 wrong, against 10


def test_runs_elsewhere_and_from_within(write_run, capsys, tmp_path, monkeypatch):
    write_run("first")
    write_run("second")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    assert compared(capsys, "first", "second", "--logs", "../logs")[0] == 0
    assert compared(capsys, "../logs/digits/first", "../logs/digits/second")[0] == 0
    monkeypatch.chdir(tmp_path / "logs" / "digits")
    assert compared(capsys, "first", "second/")[0] == 0


def test_a_name_that_two_experiments_have(write_run, capsys):
    for experiment in ("digits", "iris"):
        write_run("first", experiment)
    write_run("second")
    status, _, err = compared(capsys, "first", "second")
    assert status == 2
    assert "Several runs are called 'first': " in err
    assert "digits/first" in err
    assert "iris/first" in err
    assert compared(capsys, "digits/first", "second")[0] == 0


def test_another_dev_set_is_not_compared(write_run, capsys):
    write_run("first", dev_errors=30)
    write_run("second", sha=OTHER, config="[training]\nseed = 1\n")
    _, out, _ = compared(capsys, "digits/first", "digits/second")
    assert "data  not the same examples in train, dev, test" in out
    assert "The seed decides the split" in out
    assert "second  not comparable: measured on another dev set" in out
    assert "beyond chance" not in out


def test_versions_that_differ(write_run, capsys):
    write_run("first")
    second = write_run("second")
    second.write_json(
        second.environment,
        {
            "started": "2026-01-31T14:25:01+00:00",
            "packages": {"keras": "3.16.0"},
            "commit": "0123456789abcdef+",
        },
    )
    _, out, _ = compared(capsys, "digits/first", "digits/second")
    assert row(out, "keras") == ["keras", "3.15.1", "3.16.0"]
    assert row(out, "commit") == ["commit", "-", "0123456789+"]
    assert "started" not in out


@pytest.mark.parametrize("columns", [60, 80, 140])
def test_runs_that_do_not_fit_come_below(write_run, capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    names = [f"20260131-14250{number}" for number in range(6)]
    for number, name in enumerate(names):
        write_run(name, dev_errors=10 + number)
    _, out, _ = compared(capsys, *(f"digits/{name}" for name in names))
    table = out[: out.index("data  ")]
    assert max(map(len, table.splitlines())) <= columns
    # Each in the header of one block, whole.
    assert all(table.count(name) == 1 for name in names)
    assert all(f"{10 + number}.0 %" in table for number in range(6))


def test_a_run_without_results_yet(write_run, capsys, tmp_path):
    write_run("first")
    second = write_run("second")
    second.results.unlink()
    second.history.unlink()
    status, out, _ = compared(
        capsys, "digits/first", "digits/second", "--output", "new/costs.svg"
    )
    assert status == 0
    assert row(out, "state") == ["state", "finished", "interrupted"]
    assert "no dev error of second yet" in out
    assert (tmp_path / "new" / "costs.svg").read_text().startswith("<?xml")


def test_no_epoch_at_all_makes_no_picture(write_run, capsys, tmp_path):
    for name in ("first", "second"):
        run = write_run(name)
        run.results.unlink()
        run.history.unlink()
    _, out, _ = compared(capsys, "digits/first", "digits/second")
    assert "plot  none: no run has ended an epoch" in out
    assert not (tmp_path / "comparison.png").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["digits/first"], "Two runs or more are compared"),
        (
            ["first", "logs/digits/first"],
            "first and logs/digits/first, which both are logs/digits/first.",
        ),
        (
            [],
            "`tfkit compare RUN RUN`. Received: none. The runs below logs/ (`tfkit runs` "
            "says more): digits/",
        ),
        (
            ["first", "none"],
            "There is no run 'none': looked for config.toml in none, logs/none, "
            "logs/*/none. The runs below logs/ (`tfkit runs` says more): digits/",
        ),
        (["first", "digits/none"], "config.toml in digits/none, logs/digits/none. "),
        (["first", "/none"], "looked for config.toml in /none. "),
        (["first", "none", "--logs", "no"], "no runs below no/: `tfkit train` makes"),
        (["first", ""], "name of a run is missing"),
        (["first", "digits"], "logs/digits is the folder of an experiment"),
        (["first", "logs"], "logs holds no config.toml, so it is no run folder"),
        (
            ["first", "logs/digits/second/model.keras"],
            "is a part of a run; name the run's folder",
        ),
        (["digits/first", "digits/half"], "half cannot be compared: results.json is"),
        (["digits/first", "digits/second", "--output", "a.txt"], "such as a.png"),
    ],
)
def test_errors_end_with_words(write_run, capsys, arguments, message):
    write_run("first")
    write_run("second")
    write_run("half").results.write_text("{")
    status, out, err = compared(capsys, *arguments)
    assert (status, out) == (2, "")
    assert message in err


def test_tensorflow_is_not_loaded(write_run):
    write_run("first")
    write_run("second", dev_errors=20)
    program = (
        "import sys\n"
        "from tfkit.cli import main\n"
        "main(['compare', 'digits/first', 'digits/second'])\n"
        "print('loaded:', sorted({'tensorflow', 'keras'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "loaded: []"
