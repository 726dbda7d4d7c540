"""These tests have a process of their own: TensorFlow 1 is a mode of the whole process.

`pytest tests/legacy_tf1 legacy_tf1` runs them; `make test` does after all others.
"""

import pytest

import legacy_tf1.tensorflow as tf


@pytest.fixture(autouse=True)
def fresh_graph():
    """A default graph of its own for each test, without a seed."""
    tf.reset_default_graph()
    yield
    tf.reset_default_graph()
