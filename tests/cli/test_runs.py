"""`tfkit train`, `evaluate` and `predict` from end to end, on a table of one's own."""

import numpy as np
import pytest

from tfkit.cli import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a table of flowers, whose last column names their kind."""
    folder = tmp_path_factory.mktemp("flowers")
    generator = np.random.default_rng(0)
    kinds = np.repeat(["iris", "rose"], 40)
    sizes = generator.normal(np.where(kinds == "iris", 1.0, 5.0)[:, None], 0.5, (80, 2))
    rows = [f"{a:.6f},{b:.6f}" for a, b in sizes]
    labelled = [f"{row},{kind}\n" for row, kind in zip(rows, kinds, strict=True)]
    (folder / "flowers.csv").write_text("height,width,kind\n" + "".join(labelled))
    (folder / "new.csv").write_text("1,1\n5,5\n1.1,0.9\n")
    return folder


@pytest.fixture(autouse=True)
def _in_that_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)


@pytest.fixture(scope="module")
def trained(folder):
    """A finished run, trained on a path relative to the working directory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        options = (
            "--name first --epochs 20 --hidden 8 --keep-prob 1 --fractions .7 .3 0 "
            "--batch-size 8 --optimizer.learning-rate 0.05"
        )
        status = main(["train", "flowers.csv", *options.split()])
    assert status == 0
    return folder / "logs" / "flowers" / "first"


@pytest.mark.parametrize(
    "run", ["flowers/first", "flowers/first/", "logs/flowers/first/", "latest"]
)
def test_evaluate_finds_the_run_by_any_name(capsys, trained, run):
    assert main(["evaluate", run]) == 0
    out = capsys.readouterr().out
    assert "verdict:" in out
    assert "dev" in out
    assert "test" not in out


def test_predict_writes_text_labels(capsys, trained, folder):
    assert main(["predict", str(trained), "new.csv", "--output", "out.csv"]) == 0
    assert "3 predictions in out.csv" in capsys.readouterr().out
    header, *rows = (folder / "out.csv").read_text().splitlines()
    assert header == "class,probability,p(iris),p(rose)"
    # Eight standard deviations apart: the nearer center is the class.
    assert [row.split(",")[0] for row in rows] == ["iris", "rose", "iris"]


def test_predict_on_the_training_table_leaves_out_the_labels(capsys, trained):
    assert main(["predict", str(trained), "flowers.csv"]) == 0
    out = capsys.readouterr().out
    assert "80 in all" in out
    assert str(trained) in out


def test_flags_override_the_config_and_the_name_is_not_taken_over(capsys, trained):
    config = str(trained / "config.toml")
    assert main(["train", "--config", config, "--epochs", "1"]) == 0
    out = capsys.readouterr().out
    assert "1 of 1 (all epochs)" in out
    runs = [path for path in trained.parent.iterdir() if path != trained]
    assert len(runs) == 1
    again = (runs[0] / "config.toml").read_text()
    assert again == (trained / "config.toml").read_text().replace(
        "epochs = 20", "epochs = 1"
    )


def test_evaluate_from_another_directory_says_where_it_looked(
    capsys, trained, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert main(["evaluate", str(trained)]) == 2
    assert f"'flowers.csv' (looked in {tmp_path})" in capsys.readouterr().err


@pytest.mark.filterwarnings("default::tfkit.data.SplitWarning")
def test_warnings_come_without_source_code(capsys, tmp_path):
    x, y = np.random.default_rng(0).normal(size=(60, 2)), np.arange(60) % 3
    arrays = {"x_train": x[:40], "y_train": y[:40]}
    np.savez(tmp_path / "a.npz", **arrays, x_val=x[40:], y_val=y[40:] % 2)
    arguments = ["--epochs", "1", "--hidden", "--logs", str(tmp_path / "logs")]
    assert main(["train", str(tmp_path / "a.npz"), *arguments]) == 0
    assert capsys.readouterr().err == (
        "warning: This split will mislead: the dev part has no example of class 2.\n"
    )


def test_augmentation_of_a_table_ends_with_words(capsys, tmp_path):
    arguments = ["--augmentation", "digits", "--logs", str(tmp_path / "logs")]
    assert main(["train", "wine", *arguments]) == 2
    captured = capsys.readouterr()
    # As they are typed, not as they are called in Python.
    assert captured.err.startswith("error: `--augmentation` distorts images")
    assert captured.err.endswith("Use --augmentation 'none'.\n")
    assert not (tmp_path / "logs").exists()
