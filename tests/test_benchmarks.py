"""The benchmarks run; what they measure is for people to read."""

import subprocess
import sys

import pytest


@pytest.mark.slow
def test_the_short_form_runs(repository):
    done = subprocess.run(
        [sys.executable, "tests/benchmarks/run.py", "--short"],
        cwd=repository,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    for name in ("startup", "epoch", "batches"):
        assert name in done.stdout
