"""What the command line does before any training: parsing, help, errors."""

import subprocess
import sys

import pytest

from tfkit.cli import main, quiet
from tfkit.data import tfds_source


def output_of(capsys, *arguments):
    try:
        status = main(arguments)
    except SystemExit as stop:  # how argparse and tyro end after help and errors
        status = stop.code
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_help_lists_the_commands(capsys):
    status, out, _ = output_of(capsys, "--help")
    assert status == 0
    for command in (
        "train",
        "evaluate",
        "predict",
        "babysit",
        "runs",
        "compare",
        "board",
        "datasets",
        "bench",
    ):
        assert f"\n  {command} " in out


def test_no_command_shows_the_help(capsys):
    assert output_of(capsys)[1] == output_of(capsys, "--help")[1]


def test_a_wrong_command_gets_the_nearest(capsys):
    status, _, err = output_of(capsys, "trian")
    assert status == 2
    assert "Did you mean `tfkit train`?" in err


def test_train_help_groups_options_and_shows_defaults(capsys):
    _, out, _ = output_of(capsys, "train", "--help")
    for group in ("data options", "model options", "optimizer options"):
        assert group in out
    assert "(default: 256 128)" in out
    assert "--optimizer.name {adam,rmsprop,momentum,gradient_descent}" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--hiden", "3"], "--hidden"),
        (["--keep-prob", "0"], "`keep_prob` must be greater than 0"),
        (["--optimizer.learning-rate", "-1"], "`learning_rate` must be greater than 0"),
        (
            ["--optimizer.learning-rate", "fast"],
            "--optimizer.learning-rate: must be a number, such as 0.01 or 1e-3. "
            "Received: 'fast'",
        ),
        (["--epochs", "abc"], "--epochs: must be a whole number, such as 20. Received"),
        (["--hidden", "3", "x"], "--hidden: must be a whole number, such as 20."),
        (["--keep-prob", "half"], "--keep-prob: must be a number"),
        (["--optimizer.name", "adm"], "invalid choice 'adm'"),
        (["--fractions", "0.5", "0.2", "0.2"], "sum to 1"),
        (["--epochs", "1.5"], "--epochs"),
    ],
)
def test_wrong_options_end_with_words_and_status_2(capsys, arguments, message):
    status, _, err = output_of(capsys, "train", *arguments)
    assert status == 2
    # tyro draws a frame and breaks lines; words count here.
    assert message in " ".join(err.replace("│", " ").split())


def test_an_existing_run_stops_before_tensorflow_loads(capsys, tmp_path):
    (tmp_path / "digits" / "first").mkdir(parents=True)
    status, _, err = output_of(
        capsys, "train", "--logs", str(tmp_path), "--name", "first"
    )
    assert status == 2
    assert "never overwritten" in err


def test_a_set_that_cannot_be_had_stops_before_tensorflow_loads(
    capsys, tmp_path, monkeypatch
):
    def load():
        raise AssertionError("TensorFlow takes longer to load than this error may")

    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(tfds_source, "is_reachable", lambda url: False)
    monkeypatch.setattr(quiet, "tensorflow_import", load)
    status, _, err = output_of(capsys, "train", "mnist")
    assert status == 2
    assert "TFDS set 'mnist' must be prepared or downloadable" in err


@pytest.mark.parametrize("command", ["evaluate", "predict"])
def test_a_run_that_is_not_there(capsys, tmp_path, command):
    file = [str(tmp_path / "x.csv")] if command == "predict" else []
    status, _, err = output_of(
        capsys, command, "digits/none", *file, "--logs", str(tmp_path)
    )
    assert status == 2
    assert "There is no run 'digits/none'" in err


def test_board_without_a_folder(capsys, tmp_path):
    status, _, err = output_of(capsys, "board", str(tmp_path / "none"))
    assert status == 2
    assert "There is no folder" in err


@pytest.mark.parametrize("arguments", [["--help"], ["datasets"], ["train", "--help"]])
def test_tensorflow_is_not_loaded_for(arguments):
    program = (
        "import sys\n"
        "from tfkit.cli import main\n"
        "try:\n"
        f"    main({arguments!r})\n"
        "except SystemExit:\n"
        "    pass\n"
        "heavy = {'tensorflow', 'keras', 'sklearn', 'pandas', 'matplotlib', 'scipy'}\n"
        "print('loaded:', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "loaded: []"


def test_babysit_leaves_a_request(capsys, tmp_path):
    folder = tmp_path / "digits" / "first"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text("")
    arguments = ["babysit", "digits/first", "--logs", str(tmp_path)]
    status, out, _ = output_of(capsys, *arguments, "--learning-rate", "3e-4", "--stop")
    assert (status, "interventions.jsonl" in out) == (0, True)
    text = (folder / "control.json").read_text()
    assert "0.0003" in text
    assert '"stop": true' in text

    status, _, err = output_of(capsys, *arguments)
    assert status == 2
    assert "must hold a learning rate, a stop or a checkpoint" in err

    (folder / "results.json").write_text("{}")
    status, _, err = output_of(capsys, *arguments, "--stop")
    assert status == 2
    assert "has ended" in err
