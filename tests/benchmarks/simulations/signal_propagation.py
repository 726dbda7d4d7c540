"""How often `signal_propagation` is wrong, on networks of known truth: CASES (100).

A dense ReLU network whose kernels are `f` times as large as He's multiplies the root mean
square of activations and gradients by `f` a layer, in expectation: over `L` layers by
`f**(L - 1)` from first to last. Depth, width and data are drawn at random. Prints a
Markdown table; some minutes of one core.

    python tests/benchmarks/simulations/signal_propagation.py [CASES] [FIRST_SEED]
"""

import os
import sys
from collections import Counter

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from scipy import stats

from tfkit.diagnose import signal_propagation

KERNELS = {"relu": "he_normal", "selu": "lecun_normal", "tanh": "glorot_normal"}


def network(
    seed, *, activation="relu", factor=1.0, dead=0.0, flat=1.0, alike=False, deep=False
):
    """A network of 5 to 20 layers of 32 to 128 units, and inputs.

    Args:
        seed: Of everything that is drawn.
        activation: Of all layers but the last, with its initializer.
        factor: Of root mean squares from the first layer to the last.
        dead: Share of ReLU units of one layer that are given a bias of -100.
        flat: Factor on the kernel of one layer.
        alike: Whether one layer and the next have constant kernels.
        deep: Whether it has 50 layers of 32 units.
    """
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    depth, units = int(rng.integers(5, 21)), int(rng.integers(32, 129))
    depth, units = (50, 32) if deep else (depth, units)
    kinds = {"activation": activation, "kernel_initializer": KERNELS[activation]}
    hidden = [keras.layers.Dense(units, **kinds) for _ in range(depth)]
    last = keras.layers.Dense(10, "softmax", kernel_initializer="lecun_normal")
    x = rng.normal(size=(128, units)).astype("float32")
    model = keras.Sequential([keras.Input((units,)), *hidden, last])
    model.compile("adam", "sparse_categorical_crossentropy")
    for layer in [*hidden[1:], last]:
        # `depth` steps from the first layer's outputs to the last one's.
        layer.kernel.assign(factor ** (1 / depth) * layer.kernel)
    place = int(rng.integers(1, depth - 1))
    chosen = hidden[place]
    if dead:
        chosen.bias.assign(np.where(np.arange(units) < round(dead * units), -100, 0))
    chosen.kernel.assign(flat * chosen.kernel)
    if alike:
        for layer in hidden[place : place + 2]:
            layer.kernel.assign(np.full(layer.kernel.shape, 0.01))
    y = rng.integers(0, 10, len(x)) if rng.random() < 0.5 else None
    return model, x, y


HEALTHY = {
    "ReLU with He's kernels": {},
    "ReLU with He's kernels, 50 layers of 32 units": {"deep": True},
    "SELU with LeCun's kernels": {"activation": "selu"},
    "tanh with Xavier's kernels": {"activation": "tanh"},
    "ReLU, factor 10 from first to last layer": {"factor": 10.0},
    "ReLU, factor 1/10": {"factor": 0.1},
    "30 % of a layer's ReLUs dead": {"dead": 0.3},
}
ILL = {
    "ReLU, factor 100 (the bar)": ({"factor": 100.0}, "exploding"),
    "ReLU, factor 300": ({"factor": 300.0}, "exploding"),
    "ReLU, factor 1000": ({"factor": 1000.0}, "exploding"),
    "ReLU, factor 1/300": ({"factor": 1 / 300}, "vanishing"),
    "ReLU, factor 1/1000": ({"factor": 1e-3}, "vanishing"),
    "80 % of a layer's ReLUs dead": ({"dead": 0.8}, "dead ReLU units"),
    "tanh, a kernel 10 times Xavier's": (
        {"activation": "tanh", "flat": 10.0},
        "saturated outputs",
    ),
    "tanh, a kernel 30 times Xavier's": (
        {"activation": "tanh", "flat": 30.0},
        "saturated outputs",
    ),
    "two layers of constant kernels": ({"alike": True}, "compute the same"),
}


def share(count, cases):
    ends = stats.binomtest(count, cases).proportion_ci(method="wilson")
    return f"{count / cases:.1%} ({ends.low:.1%} to {ends.high:.1%})"


def main(cases, first):
    print(f"| {cases} cases each | a problem | the right one |")
    print("|---|---:|---:|")
    kinds = [(f"healthy: {name}", options, "") for name, options in HEALTHY.items()]
    kinds += [(name, *ill) for name, ill in ILL.items()]
    for name, options, wanted in kinds:
        found = [
            signal_propagation(*network(seed, **options)).problems
            for seed in range(first, first + cases)
        ]
        right = sum(any(wanted in each for each in problems) for problems in found)
        print(
            f"| {name} | {share(sum(map(bool, found)), cases)} "
            f"| {share(right, cases) if wanted else ''} |",
            flush=True,
        )
        # What was said, for whoever changes a rule.
        said = Counter(each.split(" in ")[0] for problems in found for each in problems)
        print(f"{name}: {dict(said)}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    main(*given, *(100, 0)[len(given) :])
