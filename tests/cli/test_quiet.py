import os
import subprocess
import sys

import pytest

from tfkit.cli import main, quiet


def test_notes_are_dropped_and_the_rest_passes(capfd):
    with quiet.tensorflow_import():
        os.write(2, b"I0000 00:00:1 2 cudart_stub.cc:31] Could not find cuda drivers\n")
        os.write(2, b"E0000 00:00:1 2 gpu.cc:1] out of memory\n")
    assert capfd.readouterr().err == "E0000 00:00:1 2 gpu.cc:1] out of memory\n"


def test_an_exception_inside_keeps_what_was_written(capfd):
    try:
        with quiet.tensorflow_import():
            os.write(2, b"the reason\n")
            raise ImportError("broken")
    except ImportError:
        pass
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "the reason\nafterwards\n"


def test_tensorflow_starts_without_a_word():
    program = (
        "from tfkit.cli import quiet\n"
        "with quiet.tensorflow_import():\n"
        "    import tensorflow\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""


def test_a_process_is_a_commands_own_if_the_command_line_is_its(monkeypatch, capsys):
    monkeypatch.setattr(quiet, "own_process", None)
    monkeypatch.setattr(sys, "argv", ["tfkit", "--help"])
    with pytest.raises(SystemExit):
        main(["--help"])
    assert quiet.own_process is False
    with pytest.raises(SystemExit):
        main()
    assert quiet.own_process is True
    capsys.readouterr()


def test_only_a_process_of_its_own_goes_without_what_is_optional():
    program = (
        "import gc, sys\n"
        "from tfkit.cli import quiet\n"
        "quiet.own_process = OWN\n"
        "with quiet.tensorflow_import():\n"
        "    import keras\n"
        "print('pandas' in sys.modules, gc.isenabled())\n"
    )
    answers = [
        subprocess.run(
            [sys.executable, "-c", program.replace("OWN", own)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for own in ("True", "False")
    ]
    assert answers == [["False", "True"], ["True", "True"]]
