"""`tfkit bench`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import tfkit

# Beside the package in a checkout. What is installed from a wheel has no tests.
_SCRIPT = Path("tests", "benchmarks", "run.py")


def bench(arguments: list[str]) -> None:
    """Compares tfkit with other systems, by the checkout's tests/benchmarks.

    They run in a process of their own, since each framework gets one.

    Args:
        arguments: What follows `tfkit bench`; `--help` lists what there is.

    Raises:
        FileNotFoundError: If tfkit is not installed from a checkout.
        SystemExit: With the status of the comparisons, if it is not 0.
    """
    root = Path(tfkit.__file__).parent.parent
    if not (root / _SCRIPT).is_file():
        raise FileNotFoundError(
            "`tfkit bench` must run from a checkout of the repository, which has "
            f"{_SCRIPT.as_posix()}. Received: an installed package without it. Clone "
            "the repository and type `make bench` there, or `pip install -e .` first."
        )
    done = subprocess.run(
        [sys.executable, str(root / _SCRIPT), *arguments], check=False
    )
    if done.returncode:
        raise SystemExit(done.returncode)
