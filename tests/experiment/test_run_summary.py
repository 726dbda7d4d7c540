"""Reading run folders in every state they can be found in."""

import json
import math
import subprocess
import sys

import pytest

from tfkit import run_folder
from tfkit.diagnose import ErrorRate
from tfkit.experiment import Experiment, ModelOptions, config_file, run_summary
from tfkit.experiment.run_summary import summarize

HISTORY = """epoch,accuracy,loss,val_accuracy,val_loss
0,0.5,1.0,0.60,0.9
1,0.6,0.9,0.75,0.7
2,0.7,0.8,0.80,nan
3,0.8,0.7,0.70,0.8
"""


@pytest.fixture
def begun(tmp_path):
    """A run that has trained four epochs and has no results."""
    folder = run_folder.create(tmp_path, "digits", "first")
    run_folder.write_text(folder.config, 'dataset = "digits"\n')
    run_folder.write_text(folder.history, HISTORY)
    folder.write_json(folder.environment, {"started": "2026-01-31T14:25:01+00:00"})
    folder.write_json(folder.data, {"examples": {"train": 180, "dev": 60}})
    return folder


def test_a_real_run_reads_as_it_was_judged(finished):
    summary = summarize(finished.folder)
    assert (summary.state, summary.problems) == ("finished", ())
    assert summary.errors == finished.errors
    assert summary.judgement == finished.judgement
    assert summary.judgement.verdict == finished.judgement.verdict
    assert (summary.epochs, summary.best_epoch) == (
        finished.epochs,
        finished.best_epoch,
    )
    assert summary.name == finished.folder.path.name
    assert summary.options["model.hidden"] == [16]
    history = run_summary.read_history(finished.folder)
    assert len(history["val_loss"]) == finished.epochs


def test_a_killed_run_shows_what_it_reached(begun):
    summary = summarize(begun)
    assert (summary.state, summary.problems) == ("interrupted", ())
    # The lowest finite dev cost is that of the second epoch: a quarter of 60 wrong.
    assert (summary.best_epoch, summary.epochs) == (2, 4)
    assert summary.errors == {"dev": ErrorRate(15, 60)}
    assert summary.seconds is None


def test_the_best_epoch_is_that_of_the_monitored_value(begun):
    run_folder.write_text(begun.config, '[early_stopping]\nmonitor = "val_accuracy"\n')
    summary = summarize(begun)
    assert summary.best_epoch == 3
    assert summary.errors == {"dev": ErrorRate(12, 60)}


def test_a_line_being_written_is_left_out(begun):
    run_folder.write_text(begun.history, HISTORY + "4,0.9,0.1,0.9")
    assert summarize(begun).epochs == 4


def test_before_the_first_epoch(begun):
    begun.history.unlink()
    begun.data.unlink()
    begun.environment.unlink()
    summary = summarize(begun)
    assert (summary.state, summary.epochs, summary.errors) == ("interrupted", None, {})
    run_folder.write_text(begun.history, "epoch,loss\n")
    assert summarize(begun).epochs is None


def test_a_run_of_another_process_is_running_until_it_is_killed(begun):
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from tfkit.run_folder import RunFolder, training\n"
        "with training(RunFolder(Path(sys.argv[1]))):\n"
        "    print('trains', flush=True)\n"
        "    time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(begun.path)], stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout.readline().strip() == b"trains"
        assert summarize(begun).state == "running"
        process.kill()
    assert summarize(begun).state == "interrupted"


def test_a_run_that_is_writing_its_report_is_not_broken(finished):
    report = finished.folder.report
    text = report.read_text()
    report.unlink()
    with run_folder.training(finished.folder):
        assert summarize(finished.folder).state == "running"
    assert summarize(finished.folder).problems == ("report.md is missing",)
    report.write_text(text)
    assert summarize(finished.folder).state == "finished"


DAMAGE = {
    "config.toml": ("[model", "config.toml is damaged"),
    "environment.json": ('{"started": 5}', "`started` must be a time"),
    "history.csv": ("epoch,loss\n0,1\n1\n", "history.csv is damaged"),
    "data.json": ('{"examples": 3}', "data.json is damaged"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_told(begun, name):
    content, message = DAMAGE[name]
    (begun.path / name).write_text(content)
    summary = summarize(begun)
    assert summary.state == "broken"
    assert len(summary.problems) == 1
    assert message in summary.problems[0]


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"\xff\xfe", b'{"errors": 1}', b'{"errors": {"dev": 3}}', b"null"],
)
@pytest.mark.parametrize("name", ["results.json", "environment.json", "data.json"])
def test_no_content_of_a_file_is_a_traceback(begun, name, content):
    (begun.path / name).write_bytes(content)
    summary = summarize(begun)
    assert summary.state == "broken"
    assert name in " ".join(summary.problems)


def test_a_folder_in_place_of_a_file(begun):
    begun.history.unlink()
    begun.history.mkdir()
    assert "history.csv cannot be read: Is a directory" in summarize(begun).problems


def test_an_interrupted_run_with_results(finished, tmp_path):
    folder = run_folder.create(tmp_path, "wine", "stopped")
    for path in finished.folder.path.iterdir():
        if path.is_file():
            (folder.path / path.name).write_bytes(path.read_bytes())
    results = json.loads(folder.results.read_text())
    folder.write_json(folder.results, {**results, "stopped": "interrupted"})
    assert summarize(folder).state == "interrupted"


def test_options_left_out_are_todays_defaults(begun):
    written = config_file.dumps(Experiment(model=ModelOptions(hidden=(8,))))
    run_folder.write_text(begun.config, written)
    full = summarize(begun)
    # As an older version wrote it: without options of today, with one that is gone.
    run_folder.write_text(begun.config, "[model]\nhidden = [8]\n[old]\ngone = 1\n")
    sparse = summarize(begun)
    assert run_summary.varied([full, sparse]) == ["old.gone"]
    assert not any(name in full.options for name in ("run.logs", "run.name"))


def test_names_are_those_of_the_command_line():
    named = {
        name: run_summary.option_label(name)
        for name in ("dataset", "model.hidden", "decay.name", "run.human_error")
    }
    assert list(named.values()) == ["dataset", "hidden", "decay.name", "human_error"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.30000000000000004"),
        (0.003, "0.003"),
        (64, "64"),
        ([], "none"),
        (True, "yes"),
        (1e-08, "1e-08"),
    ],
)
def test_values_as_they_would_be_typed(value, text):
    assert run_summary.value_text(value) == text


def test_what_keras_did_not_log_is_no_damage(begun):
    # CSVLogger's word for a value that the last epoch lacks.
    run_folder.write_text(begun.history, "epoch,loss,val_loss\n0,2.0,2.5\n1,1.0,NA\n")
    history = run_summary.read_history(begun)
    assert history["val_loss"][0] == 2.5
    assert math.isnan(history["val_loss"][1])
