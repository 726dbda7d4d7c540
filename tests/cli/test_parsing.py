"""Numbers on the command line; the whole of it is tested in test_main.py."""

from dataclasses import dataclass

import pytest

from tfkit.cli.parsing import parse


@dataclass(frozen=True)
class Options:
    epochs: int = 60
    rate: float = 1.0
    hidden: tuple[int, ...] = (4, 3)
    keep: tuple[float, ...] = ()
    examples: int | None = None
    names: tuple[str, ...] = ()


def test_numbers_are_read():
    typed = "--epochs 5 --rate 1e-3 --hidden 8 9 --keep 1 0.5 --examples 7 --names 1 2"
    assert parse(Options, "train", typed.split()) == Options(
        5, 1e-3, (8, 9), (1.0, 0.5), 7, ("1", "2")
    )
    assert parse(Options, "train", ["--hidden"]).hidden == ()


def test_what_is_not_given_stays():
    default = Options(hidden=(1,), rate=2)
    assert parse(Options, "train", ["--epochs", "5"], default) == Options(
        5, 2, hidden=(1,)
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--epochs", "abc"], "--epochs: must be a whole number, such as 20."),
        (["--rate", "fast"], "must be a number, such as 0.01 or 1e-3."),
        (["--hidden", "3", "x"], "--hidden: must be a whole number"),
        (["--keep", "0.5", "y"], "--keep: must be a number"),
    ],
)
def test_a_wrong_one_is_named_with_what_is_expected(capsys, arguments, message):
    with pytest.raises(SystemExit) as stop:
        parse(Options, "train", arguments)
    assert stop.value.code == 2
    told = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert message in told
    assert f"Received: '{arguments[-1]}'" in told
