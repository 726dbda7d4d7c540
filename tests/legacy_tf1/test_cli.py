"""The command line: its options among the program's arguments, help, errors."""

import subprocess
import sys

import pytest

from legacy_tf1 import cli, lectures


@pytest.fixture
def show(tmp_path):
    """A program that prints its arguments."""
    path = tmp_path / "show.py"
    path.write_text("import sys\nprint(sys.argv[1:])\n", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("before", "after", "arguments"),
    [
        ([], [], []),
        ([], ["--lr", "0.1", "data"], ["--lr", "0.1", "data"]),
        (["--seed", "3"], ["--help"], ["--help"]),
        ([], ["-h", "--seed=3", "x"], ["-h", "x"]),
        ([], ["a", "--max-seconds", "9", "b"], ["a", "b"]),
        ([], ["--", "--seed", "4"], ["--seed", "4"]),
        ([], ["--seeds", "4"], ["--seeds", "4"]),
        ([], ["--seed", "1", "x", "--", "y", "--", "z"], ["x", "y", "--", "z"]),
    ],
)
def test_arguments_of_the_program(show, capsys, before, after, arguments):
    assert cli.main(["run", *before, show, *after]) == 0
    assert capsys.readouterr().out == f"{arguments}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--sead", "3"], "unknown option --sead before"),
        (["--seed", "x"], "argument --seed: invalid int value"),
        (["--seed", "-1"], "`seed` must be an int from 0"),
        (["--save", "out.ipynb"], "--save is for notebooks"),
    ],
)
def test_wrong_options(show, capsys, arguments, message):
    with pytest.raises(SystemExit) as ended:
        cli.main(["run", *arguments, show])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_a_wrong_path_is_answered_with_what_is_there(show, capsys):
    assert cli.main(["run", show.replace("show.py", "shwo.py")]) == 2
    assert f"Did you mean {show}?" in capsys.readouterr().err
    assert cli.main(["run", "minimise_cost"]) == 2
    assert "Did you mean minimize_cost?" in capsys.readouterr().err


def test_what_is_no_program_is_told(show, tmp_path, capsys):
    assert cli.main(["run", str(tmp_path)]) == 2
    assert "is a folder. Name a script or notebook in it: show.py" in (
        capsys.readouterr().err
    )
    weights = tmp_path / "weights.npy"
    weights.write_bytes(b"\x93NUMPY\x01\0")
    assert cli.main(["run", str(weights)]) == 2
    assert "weights.npy holds binary data" in capsys.readouterr().err


def test_list_shows_the_lectures(capsys):
    assert cli.main(["list"]) == 0
    shown = capsys.readouterr().out
    for name, (_, line) in lectures.catalogue().items():
        assert name in shown
        assert line in shown


def test_explain(tmp_path, capsys):
    path = tmp_path / "old.py"
    path.write_text(
        "import tensorflow as tf\nx = tf.placeholder(tf.float32)\n", encoding="utf-8"
    )
    assert cli.main(["explain", str(path)]) == 0
    assert "placeholder" in capsys.readouterr().out


def test_explain_of_what_is_no_python_shows_the_line_alone(tmp_path, capsys):
    path = tmp_path / "open.py"
    path.write_text("import tensorflow as tf\nx = tf.ones((2,\n", encoding="utf-8")
    assert cli.main(["explain", str(path)]) == 1
    shown = capsys.readouterr().err
    assert "x = tf.ones((2," in shown
    assert "SyntaxError" in shown
    assert "legacy_tf1" not in shown


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["list"]])
def test_help_and_list_import_no_tensorflow(arguments):
    code = (
        "import sys; from legacy_tf1 import cli\n"
        "try: cli.main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "heavy = {'tensorflow', 'numpy', 'IPython', 'keras'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code, *arguments], check=True)
