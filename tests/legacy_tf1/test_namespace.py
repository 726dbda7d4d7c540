"""The machinery of the face: what it hands on, and what it does not touch."""

import importlib
import subprocess
import sys

import pytest
import tensorflow as real

import legacy_tf1.tensorflow as tf
from legacy_tf1.compat import moved


def test_names_of_tensorflow_2_are_handed_on():
    assert tf.train.AdamOptimizer is real.compat.v1.train.AdamOptimizer
    assert tf.newaxis is None


def test_modules_without_a_file_are_imported_by_every_spelling():
    import legacy_tf1.tensorflow.graph_util as graph_util

    from legacy_tf1.tensorflow.python.framework import ops

    assert graph_util.remove_training_nodes is tf.graph_util.remove_training_nodes
    assert ops.reset_default_graph is not None
    assert tf.graph_util is graph_util


def test_modules_are_found_where_they_were():
    gone = []
    for name in moved.MOVED:
        try:
            importlib.import_module(f"legacy_tf1.tensorflow.{name}")
        except ImportError as error:
            gone.append((name, str(error)))
    assert not gone


def test_a_module_that_has_moved_does_not_take_the_place_of_a_function():
    # In a process of its own: an import changes the package once and for all.
    code = """
import importlib, sys, types
from legacy_tf1.compat import moved
from legacy_tf1.compat.namespace import FACE

def functions():
    return {
        (module, name): value
        for module, each in list(sys.modules.items()) if module.startswith(FACE)
        for name, value in vars(each).items() if not isinstance(value, types.ModuleType)
    }

for name in moved.MOVED:
    importlib.import_module(f"{FACE}.{name.rpartition('.')[0]}".rstrip("."))
before = functions()
for name in [*moved.MOVED, "contrib.framework.python.ops.arg_scope"]:
    importlib.import_module(f"{FACE}.{name}")
after = functions()
print([key for key in before if key not in after])
"""
    result = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert result.stdout.strip() == "[]"


def test_names_that_are_gone_raise():
    with pytest.raises(AttributeError, match="no_such_thing"):
        _ = tf.no_such_thing
    with pytest.raises(ModuleNotFoundError):
        import legacy_tf1.tensorflow.no_such_thing  # noqa: F401


def test_the_real_tensorflow_stays_as_it_is():
    code = (
        "import tensorflow as real; before = set(dir(real));"
        "import legacy_tf1.tensorflow, sys; assert sys.modules['tensorflow'] is real;"
        "assert set(dir(real)) == before"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
