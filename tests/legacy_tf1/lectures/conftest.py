"""The lectures' output, once for all tests."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from legacy_tf1 import lectures


@pytest.fixture(scope="session")
def printed(tmp_path_factory):
    """Name of a lecture -> the lines it prints; all run in one batch."""
    scripts = lectures.catalogue()
    file = tmp_path_factory.mktemp("lectures") / "results.json"
    subprocess.run(
        [sys.executable, str(Path(__file__).parents[1] / "run_programs.py"), str(file)],
        input="\n".join(str(path) for path, _ in scripts.values()),
        capture_output=True,
        text=True,
        check=True,
    )
    results = json.loads(file.read_text(encoding="utf-8"))

    def lines(name):
        result = results[str(scripts[name][0])]
        assert result["status"] == 0, result["output"]
        return result["output"].splitlines()

    return lines
