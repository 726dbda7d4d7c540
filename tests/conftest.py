"""Fixtures of the whole suite."""

import os
from pathlib import Path

# TensorFlow's start-up notes would drown a failure's own output.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the source tree."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real data beside the repository; tests skip without it."""
    folder = Path(
        os.environ.get("TFKIT_SHARED_DATA", REPOSITORY.parent / "shared" / "data")
    )
    if not folder.is_dir():
        pytest.skip(f"no shared data in {folder}; set TFKIT_SHARED_DATA to its folder")
    return folder


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves TensorFlow 1 out unless it is asked for by name.

    It turns eager execution off, for the whole process and so for all other tests.
    """
    asked = any("tests/legacy_tf1" in argument for argument in config.args)
    return True if collection_path.name == "legacy_tf1" and not asked else None
