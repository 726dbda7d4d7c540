"""`tfkit runs`: what it shows at any width, of any folder."""

import json
import re
import subprocess
import sys

import pytest

from tfkit import run_folder
from tfkit.cli import main


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def listed(capsys, monkeypatch):
    """Returns the lines that `tfkit runs ARGUMENTS` prints in so many columns."""

    def run(*arguments, columns=200):
        monkeypatch.setenv("COLUMNS", str(columns))
        assert main(["runs", *arguments]) == 0
        return capsys.readouterr().out.splitlines()

    return run


def names(lines):
    return [line.split()[0] for line in lines[1:] if line.startswith("  ")]


def test_the_best_comes_first_with_what_was_varied(write_run, listed):
    write_run("worse", dev_errors=20, config="[model]\nhidden = [16]\n")
    write_run("better", dev_errors=10, config="[training]\nseed = 7\n")
    header, experiment, better, worse, note = listed()
    # 10 of 100, by Wilson's formula: 5.523 to 17.437; 20 of 100: 13.337 to 28.883.
    assert "10.0 % (5.5 to 17.4)" in better
    assert "20.0 % (13.3 to 28.9)" in worse
    assert re.split(r"\s{2,}", experiment) == ["digits", "hidden", "seed"]
    # The seed of the one and the layers of the other are the defaults.
    assert re.split(r"\s{2,}", better)[-2:] == ["256 128", "7"]
    assert re.split(r"\s{2,}", worse)[-2:] == ["16", "0"]
    for text in ("finished", "high bias, variance?", "2 of 2", "1.5 s", "2026-01-31"):
        assert text in better
    assert note == "?: not enough data to say"
    assert header.split()[:4] == ["run", "state", "dev", "error"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [("dev", ["b", "a"]), ("name", ["a", "b"]), ("seconds", ["a", "b"])],
)
def test_order(write_run, listed, sort, expected):
    write_run("a", dev_errors=20, seconds=1.0)
    write_run("b", dev_errors=10, seconds=2.0)
    assert names(listed("--sort", sort)) == expected


def test_the_latest_first(write_run, listed):
    write_run("a")
    later = write_run("b")
    later.write_json(later.environment, {"started": "2026-02-01T00:00:00+00:00"})
    broken = write_run("c")
    broken.environment.unlink()
    assert names(listed("--sort", "time")) == ["b", "a", "c"]


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 100, 140])
def test_no_line_of_the_table_is_broken(write_run, listed, columns):
    for number in range(3):
        config = (
            f"[training]\nseed = {number}\n[optimizer]\nlearning_rate = 0.{number}1"
        )
        write_run(f"20260131-14250{number}", config=config)
    lines = listed(columns=columns)
    assert max(map(len, lines)) <= columns
    table = [line for line in lines if not line.startswith("?")]
    assert len(table) == 5  # the header, the experiment, its runs
    # What is shown of a number is shown whole.
    assert all(
        ("10.0 % (5.5 to 17.4)" in line) == (columns >= 40) for line in table[2:]
    )
    if columns >= 100:
        assert "seed" in table[1]


def test_an_option_too_wide_leaves_room_for_narrower_ones(write_run, listed):
    for seed, rate in ((1, 0.1), (2, 0.2)):
        config = f"[training]\nseed = {seed}\n[optimizer]\nlearning_rate = {rate}\n"
        write_run(f"run{seed}", config=config)
    wide, narrow = listed(columns=120)[1], listed(columns=70)[1]
    assert wide.split() == ["digits", "optimizer.learning_rate", "seed"]
    assert narrow.split() == ["digits", "seed", "..."]


def test_broken_runs_are_listed_with_the_reason(write_run, listed):
    write_run("fine")
    write_run("no_model").model.unlink()
    write_run("half").results.write_text('{"errors": {')
    write_run("no_config").config.unlink()
    write_run("no_count", errors={"dev": {"errors": 3}})
    lines = listed()
    assert sorted(names(lines)) == ["fine", "half", "no_config", "no_count", "no_model"]
    reasons = "\n".join(line for line in lines if line.startswith("digits/"))
    assert "digits/no_model is broken: model.keras is missing" in reasons
    assert "digits/no_config is broken: config.toml is missing" in reasons
    assert re.search(
        "digits/half is broken: results.json is damaged: .*line 1", reasons
    )
    assert re.search("digits/no_count is broken: .*there is no 'examples'", reasons)
    assert "fine" not in reasons


def test_json_has_what_the_table_has(write_run, capsys):
    write_run("first")
    assert main(["runs", "--json"]) == 0
    (record,) = json.loads(capsys.readouterr().out)
    assert (record["experiment"], record["name"]) == ("digits", "first")
    assert (record["state"], record["problems"]) == ("finished", [])
    assert record["options"]["optimizer.name"] == "adam"
    dev = record["errors"]["dev"]
    assert (dev["errors"], dev["examples"], dev["rate"]) == (10, 100, 0.1)
    assert dev["low"] < 0.1 < dev["high"]
    assert record["verdict"] == "high bias; not enough data to say: variance"


def test_one_experiment_by_path_or_name(write_run, listed):
    write_run("a", experiment="digits")
    write_run("b", experiment="iris")
    assert names(listed()) == ["a", "b"]
    assert names(listed("iris")) == ["b"]
    assert names(listed("logs/iris")) == ["b"]
    assert names(listed("logs/iris/b")) == ["b"]


def test_without_runs_it_says_what_makes_one(tmp_path, listed, capsys):
    assert main(["runs"]) == 2
    assert "There is no folder logs. `tfkit train` makes one" in capsys.readouterr().err
    (tmp_path / "logs").mkdir()
    (line,) = listed()
    assert re.search("no runs in logs.*train` makes one", line)
    assert json.loads("".join(listed("--json"))) == []


def test_many_runs_load_nothing_slow(write_run):
    for number in range(20):
        write_run(f"run{number}")
    program = (
        "import sys\n"
        "from tfkit.cli import main\n"
        "main(['runs'])\n"
        "heavy = {'tensorflow', 'keras', 'sklearn', 'pandas', 'matplotlib', 'scipy'}\n"
        "print('loaded:', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    *lines, loaded = done.stdout.splitlines()
    assert loaded == "loaded: []"
    # No terminal, no width: every column is there.
    assert "started" in lines[0]
    assert len(names(lines)) == 20


def test_a_run_that_goes_on_is_told_from_one_that_was_killed(write_run, listed):
    going, killed = write_run("going"), write_run("killed")
    going.results.unlink()
    killed.results.unlink()
    with run_folder.training(going):
        lines = {line.split()[0]: line for line in listed()}
    assert "running" in lines["going"]
    assert "interrupted" in lines["killed"]
