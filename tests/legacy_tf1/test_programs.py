"""The corpus of TensorFlow-1 idioms: each program asserts its values itself.

A program that takes arguments or files has a test elsewhere; these need neither.
`pytest tests/legacy_tf1/test_programs.py -k rnn` runs those of an area.
"""

import json
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
PROGRAMS = HERE / "programs"
PATHS = {
    path.relative_to(PROGRAMS).with_suffix("").as_posix(): path
    for path in sorted(PROGRAMS.glob("*/*.py"))
    if not path.name.startswith("_")
}


@pytest.fixture(scope="module")
def results(request, tmp_path_factory):
    """Statuses and outputs of the programs whose tests were selected."""
    selected = [
        str(PATHS[item.callspec.params["name"]])
        for item in request.session.items
        if item.path == request.path and hasattr(item, "callspec")
    ]
    file = tmp_path_factory.mktemp("programs") / "results.json"
    done = subprocess.run(
        [sys.executable, str(HERE / "run_programs.py"), str(file)],
        input="\n".join(selected),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.tf1
@pytest.mark.timeout(1800)  # the first one waits for all
@pytest.mark.parametrize("name", PATHS)
def test_program(name, results):
    result = results[str(PATHS[name])]
    assert result["status"] == 0, result["output"]


def test_the_corpus_is_as_large_as_promised():
    assert len(PATHS) >= 60
