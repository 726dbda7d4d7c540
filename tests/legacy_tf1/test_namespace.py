"""The machinery of the face: what it hands on, and what it does not touch."""

import subprocess
import sys

import pytest
import tensorflow as real

import legacy_tf1.tensorflow as tf


def test_names_of_tensorflow_2_are_handed_on():
    assert tf.train.AdamOptimizer is real.compat.v1.train.AdamOptimizer
    assert tf.newaxis is None


def test_modules_without_a_file_are_imported_by_every_spelling():
    import legacy_tf1.tensorflow.gfile as gfile
    from legacy_tf1.tensorflow.python.framework import ops

    assert gfile.Exists is tf.gfile.Exists
    assert ops.reset_default_graph is not None
    assert tf.gfile is gfile


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
