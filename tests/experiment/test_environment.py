import json
import subprocess

import keras
import pytest

from tfkit.experiment import environment


@pytest.fixture
def git_repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for arguments in (
        ["init", "-q"],
        ["config", "user.email", "a@example.com"],
        ["config", "user.name", "a"],
        ["commit", "-q", "--allow-empty", "-m", "first"],
    ):
        subprocess.run(["git", *arguments], check=True)
    return tmp_path


def test_versions_are_those_installed():
    record = json.loads(json.dumps(environment.record()))
    assert record["packages"]["keras"] == keras.__version__
    assert record["python"].startswith("3.")
    assert record["cores"] >= 1


def test_the_commit_and_whether_files_were_changed(git_repository):
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], text=True).strip()
    assert environment.record()["commit"] == head
    (git_repository / "new.py").write_text("")
    assert environment.record()["commit"] == head + "+"


def test_no_repository_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert environment.record()["commit"] is None
