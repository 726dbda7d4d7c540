"""Errors for names that are gone, and the table that they read."""

import subprocess
import sys

import pytest

import legacy_tf1.tensorflow as tf
from legacy_tf1.compat import catalogue, missing
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
    assert len(names) == len(set(names)) == len(catalogue.entries())
    assert len(names) > 400
    assert all(name.startswith("tf.") and today for name, today in rows)


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
