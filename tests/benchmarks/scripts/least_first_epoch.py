"""The least that `tfkit train digits` cannot do without, by hand.

Imports TensorFlow and Keras, builds the same network, compiles the same epoch (batches
in a loop, then the dev set) in one XLA program, runs it once and prints its costs. The
dropout masks are drawn before it: inside, they would compile and run longer. What
`tfkit train digits` takes beyond this until its first line is tfkit's own.
"""

import numpy as np

import keras
import tensorflow as tf

TRAIN, DEV, BATCH_SIZE = 1079, 359, 64
STEPS = TRAIN // BATCH_SIZE

generator = np.random.default_rng(0)
x = generator.random((TRAIN + DEV, 8, 8, 1), "float32")
y = generator.integers(0, 10, TRAIN + DEV)
layers = keras.layers
# Keep probability and units of each dropout, and the layers between two of them.
dropouts = ((0.9, 64), (0.8, 256), (0.8, 128))
parts = [keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten()])]
for (_, fan_in), units in zip(dropouts, (256, 128), strict=False):
    hidden = [
        layers.Dense(units, use_bias=False),
        layers.BatchNormalization(),
        layers.Activation("relu"),
    ]
    parts.append(keras.Sequential([keras.Input((fan_in,)), *hidden]))
last_layer = keras.Sequential([keras.Input((128,)), layers.Dense(10)])
variables = [v for part in (*parts, last_layer) for v in part.trainable_variables]
optimizer = keras.optimizers.Adam(3e-3)
optimizer.build(variables)


def cost(x: tf.Tensor, y: tf.Tensor, masks: list[tf.Tensor] | None) -> tf.Tensor:
    """The mean loss; with masks, of training."""
    for number, part in enumerate(parts):
        x = part(x, training=masks is not None)
        if masks is not None:
            x = x * masks[number]
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y, last_layer(x))
    return tf.reduce_mean(losses)


def step(x: tf.Tensor, y: tf.Tensor, masks: list[tf.Tensor]) -> tf.Tensor:
    """One update."""
    with tf.GradientTape() as tape:
        loss = cost(x, y, masks)
    optimizer.apply(tape.gradient(loss, variables), variables)
    return loss


@tf.function(jit_compile=True, autograph=False)
def epoch(
    x: tf.Tensor, y: tf.Tensor, masks: list[tf.Tensor]
) -> tuple[tf.Tensor, tf.Tensor]:
    """All batches, the short last one too, then the dev set."""

    def batch(tensor: tf.Tensor, start: tf.Tensor) -> tf.Tensor:
        size = [BATCH_SIZE, *tensor.shape[1:]]
        return tf.slice(tensor, [start, *[0] * (len(size) - 1)], size)

    def body(number: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        start = number * BATCH_SIZE
        drawn = [batch(mask, start) for mask in masks]
        return number + 1, total + step(batch(x, start), batch(y, start), drawn)

    _, total = tf.while_loop(lambda number, _: number < STEPS, body, (0, 0.0))
    rest = slice(STEPS * BATCH_SIZE, TRAIN)
    total += step(x[rest], y[rest], [mask[rest] for mask in masks])
    return total / (STEPS + 1), cost(x[TRAIN:], y[TRAIN:], None)


masks = [
    (generator.random((TRAIN, units), "float32") < keep).astype("float32") / keep
    for keep, units in dropouts
]
loss, dev_loss = epoch(*map(tf.constant, (x, y)), [tf.constant(m) for m in masks])
print(f"epoch 1/1  loss {float(loss):.4f}  dev loss {float(dev_loss):.4f}", flush=True)
