"""How often `checkup` is wrong, on set-ups with known truth: CASES (50) of each kind.

Sound set-ups are drawn at random (data, depth, width, activation, optimizer); a fault is
planted in one drawn alike. Prints a Markdown table; a second or two of one core a case.

    python tests/benchmarks/simulations/checkup.py [CASES] [FIRST_SEED]
"""

import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial

# One case is too small to be worth a second thread; cases run side by side instead.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from scipy import stats

from tfkit.diagnose import checkup

RATES = {
    "adam": (keras.optimizers.Adam, 1e-4, 3e-3),
    "rmsprop": (keras.optimizers.RMSprop, 1e-4, 3e-3),
    "momentum": (partial(keras.optimizers.SGD, momentum=0.9), 1e-3, 3e-2),
    "sgd": (keras.optimizers.SGD, 1e-2, 3e-1),
}


def set_up(
    seed,
    *,
    regression=False,
    noise=0.1,
    input_scale=1.0,
    target_scale=1.0,
    rate_factor=1.0,
    last_kernel=1.0,
    first_label=0,
    softmax=True,
    dead=0.0,
):
    """A model, x, y and the batch size; labels are those of a random linear teacher."""
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    examples, features = int(rng.integers(200, 2000)), int(rng.integers(5, 50))
    classes = 1 if regression else int(rng.integers(2, 10))
    x = rng.normal(size=(examples, features)).astype("float32")
    scores = x @ rng.normal(size=(features, classes)) / np.sqrt(features)
    if regression:
        y = scores[:, 0] + noise * rng.normal(size=examples)
        y = (target_scale * y).astype("float32")
    else:
        y = scores.argmax(axis=1)
        wrong = rng.random(examples) < noise
        y[wrong] = rng.integers(0, classes, wrong.sum())
        y += first_label
    activation = str(rng.choice(["relu", "tanh"]))
    kernel = "he_normal" if activation == "relu" else "glorot_uniform"
    hidden = [
        keras.layers.Dense(
            int(rng.choice([16, 32, 64, 128])), activation, kernel_initializer=kernel
        )
        for _ in range(int(rng.integers(1, 4)))
    ]
    last = keras.layers.Dense(
        classes, "softmax" if softmax and not regression else None
    )
    model = keras.Sequential([keras.Input((features,)), *hidden, last])
    last.kernel.assign(last_kernel * last.kernel)
    if dead:
        hidden[-1].activation = keras.activations.relu
        bias = np.zeros(hidden[-1].units)
        bias[: round(dead * len(bias))] = -100.0
        hidden[-1].bias.assign(bias)
    make, low, high = RATES[str(rng.choice(list(RATES)))]
    rate = rate_factor * float(np.exp(rng.uniform(np.log(low), np.log(high))))
    loss = "mean_squared_error" if regression else "sparse_categorical_crossentropy"
    model.compile(make(rate), loss)
    return model, input_scale * x, y, int(rng.choice([16, 32, 64, 128]))


SOUND = {
    "classes, 10 % of the labels wrong": {},
    "classes, labels at random": {"noise": 1.0},
    "regression": {"regression": True},
}
# The options, and the finding that is to be a fault.
PLANTED = {
    "inputs of std 30": ({"input_scale": 30.0}, "input scale"),
    "regression targets of std 300": (
        {"regression": True, "target_scale": 300.0},
        "target scale",
    ),
    "classes numbered from 1": ({"first_label": 1}, "label encoding"),
    "a softmax that is missing": ({"softmax": False}, "output activation"),
    "learning rate 1000 times as high": ({"rate_factor": 1000.0}, "learning rate"),
    "last kernel 20 times as large": ({"last_kernel": 20.0}, "loss at the start"),
    "80 % of a layer's ReLUs dead": ({"dead": 0.8}, "signal propagation"),
}


def outcome(options, seed):
    """The names of the faults, and of the warnings."""
    model, x, y, batch_size = set_up(seed, **options)
    report = checkup(model, x, y, batch_size=batch_size, seed=seed)
    return tuple(
        tuple(dict.fromkeys(finding.name for finding in found))
        for found in (report.faults, report.warnings)
    )


def share(count, cases):
    ends = stats.binomtest(count, cases).proportion_ci(method="wilson")
    return f"{count / cases:.1%} ({ends.low:.1%} to {ends.high:.1%})"


def main(cases, first):
    seeds = range(first, first + cases)
    print(f"| {cases} cases each | a fault | a warning at most | the fault named |")
    print("|---|---:|---:|---:|")
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as pool:
        kinds = [(f"sound: {name}", options, None) for name, options in SOUND.items()]
        kinds += [(name, *planted) for name, planted in PLANTED.items()]
        for name, options, wanted in kinds:
            found = list(pool.map(partial(outcome, options), seeds, chunksize=5))
            faults = sum(bool(faults) for faults, _ in found)
            warnings = sum(bool(w) and not f for f, w in found)
            named = "" if wanted is None else sum(wanted in f for f, _ in found)
            named = named and share(named, cases)
            print(
                f"| {name} | {share(faults, cases)} | {share(warnings, cases)} "
                f"| {named} |",
                flush=True,
            )
            # What was said, for whoever changes a rule.
            said = [each for faults, warnings in found for each in faults + warnings]
            counts = {each: said.count(each) for each in dict.fromkeys(said)}
            print(f"{name}: {counts}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    main(*given, *(50, 0)[len(given) :])
