import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfkit import run_folder


def make_run(logs, experiment, name):
    folder = run_folder.create(logs, experiment, name)
    folder.config.write_text("")
    return folder


def test_an_existing_run_is_never_overwritten(tmp_path):
    make_run(tmp_path, "digits", "first")
    expected = re.escape(str(tmp_path / "digits" / "first")) + ".*never overwritten"
    with pytest.raises(FileExistsError, match=expected):
        run_folder.create(tmp_path, "digits", "first")
    with pytest.raises(FileExistsError, match=expected):
        run_folder.require_free(tmp_path, "digits", "first")


def test_unnamed_runs_of_one_second_get_different_folders(tmp_path):
    paths = [run_folder.create(tmp_path, "digits").path for _ in range(5)]
    assert len(set(paths)) == 5
    assert all(re.fullmatch(r"\d{8}-\d{6}(-\d+)?", path.name) for path in paths)


def test_require_free_creates_nothing(tmp_path):
    run_folder.require_free(tmp_path / "logs", "digits", "first")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "logs").write_text("not a folder")
    with pytest.raises(PermissionError, match=r"logs is a file, not a folder.*--logs"):
        run_folder.create(tmp_path / "logs", "digits", "first")


def test_an_unwritable_folder_is_named():
    # /proc takes no files from anybody, root included.
    with pytest.raises(PermissionError, match=r"Cannot write to /proc/tfkit.*--logs"):
        run_folder.require_free(Path("/proc/tfkit"), "digits")


def test_find_by_path_by_name_and_latest(tmp_path):
    old = make_run(tmp_path, "digits", "old")
    new = make_run(tmp_path, "iris", "new")
    os.utime(old.config, (1, 1))
    assert run_folder.find(old.path) == old
    assert run_folder.find("digits/old", tmp_path) == old
    assert run_folder.find("latest", tmp_path) == new
    assert list(run_folder.runs(tmp_path)) == [old, new]


def test_latest_with_a_model_is_not_the_one_that_still_trains(tmp_path):
    finished = make_run(tmp_path, "digits", "finished")
    os.utime(finished.config, (1, 1))
    training = make_run(tmp_path, "digits", "training")
    with pytest.raises(FileNotFoundError, match="There is no run 'latest'"):
        run_folder.find("latest", tmp_path, with_model=True)
    finished.model.write_text("")
    assert run_folder.find("latest", tmp_path, with_model=True) == finished
    assert run_folder.find("latest", tmp_path) == training


def test_find_names_the_runs_there_are(tmp_path):
    make_run(tmp_path, "digits", "first")
    with pytest.raises(FileNotFoundError, match=r"no run 'second'.*digits/first"):
        run_folder.find("second", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"holds no config\.toml"):
        run_folder.find(tmp_path / "digits", tmp_path)
    with pytest.raises(FileNotFoundError, match="`tfkit train` makes one"):
        run_folder.find("latest", tmp_path / "empty")


@given(text=st.text())
def test_write_text_round_trips(text, tmp_path_factory):
    path = tmp_path_factory.mktemp("write") / "note.txt"
    run_folder.write_text(path, text)
    # bytes: text mode would translate line ends on reading
    assert path.read_bytes().decode() == text
    assert [file.name for file in path.parent.iterdir()] == ["note.txt"]


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "model.keras"
    path.write_text("old")

    def fail():
        with run_folder.replacing(path) as new:
            new.write_text("half")
            raise RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk full"):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_latest_runs_are_named_first(tmp_path):
    for number in range(7):
        folder = make_run(tmp_path, "digits", f"run{number}")
        os.utime(folder.config, (number + 1, number + 1))
    with pytest.raises(FileNotFoundError, match=r"run6, .*run2, and 2 older ones"):
        run_folder.find("none", tmp_path)


def test_all_below_yields_damaged_runs_and_nothing_else(tmp_path):
    complete = make_run(tmp_path, "digits", "complete")
    (complete.path / "checkpoints").mkdir()
    (complete.path / "checkpoints" / "model.keras").touch()
    no_config = run_folder.create(tmp_path, "digits", "no_config")
    no_config.history.touch()
    run_folder.create(tmp_path, "iris", "empty")
    hidden = run_folder.create(tmp_path, "iris", ".hidden")
    hidden.config.touch()
    (tmp_path / "notes.txt").touch()
    assert list(run_folder.all_below(tmp_path)) == [complete, no_config]
    assert list(run_folder.all_below(tmp_path / "digits")) == [complete, no_config]
    assert list(run_folder.all_below(complete.path)) == [complete]
    assert list(run_folder.all_below(tmp_path / "iris")) == []


def test_asking_whether_a_run_goes_on_leaves_no_trace(tmp_path):
    folder = make_run(tmp_path, "digits", "first")
    assert not folder.is_running()
    assert [path.name for path in folder.path.iterdir()] == ["config.toml"]
    with run_folder.training(folder):
        assert folder.is_running()
        assert folder.is_running()
    assert not folder.is_running()
    assert [path.name for path in folder.path.iterdir()] == ["config.toml"]


def test_a_failed_training_no_longer_runs(tmp_path):
    folder = make_run(tmp_path, "digits", "first")

    def fail():
        with run_folder.training(folder):
            raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        fail()
    assert not folder.is_running()


def test_who_has_typed_no_option_reads_of_none(tmp_path):
    (tmp_path / "file.py").write_text("not a folder")
    with pytest.raises(PermissionError, match="is a file, not a folder") as error:
        run_folder.require_writable(tmp_path / "file.py")
    assert "`" not in str(error.value)
    with pytest.raises(PermissionError, match="another place with `log_dir`"):
        run_folder.require_writable(tmp_path / "file.py", option="log_dir")
