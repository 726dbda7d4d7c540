"""JAX by hand, in the fastest form that we could write.

On the digits an epoch is one jitted scan: the order comes from NumPy, the examples are
put in order and all masks are drawn before the scan, and the short last batch is a step
after it. On MNIST's sizes a jitted step in a Python loop is faster: by a little for the
perceptron, several times with convolutions, which are slow inside a scan on CPUs.
Buffers are donated. Same layers, Adam, metrics and validation as the others.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .base import Contender, Timed, array, percent

KEEP_PROB = 0.8
BN_MOMENTUM, BN_EPSILON = 0.99, 1e-3
# forward(weights, statistics, x, mask): logits and new statistics; without a mask, as
# in inference.
Forward = Callable[[Any, Any, jax.Array, jax.Array | None], tuple[jax.Array, Any]]


def digits(epochs: int) -> Contender:
    """20 epochs on the digits, with accuracy and validation."""
    generator = np.random.default_rng(0)
    weights = {
        "dense": [
            _dense(generator, *sizes) for sizes in ((64, 128), (128, 64), (64, 10))
        ],
        "bn": (np.ones(128, "float32"), np.zeros(128, "float32")),
    }
    statistics = (np.zeros(128, "float32"), np.ones(128, "float32"))
    dev = array("digits_dev_x"), array("digits_dev_y")
    train = array("digits_x"), array("digits_y")
    return _fit(_digits_forward, weights, statistics, train, 64, epochs, 64, dev)


def mnist(epochs: int) -> Contender:
    """Epochs of a perceptron on MNIST."""
    generator = np.random.default_rng(0)
    sizes = ((784, 128), (128, 64), (64, 10))
    weights = {"dense": [_dense(generator, *pair) for pair in sizes]}
    train = array("mnist_x").reshape(-1, 784), array("mnist_y")
    return _fit(_mlp_forward, weights, (), train, 128, epochs, scanned=False)


def cnn(examples: int) -> Contender:
    """One epoch of a small convolutional network on images of MNIST's size."""
    generator = np.random.default_rng(0)
    weights = {
        "conv": [_conv(generator, 1, 16), _conv(generator, 16, 32)],
        "dense": [_dense(generator, 800, 64), _dense(generator, 64, 10)],
    }
    train = array("mnist_x")[:examples], array("mnist_y")[:examples]
    return _fit(_cnn_forward, weights, (), train, 128, 1, scanned=False)


def _digits_forward(
    weights: Any, statistics: Any, x: jax.Array, mask: jax.Array | None
) -> tuple[jax.Array, Any]:
    first, second, last = weights["dense"]
    gamma, beta = weights["bn"]
    x = jax.nn.relu(x @ first[0] + first[1])
    mean, variance = statistics
    if mask is not None:
        batch_mean, batch_variance = x.mean(0), x.var(0)
        statistics = (
            BN_MOMENTUM * mean + (1 - BN_MOMENTUM) * batch_mean,
            BN_MOMENTUM * variance + (1 - BN_MOMENTUM) * batch_variance,
        )
        mean, variance = batch_mean, batch_variance
    x = (x - mean) * (jax.lax.rsqrt(variance + BN_EPSILON) * gamma) + beta
    x = jax.nn.relu(x @ second[0] + second[1])
    if mask is not None:
        x = x * mask
    return x @ last[0] + last[1], statistics


def _mlp_forward(
    weights: Any, statistics: Any, x: jax.Array, mask: jax.Array | None
) -> tuple[jax.Array, Any]:
    *hidden, last = weights["dense"]
    for kernel, bias in hidden:
        x = jax.nn.relu(x @ kernel + bias)
    return x @ last[0] + last[1], statistics


