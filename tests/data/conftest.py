"""Fixtures of the data tests: small arrays, damaged files, and data kept beside the code."""

import os
from pathlib import Path

import numpy as np
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def shared_data():
    """A function that returns a file or folder of the shared data, or skips the test."""
    default = REPOSITORY.parent / "shared" / "data"
    root = Path(os.environ.get("TFKIT_SHARED_DATA") or default)

    def find(relative):
        path = root / relative
        if not path.exists():
            pytest.skip(f"no {relative} in {root} (set TFKIT_SHARED_DATA)")
        return path

    return find


@pytest.fixture
def table():
    """60 different examples of 4 features in 3 classes of 20."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(60, 4)).astype("float32")
    return x, np.repeat(np.arange(3), 20)


@pytest.fixture
def cut_short():
    """A function that removes the second half of a file."""

    def cut(path):
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])
        return path

    return cut


@pytest.fixture
def foreign(tmp_path):
    """A function that writes a file of random bytes under a name."""

    def write(name):
        path = tmp_path / name
        path.write_bytes(np.random.default_rng(0).bytes(2000))
        return path

    return write
