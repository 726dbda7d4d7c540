"""The benchmarks run; what they measure is for people to read."""

import importlib.util
import json
import subprocess
import sys

import pytest

COMPARISONS = {
    "limits",
    "digits",
    "mnist",
    "cnn",
    "wide_mlp",
    "lstm",
    "residual_cnn",
    "embedding_bag",
    "two_inputs",
    "logging",
    "adam_large",
    "updates_large",
    "adam_small",
    "adam_small_loop",
    "gradient_check",
    "gradient_check_large",
    "memory",
    "to_97",
    "startup",
    "legacy_tf1",
    "legacy_tf1_startup",
    "batches",
    "accuracy_digits",
    "accuracy_mnist",
    "accuracy_cnn",
}


def run(repository, *arguments):
    return subprocess.run(
        [sys.executable, "tests/benchmarks/run.py", *arguments],
        cwd=repository,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def harness(repository):
    """tests/benchmarks/harness.py, which is no package's module."""
    path = repository / "tests" / "benchmarks" / "harness.py"
    spec = importlib.util.spec_from_file_location("benchmark_harness", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.mark.slow
def test_the_short_form_runs(repository, tmp_path):
    file = tmp_path / "results.json"
    done = run(repository, "--short", "--markdown", "--json", str(file))
    assert file.exists(), done.stderr
    results = json.loads(file.read_text())["results"]
    failed = {row["name"]: row["error"] for r in results for row in r["rows"]}
    assert {name: error for name, error in failed.items() if error} == {}
    assert done.returncode == 0, done.stderr
    assert {result["name"] for result in results} == COMPARISONS
    for result in results:
        assert all(len(row["values"]) == 1 for row in result["rows"]), result["name"]
        assert f"### {result['title']}" in done.stdout

    # What was written reads back to the same tables.
    again = run(repository, "--read", str(file), "--markdown")
    assert again.stdout == done.stdout


def test_a_name_that_is_not_there(repository):
    done = run(repository, "digit")
    assert done.returncode == 2
    assert "no comparison ['digit']; there are limits, digits," in done.stderr


def command(harness, name, program, **options):
    return harness.Command(name, ["-c", program], **options)


def compared(harness, *contenders, **options):
    workload = harness.Workload("title", contenders, unit="s", **options)
    with harness.processes(shared=False) as started:
        return harness.compare("name", workload, started, rounds=2, warm_up=1)


def test_every_contender_has_its_turn_in_every_round(harness, tmp_path):
    log = tmp_path / "log"
    noted = f"import sys; open({str(log)!r}, 'a').write(sys.argv[1] + ' ')"
    contenders = [
        harness.Command(name, ["-c", noted, f"{name}{{round}}"]) for name in "ab"
    ]
    result = compared(harness, *contenders)
    # One round that does not count, then two that do.
    assert log.read_text().split() == ["a0", "b0", "a0", "b0", "a1", "b1"]
    assert [len(row.values) for row in result.rows] == [2, 2]


def test_a_failure_stays_with_its_contender(harness):
    result = compared(
        harness,
        command(harness, "bad", "raise OSError('no luck')"),
        command(harness, "good", "pass"),
        command(harness, "silent", "pass", until="epoch"),
        harness.Contender("lost", "no_such_module", "build", needs=("numpy",)),
    )
    errors = {row.name: row.error for row in result.rows}
    assert "no luck" in errors["bad"]
    assert errors["good"] is None
    assert "ended without 'epoch'" in errors["silent"]
    assert "no_such_module" in errors["lost"]
    assert [len(row.values) for row in result.rows] == [0, 2, 0, 0]


def test_what_is_not_installed_is_named_and_left_out(harness):
    absent = command(harness, "peer", "pass", needs=("no_such_package",))
    result = compared(harness, command(harness, "own", "pass"), absent)
    assert [row.name for row in result.rows] == ["own"]
    assert result.missing == {"peer": "no_such_package not installed"}


def test_until_does_not_wait_for_the_end(harness):
    program = "import time; print('epoch 1/1', flush=True); time.sleep(600)"
    (row,) = compared(harness, command(harness, "early", program, until="1/")).rows
    # The test's own time limit would end a wait.
    assert len(row.values) == 2


@pytest.mark.parametrize(
    ("bar", "value", "met"),
    [
        ({"first": "a", "second": "b", "at_least": 15}, 20.0, True),
        ({"first": "b", "second": "a", "at_most": 0.04}, 0.05, False),
        # 160 bytes in 2 s beside the copy's 100 bytes in 1 s.
        ({"first": "share", "second": "c", "at_least": 0.8}, 0.8, True),
    ],
)
def test_bars(harness, bar, value, met):
    rows = [
        harness.Row("a", [30.0, 10.0, 20.0]),
        harness.Row("b", [1.0]),
        harness.Row("c", [2.0]),
        harness.Row("copy", [1.0]),
    ]
    moved = {"c": 160.0, "copy": 100.0}
    contenders = [
        harness.Contender(
            row.name, "", "", moved=moved.get(row.name), is_copy=row.name == "copy"
        )
        for row in rows
    ]
    harness._add_shares(rows, contenders)
    found = harness._judged(harness.Bar(**bar), rows)
    assert found["value"] == pytest.approx(value)
    assert found["met"] is met


def test_a_bar_without_one_of_its_sides_is_left_out(harness):
    bar = harness.Bar("a", "b", at_least=1)
    assert harness._judged(bar, [harness.Row("a", [1.0])]) is None
