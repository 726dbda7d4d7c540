"""Another optimizer is another line: momentum, RMSprop, Adam; and learning rate decay.

The cost 0.5 (w1^2 + 20 w2^2) is a valley twenty times as steep across as along it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

STEPS = 60


def descend(name: str, make_optimizer: Callable[[Any], Any]) -> None:
    """Minimizes the cost from (8, 1), in a graph of its own."""
    with tf.Graph().as_default(), tf.Session() as session:
        w = tf.Variable([8.0, 1.0])
        cost = 0.5 * tf.reduce_sum(tf.constant([1.0, 20.0]) * w**2)
        step = tf.train.get_or_create_global_step()
        train = make_optimizer(step).minimize(cost, global_step=step)
        session.run(tf.global_variables_initializer())
        for _ in range(STEPS):
            session.run(train)
        w1, w2 = session.run(w)
        print(f"{name:27} w = [{w1: .6f} {w2: .6f}]")


print(f"After {STEPS} steps from w = [8 1]:")
descend("gradient descent", lambda step: tf.train.GradientDescentOptimizer(0.05))
descend("momentum", lambda step: tf.train.MomentumOptimizer(0.05, momentum=0.9))
descend("RMSprop", lambda step: tf.train.RMSPropOptimizer(0.1, decay=0.9))
descend("Adam", lambda step: tf.train.AdamOptimizer(0.1))

# A decayed rate is a tensor that follows the global step.
descend(
    "descent, exponential decay",
    lambda step: tf.train.GradientDescentOptimizer(
        tf.train.exponential_decay(0.09, step, decay_steps=20, decay_rate=0.5)
    ),
)
descend(
    "descent, decay in stairs",
    lambda step: tf.train.GradientDescentOptimizer(
        tf.train.exponential_decay(
            0.09, step, decay_steps=20, decay_rate=0.5, staircase=True
        )
    ),
)
descend(
    "descent, inverse time decay",
    lambda step: tf.train.GradientDescentOptimizer(
        tf.train.inverse_time_decay(0.09, step, decay_steps=20, decay_rate=1.0)
    ),
)
descend(
    "descent, rates by hand",
    lambda step: tf.train.GradientDescentOptimizer(
        tf.train.piecewise_constant(
            step, boundaries=[20, 40], values=[0.09, 0.05, 0.01]
        )
    ),
)