def _cnn_forward(
    weights: Any, statistics: Any, x: jax.Array, mask: jax.Array | None
) -> tuple[jax.Array, Any]:
    for kernel, bias in weights["conv"]:
        x = jax.lax.conv_general_dilated(
            x, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        x = _max_pool(jax.nn.relu(x + bias))
    return _mlp_forward(weights, statistics, x.reshape(len(x), -1), mask)


def _max_pool(x: jax.Array) -> jax.Array:
    # The maximum of four slices: the gradient of `reduce_window` takes more than twice
    # the time of the whole step on CPUs.
    height, width = x.shape[1] // 2 * 2, x.shape[2] // 2 * 2
    rows = jnp.maximum(x[:, 0:height:2], x[:, 1:height:2])
    return jnp.maximum(rows[:, :, 0:width:2], rows[:, :, 1:width:2])


def _dense(generator: np.random.Generator, fan_in: int, fan_out: int) -> Any:
    limit = np.sqrt(6 / (fan_in + fan_out))
    kernel = generator.uniform(-limit, limit, (fan_in, fan_out)).astype("float32")
    return kernel, np.zeros(fan_out, "float32")


def _conv(generator: np.random.Generator, fan_in: int, fan_out: int) -> Any:
    limit = np.sqrt(6 / (9 * (fan_in + fan_out)))
    kernel = generator.uniform(-limit, limit, (3, 3, fan_in, fan_out)).astype("float32")
    return kernel, np.zeros(fan_out, "float32")


def _adam(
    weights: Any, averages: tuple[Any, Any], gradients: Any, t: jax.Array
) -> tuple[Any, tuple[Any, Any]]:
    """Keras's formula and defaults."""
    rate = 1e-3 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    tree_map = jax.tree.map
    v = tree_map(lambda v, g: v + 0.1 * (g - v), averages[0], gradients)
    s = tree_map(lambda s, g: s + 0.001 * (g * g - s), averages[1], gradients)
    weights = tree_map(
        lambda w, v, s: w - rate * v / (jnp.sqrt(s) + 1e-7), weights, v, s
    )
    return weights, (v, s)


def _fit(
    forward: Forward,
    weights: Any,
    statistics: Any,
    train: tuple[np.ndarray, np.ndarray],
    batch_size: int,
    epochs: int,
    masked_units: int = 0,
    dev: tuple[np.ndarray, np.ndarray] | None = None,
    scanned: bool = True,
) -> Contender:
    count = len(train[1])
    steps = count // batch_size
    full = steps * batch_size

    def cost(
        weights: Any, statistics: Any, x: jax.Array, y: jax.Array, mask: jax.Array
    ) -> tuple[jax.Array, Any]:
        logits, statistics = forward(weights, statistics, x, mask)
        picked = jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1)
        correct = (logits.argmax(1) == y).sum()
        return -picked.mean(), (statistics, correct)

    def step(state: Any, batch: Any) -> tuple[Any, tuple[jax.Array, jax.Array]]:
        weights, statistics, averages, t = state
        (loss, (statistics, correct)), gradients = jax.value_and_grad(
            cost, has_aux=True
        )(weights, statistics, *batch)
        t = t + 1
        weights, averages = _adam(weights, averages, gradients, t)
        return (weights, statistics, averages, t), (loss * len(batch[1]), correct)

    @functools.partial(jax.jit, donate_argnums=0)
    def epoch(
        state: Any, data: Any, held_out: Any, order: jax.Array, key: jax.Array
    ) -> tuple[Any, Any]:
        x, y = data[0][order], data[1][order]
        kept = jax.random.bernoulli(key, KEEP_PROB, (count, masked_units))
        all_batches = x, y, kept.astype(jnp.float32) / KEEP_PROB
        batches = [
            part[:full].reshape(steps, batch_size, *part.shape[1:])
            for part in all_batches
        ]
        state, (losses, correct) = jax.lax.scan(step, state, batches)
        loss, correct = losses.sum(), correct.sum()
        if full < count:
            state, last = step(state, [part[full:] for part in all_batches])
            loss, correct = loss + last[0], correct + last[1]
        metrics = [loss / count, correct / count]
        if held_out is not None:
            logits, _ = forward(state[0], state[1], held_out[0], None)
            chosen = jax.nn.log_softmax(logits)
            picked = jnp.take_along_axis(chosen, held_out[1][:, None], 1)
            metrics += [-picked.mean(), (logits.argmax(1) == held_out[1]).mean()]
        return state, metrics

    @functools.partial(jax.jit, donate_argnums=0)
    def one_step(state: Any, data: Any, chosen: jax.Array) -> tuple[Any, Any]:
        return step(state, (data[0][chosen], data[1][chosen], None))

    def looped(state: Any, order: np.ndarray) -> tuple[Any, list[Any]]:
        sums = []
        for start in range(0, count, batch_size):
            state, values = one_step(state, data, order[start : start + batch_size])
            sums.append(values)
        loss, correct = np.sum(jax.device_get(sums), axis=0)
        return state, [loss / count, correct / count]

    data = jax.device_put((train[0], train[1].astype("int32")))
    held_out = dev and jax.device_put((dev[0], dev[1].astype("int32")))
    generator = np.random.default_rng(0)
    current: dict[str, Any] = {}
    last: dict[str, str] = {}

    def reset() -> None:
        zeros = jax.tree.map(np.zeros_like, weights)
        state = (weights, statistics, (zeros, zeros), np.float32(0))
        # Copies: the buffers are donated. The same zeros twice would be donated twice.
        current["state"] = jax.tree.map(lambda leaf: jnp.array(leaf, copy=True), state)

    def call() -> None:
        for _ in range(epochs):
            order = generator.permutation(count).astype("int32")
            key = jax.random.key(generator.integers(2**31), impl="rbg")
            current["state"], metrics = (
                epoch(current["state"], data, held_out, order, key)
                if scanned
                else looped(current["state"], order)
            )
            # As `fit` does, which fills its history at the end of each epoch.
            metrics = [float(metric) for metric in metrics]
        if dev is not None:
            last.update(
                {"accuracy": percent(metrics[1]), "dev accuracy": percent(metrics[3])}
            )

    reset()
    return Timed(call, epochs, reset, lambda: last)
