"""Errors for names that are gone, and the table that they read."""

import importlib
import inspect
import subprocess
import sys
import warnings

import pytest

import legacy_tf1.tensorflow as tf
from legacy_tf1.compat import catalogue, faces, missing
from legacy_tf1.compat.catalogue import libraries
from legacy_tf1.runner.imports import import_for_program, program_builtins

BUILTINS = program_builtins()


def test_a_name_that_is_gone_says_since_when_and_what_replaces_it():
    with pytest.raises(AttributeError, match=r"since TensorFlow 2\.0.*GaussianMixture"):
        raise missing.error("tensorflow.contrib.factorization.GMM")
    with pytest.raises(ModuleNotFoundError, match=r"boosted_trees.*GradientBoosting"):
        raise missing.module_error("tensorflow.contrib.boosted_trees.python")


def test_a_misspelling_is_guessed():
    with pytest.raises(AttributeError, match=r"Did you mean 'tf\.placeholder'\?"):
        _ = tf.placehodler
    with pytest.raises(
        AttributeError, match=r"Did you mean 'tf\.train\.AdamOptimizer'"
    ):
        _ = tf.train.AdamOptimiser


def test_a_module_that_is_gone_is_told_by_import():
    with pytest.raises(
        ModuleNotFoundError, match=r"tensorflow\.contrib\.bayesflow.*2\.0"
    ):
        import_for_program("tensorflow.contrib.bayesflow")
    with pytest.raises(ModuleNotFoundError, match=r"bayesflow.*2\.0"):
        import_for_program("tensorflow.contrib.bayesflow", fromlist=("hmc",))
    for statement, message in (
        ("from tensorflow import no_such_thing", "1.15 has no such name either"),
        ("from tensorflow.contrib import tensor_forest", r"2\.0.*RandomForest"),
        ("from tensorflow.contrib.factorization import GMM", "GaussianMixture"),
    ):
        with pytest.raises(ImportError, match=message):
            exec(statement, {"__builtins__": BUILTINS})


def test_what_never_was_is_not_said_to_be_gone():
    with pytest.raises(AttributeError, match="no such name either"):
        _ = tf.qqqqqq


def test_the_table_is_broad_and_has_each_name_once():
    rows = [
        row.split(" = ", 1)
        for table in (catalogue.before_1_0, catalogue.contrib, catalogue.core)
        for row in table.ROWS.strip().splitlines()
    ]
    names = [name for name, _ in rows]
    others = [row.split(" | ")[0] for row in libraries.ROWS.strip().splitlines()]
    assert len(others) == len(set(others))
    assert len(names) == len(set(names)) == len(catalogue.entries()) - len(others)
    assert len(names) > 400
    assert all(name.startswith("tf.") and today for name, today in rows)


def found(name):
    """Whether the face of TensorFlow 1 has a name, or a module of that name."""
    value = tf
    for part in name.split(".")[1:]:
        try:
            value = getattr(value, part)
        except AttributeError:
            try:
                value = importlib.import_module(f"{value.__name__}.{part}")
            except (ImportError, AttributeError):
                return False
    return True


def test_what_the_runner_does_is_true_of_tensorflow():
    """The face itself is asked for each name of the table."""
    for entry in catalogue.entries().values():
        if entry.name.startswith("tf.") and entry.name not in OTHERWISE:
            works = entry.runner == "the old name works"
            assert works == found(entry.name.removesuffix(".*")), entry


# A name that importing TensorFlow's private module supplies, not the module `tf`.
OTHERWISE = ("tf.pywrap_tensorflow.NewCheckpointReader",)


def has(module, name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return hasattr(module(), name)
        except ImportError:  # scikit-learn says so where a name of its own has gone
            return False


def as_module(get, name):
    try:
        get(name)
    except ImportError:
        return False
    return True


SINCE_ANOTHER = {"numpy.bool", "numpy.long"}


@pytest.mark.parametrize(
    "name", [row.split(" | ")[0] for row in libraries.ROWS.strip().splitlines()]
)
def test_names_of_libraries_are_gone_and_the_runner_does_what_is_said(name):
    """The installed library and its face are asked for each name."""
    entry, (module, _, last) = catalogue.find(name), name.rpartition(".")

    def exists(get):
        return has(lambda: get(module), last) or as_module(get, name)

    if name not in SINCE_ANOTHER and name != "scipy.misc":
        assert not exists(importlib.import_module)
    assert exists(faces.module) == (entry.runner != libraries.NOTHING)


@pytest.mark.parametrize(("function", "keyword"), catalogue.keywords())
def test_arguments_of_libraries_are_gone(function, keyword):
    module, _, name = function.rpartition(".")
    today = getattr(importlib.import_module(module), name)
    assert keyword not in inspect.signature(today).parameters


def test_what_1_15_still_had_did_not_go_with_1_0():
    """Compat.v1 has the names of the last TensorFlow 1."""
    import tensorflow.compat.v1 as tf1

    for row in catalogue.before_1_0.ROWS.strip().splitlines():
        value = tf1
        for name in row.partition(" = ")[0].removeprefix("tf.").split("."):
            value = getattr(value, name, None)
        assert value is None, row
    assert catalogue.find("tf.initialize_all_variables").since == "2.0"


def test_a_counterpart_of_keras_exists():
    """Dotted names of the right-hand side are looked up in Keras itself."""
    import re

    import keras

    for entry in catalogue.entries().values():
        for found in re.findall(r"\bkeras((?:\.\w+)+)", entry.today):
            value = keras
            for name in found.strip(".").split("."):
                assert hasattr(value, name), (entry.name, f"keras{found}")
                value = getattr(value, name)


def test_a_counterpart_in_tensorflow_exists():
    """Dotted names of the right-hand side are looked up in TensorFlow 2's own API."""
    import re

    import tensorflow.compat.v2 as tf2

    for entry in catalogue.entries().values():
        for found in re.findall(r"\btf((?:\.\w+)+)", entry.today):
            value = tf2
            for name in found.strip(".").split("."):
                assert hasattr(value, name), (entry.name, f"tf{found}")
                value = getattr(value, name)


def test_what_was_only_renamed_is_known_from_tensorflow():
    assert catalogue.find("tf.log").today == "tf.math.log"
    assert catalogue.find("tf.gfile.Exists").today == "tf.io.gfile.exists"
    assert catalogue.find("tf.matmul") is None


def test_the_table_loads_no_tensorflow():
    code = (
        "import sys; from legacy_tf1.compat import catalogue;"
        "assert catalogue.find('tf.log'); assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
