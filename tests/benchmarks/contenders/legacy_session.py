"""A TensorFlow-1 training loop: under the runner, and under tf.compat.v1 itself."""

from __future__ import annotations

import numpy as np

from .base import Contender, Timed, array

# Softmax regression as it was written then; `x`, `y` and `steps` are given.
PROGRAM = """
import numpy as np
{imports}

images = tf.placeholder(tf.float32, [None, 64])
labels = tf.placeholder(tf.int64, [None])
weights = tf.Variable(tf.zeros([64, 10]))
bias = tf.Variable(tf.zeros([10]))
logits = tf.matmul(images, weights) + bias
loss = tf.reduce_mean(
    tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
)
train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
session = tf.Session()
session.run(tf.global_variables_initializer())


def loop():
    costs = []
    for step in range(steps):
        begin = step * 64 % (len(x) - 63)
        batch = {{images: x[begin : begin + 64], labels: y[begin : begin + 64]}}
        _, cost = session.run([train, loss], feed_dict=batch)
        costs.append(float(cost))
    return costs
"""


def runner(steps: int) -> Contender:
    """In a program's own `__builtins__`, its syntax tree changed as the runner does."""
    from legacy_tf1.compat import objects
    from legacy_tf1.runner import imports, source

    text = PROGRAM.format(imports="import tensorflow as tf")
    tree, _ = source.parse(text, "<program>")
    code = compile(objects.transformed(tree), "<program>", "exec")
    return _timed(code, {"__builtins__": imports.program_builtins()}, steps)


def compat_v1(steps: int) -> Contender:
    """As the same program is run today without the runner."""
    today = "import tensorflow.compat.v1 as tf\ntf.disable_v2_behavior()"
    text = PROGRAM.format(imports=today)
    return _timed(compile(text, "<program>", "exec"), {}, steps)


def _timed(code: object, names: dict, steps: int) -> Contender:
    names |= {"x": array("digits_x"), "y": array("digits_y"), "steps": steps}
    exec(code, names)
    costs: list[float] = []

    def turn() -> None:
        costs[:] = names["loop"]()
        # Both must have learned: a loop that does nothing would be fast.
        if not np.isfinite(costs).all():
            raise ValueError(f"The cost must stay finite. Received: {costs[-1]}.")

    return Timed(turn, times=steps, facts=lambda: {"cost at last": f"{costs[-1]:.4f}"})
