"""Notebooks are read without being run: their outputs are there and clean.

That they still run is checked by nbmake, which executes each (see pyproject.toml).
"""

import json
import re

import pytest


def notebooks(repository):
    return sorted((repository / "notebooks").glob("*.ipynb"))


def outputs(notebook):
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            yield from cell["outputs"]


@pytest.fixture
def loaded(repository):
    return {p.name: json.loads(p.read_text()) for p in notebooks(repository)}


def test_there_is_one_to_begin_with(loaded):
    assert "01_first_run.ipynb" in loaded


def test_every_notebook_shows_its_outputs(loaded):
    for name, notebook in loaded.items():
        code = [c for c in notebook["cells"] if c["cell_type"] == "code"]
        assert all(c["execution_count"] for c in code), name
        assert any("image/png" in o.get("data", {}) for o in outputs(notebook)), name
        assert not [o for o in outputs(notebook) if o["output_type"] == "error"], name


def test_outputs_hold_no_paths_times_or_noise(loaded):
    for name, notebook in loaded.items():
        for output in outputs(notebook):
            assert output.get("name") != "stderr", name
            text = "".join(output.get("text", []))
            # An absolute path, or a time of day.
            found = re.search(r"(?<![\w.])/\w+/\w+|\d+:\d\d:\d\d", text)
            assert not found, (name, found)


def test_notebooks_end_by_asserting_what_they_claim(loaded):
    for name, notebook in loaded.items():
        last = [c for c in notebook["cells"] if c["cell_type"] == "code"][-1]
        assert "assert " in "".join(last["source"]), name


def test_notebooks_are_small(repository):
    for path in notebooks(repository):
        assert path.stat().st_size < 500_000, path.name
