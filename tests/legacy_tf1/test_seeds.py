"""Values of seeded programs, against those that TensorFlow 1.15.5 prints.

float32 is printed with 9 digits, which give it back exactly; sampling goes through
logarithms and roots, whose last bit may differ by machine: hence rtol=1e-6.
"""

import numpy as np
import pytest
import tensorflow as real
from tensorflow.python.framework import random_seed

import legacy_tf1.tensorflow as tf
from legacy_tf1.compat import seeds


def run(*tensors):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(tensors)


def test_the_number_of_operations_is_the_seed():
    tf.set_random_seed(5)
    tf.placeholder(tf.float32)
    normal = tf.random_normal([2])
    # The placeholder, and the shape, mean and standard deviation of the normal.
    assert normal.op.inputs[0].op.inputs[0].op.get_attr("seed2") == 4


def test_an_operation_of_its_own_seed_keeps_it():
    tf.set_random_seed(5)
    assert tf.get_seed(3) == (5, 3)
    tf.reset_default_graph()
    assert tf.get_seed(3) == (87654321, 3)
    assert tf.get_seed(None) == (None, None)


def test_two_graphs_count_for_themselves():
    for _ in range(2):
        with tf.Graph().as_default():
            tf.set_random_seed(7)
            tf.constant(1.0)
            assert tf.get_seed(None) == (7, 1)


def test_installing_twice_is_installing_once():
    rule = random_seed.get_seed
    seeds.install()
    assert random_seed.get_seed is rule


def test_counting_takes_what_is_added_for_a_number():
    graph = tf.get_default_graph()
    with seeds.counting(4):
        real.linspace(0.0, 1.0, 3)  # adds 74
    assert seeds.operations(graph) == 4
    seeds.count(-1)
    assert seeds.operations(graph) == 3
    tf.constant(1.0)
    assert seeds.operations(graph) == 4


def _dropout_then_weights():
    x = tf.placeholder_with_default(tf.ones([2, 3]), [None, 3])
    kept = tf.nn.dropout(x, tf.constant(0.5))
    return tf.concat([tf.reshape(kept, [-1]), tf.random_normal([2])], 0)


def _after(build):
    def program():
        build()
        return tf.random_normal([2])

    return program


def _shuffled():
    queue = tf.train.string_input_producer(["a", "b"], shuffle=True)
    assert queue.name
    return tf.random_shuffle(tf.range(6))


def _get_variable_in_scope():
    with tf.variable_scope("layer", regularizer=tf.nn.l2_loss):
        tf.get_variable("v", [2, 3])
        return tf.get_variable("w", [3])


PROGRAMS = {
    "random_normal": lambda: tf.random_normal([3]),
    "random_uniform": lambda: tf.random_uniform([3]),
    "random_uniform of a range": lambda: tf.random_uniform([3], -1, 1),
    "random_uniform of integers": lambda: tf.random_uniform([3], 0, 9, tf.int32),
    "truncated_normal": lambda: tf.truncated_normal([3], stddev=0.1),
    "random_shuffle": lambda: tf.random_shuffle(tf.range(6)),
    "multinomial": lambda: tf.multinomial(tf.zeros([1, 4]), 6)[0],
    "random_crop": lambda: tf.random_crop(tf.range(9), [3]),
    "get_variable": lambda: tf.get_variable("w", [3]),
    "get_variable in a scope that regularizes": _get_variable_in_scope,
    "initializer with a seed": lambda: tf.get_variable(
        "w", [3], initializer=tf.truncated_normal_initializer(seed=1)
    ),
    "initializer without a seed": lambda: tf.get_variable(
        "w", [3], initializer=tf.random_normal_initializer(stddev=0.5)
    ),
    "dropout, then weights": _dropout_then_weights,
    "after linspace": _after(lambda: tf.linspace(0.0, 1.0, 5)),
    "after split": _after(lambda: tf.split(tf.zeros([4, 2]), 2, 0)),
    "after eye": _after(lambda: tf.eye(3)),
    "after a loss": _after(lambda: tf.losses.mean_squared_error([1.0], [2.0])),
    "after reducing a scalar": _after(lambda: tf.reduce_mean(tf.constant(1.0))),
    "after clipping": _after(lambda: tf.clip_by_global_norm([tf.ones([2])], 1.0)),
    "after a queue": _shuffled,
}

#: What TensorFlow 1.15.5 prints of each after tf.set_random_seed(42).
EXPECTED = {
    "random_normal": [0.8021455, 0.505679, 1.8120127],
    "random_uniform": [0.63789964, 0.16047871, 0.19355309],
    "random_uniform of a range": [0.27579927, -0.6790426, -0.6128938],
    "random_uniform of integers": [6, 6, 1],
    "truncated_normal": [0.08021455, 0.050567903, 0.18120126],
    "random_shuffle": [5, 4, 0, 2, 1, 3],
    "multinomial": [0, 2, 3, 2, 2, 2],
    "random_crop": [5, 6, 7],
    "get_variable": [0.27579927, -0.6790426, -0.6128938],
    "get_variable in a scope that regularizes": [0.20349383, -0.02457881, 0.8694501],
    "initializer with a seed": [-1.499947, -1.2420495, 0.52283144],
    "initializer without a seed": [0.40107274, 0.2528395, 0.90600634],
    "dropout, then weights": [2.0, 0.0, 0.0, 0.0, 2.0, 0.0, -1.0323119, 0.44512635],
    "after linspace": [-0.45274156, -0.30040753],
    "after split": [-0.45274156, -0.30040753],
    "after eye": [1.080044, -2.473193],
    "after a loss": [-1.8457959, -0.60682076],
    "after reducing a scalar": [-0.28808418, 0.03894814],
    "after clipping": [-0.22233641, 0.11448165],
    "after a queue": [5, 2, 0, 3, 4, 1],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_values_are_those_of_tensorflow_1(name):
    tf.set_random_seed(42)
    (value,) = run(PROGRAMS[name]())
    np.testing.assert_allclose(value, EXPECTED[name], rtol=1e-6)
