"""`tfkit bench` finds the checkout's comparisons, or says where they are."""

import pytest

import tfkit
from tfkit.cli import main

SCRIPT = "import sys; print(sys.argv[1:]); sys.exit({status})"


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A folder that looks like a checkout with tfkit installed from it."""
    (tmp_path / "tests" / "benchmarks").mkdir(parents=True)
    monkeypatch.setattr(tfkit, "__file__", str(tmp_path / "tfkit" / "__init__.py"))
    return tmp_path


def test_options_and_status_pass_through(checkout, capfd):
    script = checkout / "tests" / "benchmarks" / "run.py"
    script.write_text(SCRIPT.format(status=0))
    assert main(["bench", "digits", "--rounds", "3"]) == 0
    assert capfd.readouterr().out == "['digits', '--rounds', '3']\n"

    script.write_text(SCRIPT.format(status=1))
    with pytest.raises(SystemExit, match="1"):
        main(["bench"])


def test_without_a_checkout(checkout, capsys):
    assert main(["bench"]) == 2
    err = capsys.readouterr().err
    assert "must run from a checkout" in err
    assert "`make bench`" in err
    assert str(checkout) not in err


def test_the_repository_has_what_is_looked_for(capfd):
    with pytest.raises(SystemExit, match="2"):
        main(["bench", "nothing"])
    assert "no comparison ['nothing']" in capfd.readouterr().err
