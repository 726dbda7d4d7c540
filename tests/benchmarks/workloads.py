"""The comparisons: who takes part, with how much work, and what it is to show."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from harness import FOLDER, Bar, Command, Contender, Workload

KERAS, TFKIT, TFKIT_ADAM = "Keras on TensorFlow", "tfkit", "tfkit, XLA, its own Adam"
TFKIT_XLA = "tfkit, jit_compile=True"
ACCELERATED = "tfkit.accelerate"
KERAS_JAX, TORCH, JAX = "Keras on JAX", "PyTorch, eager loop", "JAX, by hand"

FLOAT = 4  # bytes
GIGA = 1e9


def _keras(row: str, flavour: str, function: str, **options: Any) -> Contender:
    optimizer = "tfkit" if row == TFKIT_ADAM else "keras"
    # What "auto" chooses depends on the length of the fit; once compiled, XLA is free.
    xla = row.startswith(TFKIT_XLA) or row == TFKIT_ADAM
    options |= {"flavour": flavour, "optimizer": optimizer, "xla": xla}
    return Contender(row, "keras_fit", function, options)


def _fit_peers(
    function: str, options: dict[str, Any], *, xla: bool = True
) -> list[Contender]:
    """All who train the same network."""
    asked = (TFKIT_XLA, TFKIT_ADAM) if xla else ()
    on_jax = _keras(KERAS_JAX, "keras", function, **options)
    return [
        _keras(KERAS, "keras", function, **options),
        _keras(TFKIT, "tfkit", function, **options),
        *(_keras(row, "tfkit", function, **options) for row in asked),
        Contender(
            on_jax.name,
            on_jax.module,
            on_jax.function,
            on_jax.options,
            environment={"KERAS_BACKEND": "jax"},
            needs=("jax",),
        ),
        Contender(TORCH, "torch_fit", function, options, needs=("torch",)),
        Contender(JAX, "jax_fit", function, options, needs=("jax",)),
    ]


def _copies(size: int, times: int) -> list[Contender]:
    """The memory's limit: copies of `size` floats."""
    options = {"size": size, "times": times}
    moved = 2.0 * FLOAT * size
    common: dict[str, Any] = {
        "options": options,
        "moved": moved,
        "is_copy": True,
        "work": moved / GIGA,
        "rate": "GB/s",
    }
    return [
        Contender("copy, NumPy", "limits_numpy", "copy", needs=("numpy",), **common),
        Contender("copy, PyTorch", "limits_torch", "copy", needs=("torch",), **common),
    ]


def limits(short: bool) -> Workload:
    """What the machine can do at all."""
    size, side = (10_000, 64) if short else (20_000_000, 1024)
    product: dict[str, Any] = {
        "options": {"size": side, "times": 5},
        "work": 2.0 * side**3 / GIGA,
        "rate": "GFLOP/s",
    }
    return Workload(
        f"The machine's limits: a copy of {FLOAT * size / 1e6:g} MB, a product of two "
        f"matrices of {side} x {side} float32",
        [
            *_copies(size, 5),
            Contender(
                "product, NumPy", "limits_numpy", "product", needs=("numpy",), **product
            ),
            Contender(
                "product, PyTorch",
                "limits_torch",
                "product",
                needs=("torch",),
                **product,
            ),
        ],
        relative=False,
    )


def digits(short: bool) -> Workload:
    """The course's kind of network on its kind of data."""
    epochs = 2 if short else 20
    return Workload(
        "digits: perceptron 64-128-BN-64-dropout-10, batch 64, accuracy and validation; "
        f"one epoch of a fit of {epochs}",
        _fit_peers("digits", {"epochs": epochs}),
        bars=[Bar(KERAS, TFKIT_XLA, at_least=15), Bar(TFKIT_XLA, JAX, at_most=1)],
        limits="overhead of each step",
    )


def logging(short: bool) -> Workload:
    """What it costs to see everything in TensorBoard."""
    options = {"epochs": 3 if short else 40}

    def row(name: str, flavour: str, log: str, **choice: Any) -> Contender:
        return _keras(name, flavour, "logged", log=log, **options, **choice)

    none, default, everything = (
        f"{TFKIT_XLA}{what}" for what in ("", ": by default", ": everything")
    )
    return Workload(
        "logging: the digits again, logged to TensorBoard by default, and with numbers "
        "by layer of every 10th step and histograms of every epoch; one epoch of a fit "
        f"of {options['epochs']}",
        [
            row(none, "tfkit", "none"),
            row(default, "tfkit", "default"),
            row(everything, "tfkit", "everything"),
            row(f"{TFKIT}, graph", "tfkit", "none"),
            row(f"{TFKIT}, graph: by default", "tfkit", "default"),
            row(f"{TFKIT}, graph: everything", "tfkit", "everything"),
            row(KERAS, "keras", "none"),
            row(f"{KERAS}: its TensorBoard", "keras", "keras"),
            row(f"{KERAS}: and every 10th step", "keras", "keras, everything"),
        ],
        bars=[
            Bar(default, none, at_most=1.05),
            Bar(everything, none, at_most=1.25),
            Bar(f"{TFKIT}, graph: by default", f"{TFKIT}, graph", at_most=1.05),
            Bar(f"{TFKIT}, graph: everything", f"{TFKIT}, graph", at_most=1.25),
        ],
        limits="what is computed, fetched and written besides",
    )


def mnist(short: bool) -> Workload:
    """A perceptron at MNIST's size."""
    epochs = 1 if short else 3
    return Workload(
        "mnist: perceptron 784-128-64-10, batch 128; one epoch of 60 000 examples in a "
        f"fit of {epochs}",
        _fit_peers("mnist", {"epochs": epochs}),
        rounds=5,
        bars=[Bar(KERAS, TFKIT_XLA, at_least=4)],
        limits="products of small matrices, passes over weights and examples",
    )


def cnn(short: bool) -> Workload:
    """A small convolutional network."""
    return Workload(
        "cnn: two 3x3 convolutions with pooling and two dense layers, batch 128; one "
        "epoch of 10 000 examples of 28x28",
        _fit_peers("cnn", {"examples": 256 if short else 10_000}, xla=False),
        rounds=5,
        bars=[Bar(KERAS, TFKIT, at_least=1.2)],
        limits="the convolutions' arithmetic",
    )


def _two_sided(title: str, function: str, other: str, limits: str) -> Callable:
    """A workload of a stock model and tfkit's."""
    flavour = "accelerate" if other == ACCELERATED else "tfkit"

    def workload(short: bool) -> Workload:
        options = {"examples": 128 if short else 2_048}
        return Workload(
            f"{function}: {title}; one epoch of 2048 examples",
            [
                _keras(KERAS, "keras", function, **options),
                _keras(other, flavour, function, **options),
            ],
            rounds=5,
            bars=[Bar(KERAS, other, at_least=1)],
            limits=limits,
        )

    return workload


def adam_large(short: bool) -> Workload:
    """Adam where the memory is the limit."""
    options = {"size": 10_000 if short else 20_000_000, "times": 5}
    # Reads the variable, two averages and the gradient; writes all but the gradient.
    moved = 7.0 * FLOAT * options["size"]
    tfkit, torch = "tfkit Adam", "PyTorch fused Adam"
    return Workload(
        "adam_large: one step of Adam on one variable of 20 M floats",
        [
            _update("Keras Adam", "large", options, moved=moved),
            _update(tfkit, "large", options, moved=moved),
            Contender(
                torch, "torch_update", "large", options, needs=("torch",), moved=moved
            ),
            Contender(
                "JAX Adam, jitted",
                "jax_update",
                "large",
                options,
                needs=("jax",),
                moved=moved,
            ),
            *_copies(options["size"], options["times"]),
        ],
        rounds=5,
        bars=[
            Bar("Keras Adam", tfkit, at_least=8),
            Bar(tfkit, torch, at_most=1.2),
        ],
        limits="the memory: 560 MB have to move",
    )


def updates_large(short: bool) -> Workload:
    """The other optimizers where the memory is the limit."""
    options = {"size": 10_000 if short else 20_000_000, "times": 5}
    # Arrays read and written: variable twice, each average twice, the gradient once.
    arrays = {"RMSprop": 5, "Momentum": 5, "GradientDescent": 3, "Adam": 7}
    return Workload(
        "updates_large: one step on one variable of 20 M floats, beside a copy",
        [
            *_copies(options["size"], options["times"]),
            *(
                _update(
                    f"tfkit {name}",
                    "large",
                    options,
                    moved=float(count * FLOAT * options["size"]),
                )
                for name, count in arrays.items()
            ),
        ],
        rounds=5,
        bars=[Bar("share", f"tfkit {name}", at_least=0.8) for name in list(arrays)[:3]],
        limits="the memory",
        relative=False,
    )


def adam_small(short: bool) -> Workload:
    """Adam where overhead is the limit, step by step."""
    options = {"count": 10 if short else 100, "times": 2 if short else 50}
    return Workload(
        "adam_small: one step of Adam on 100 variables of 1000 to 10 000 floats, a call "
        "each",
        [
            _update("Keras Adam", "small", options),
            _update("tfkit Adam", "small", options),
            Contender(
                "PyTorch fused Adam", "torch_update", "small", options, needs=("torch",)
            ),
            Contender(
                "JAX Adam, jitted", "jax_update", "small", options, needs=("jax",)
            ),
        ],
        bars=[Bar("Keras Adam", "tfkit Adam", at_least=15)],
        limits="what a call and each of its variables cost",
    )


def adam_small_loop(short: bool) -> Workload:
    """Adam where overhead is the limit, many steps in one program."""
    # XLA compiles each variable's update on its own: seconds, so fewer in short.
    options = {"count": 5 if short else 100, "times": 2 if short else 200}

    def looped(name: str, xla: bool) -> Contender:
        text = f"{name}, {'XLA' if xla else 'graph'}"
        package = name.split()[0].lower()
        loop = {**options, "xla": xla, "optimizer": f"{package}.Adam"}
        return Contender(text, "keras_update", "small_loop", loop)

    names = ("Keras Adam", "tfkit Adam")
    return Workload(
        "adam_small_loop: the same, per step of a compiled loop",
        [
            *(looped(name, xla=False) for name in names),
            *(looped(name, xla=True) for name in names),
            Contender(
                "JAX Adam, fori_loop",
                "jax_update",
                "small_loop",
                options,
                needs=("jax",),
            ),
        ],
        # As each package's own `fit` loops over its steps.
        bars=[Bar("Keras Adam, graph", "tfkit Adam, XLA", at_least=15)],
        limits="what a kernel costs to start",
    )


def _update(
    name: str, function: str, options: Mapping[str, Any], **more: Any
) -> Contender:
    package, optimizer = name.split()
    options = {**options, "optimizer": f"{package.lower()}.{optimizer}"}
    return Contender(name, "keras_update", function, options, **more)


def memory(short: bool) -> Workload:
    """The memory of `fit` at MNIST's size."""
    options = {"epochs": 1 if short else 2}
    sides = [
        _keras(KERAS, "keras", "memory", **options),
        _keras(TFKIT, "tfkit", "memory", **options),
    ]
    return Workload(
        "memory: what the process holds at most, after a fit on 60 000 examples of 784 "
        "floats",
        [
            Contender(side.name, side.module, side.function, side.options, fresh=True)
            for side in sides
        ],
        unit="MB",
        rounds=3,
        bars=[Bar(TFKIT, KERAS, at_most=1.2)],
        limits="the libraries themselves, and the data",
        warm_up=0,
    )


def to_97(short: bool) -> Workload:
    """From nothing to a trained network."""
    target, epochs = ("0", "1") if short else ("0.97", "200")

    def script(name: str, file: str) -> Command:
        path = str(FOLDER / "scripts" / file)
        return Command(name, [path, "{round}", target, epochs])

    return Workload(
        "to_97: start of the process until 97 % of the dev digits are right, and its "
        "end; each round another seed",
        [script(KERAS, "to_97_keras.py"), script(TFKIT, "to_97_tfkit.py")],
        unit="s",
        rounds=5,
        bars=[Bar(KERAS, TFKIT, at_least=1.5)],
        limits="the import of TensorFlow, then the compilation",
    )


def startup(short: bool) -> Workload:
    """How long a user waits before anything happens."""

    def python(program: str) -> Command:
        return Command(f"python -c '{program}'", ["-c", program])

    def tfkit(*arguments: str) -> Command:
        return Command(" ".join(["tfkit", *arguments]), ["-m", "tfkit", *arguments])

    light = [
        python("pass"),
        python("import tfkit"),
        tfkit("--help"),
        tfkit("datasets"),
        tfkit("train", "--help"),
    ]
    heavy = [python("import tensorflow"), python("import keras")]
    least = Command(
        "the least script for its first epoch",
        [str(FOLDER / "scripts" / "least_first_epoch.py")],
        until="epoch 1/",
    )
    train = Command(
        "tfkit train digits, first epoch",
        ["-m", "tfkit", "train", "digits"],
        until="epoch 1/",
    )
    return Workload(
        "startup: whole processes, or until the first epoch's line",
        [*light, *([] if short else heavy), least, train],
        unit="s",
        rounds=3,
        bars=[Bar(train.name, least.name, at_most=1.3)],
        limits="the import of TensorFlow and Keras, the compilation",
        relative=False,
    )


def legacy_tf1(short: bool) -> Workload:
    """A TensorFlow-1 loop under the runner."""
    options = {"steps": 3 if short else 500}
    plain, ours = "tf.compat.v1", "legacy_tf1"
    # Graph mode is a process's own; nobody else may share it.
    alone = {"TFKIT_BENCH_GRAPH": "{}"}

    def side(name: str, function: str) -> Contender:
        environment = {key: text.format(name) for key, text in alone.items()}
        return Contender(
            name, "legacy_session", function, options, environment=environment
        )

    return Workload(
        "legacy_tf1: softmax regression on digits by Session.run, batch 64; one step "
        "of 500",
        [side(plain, "compat_v1"), side(ours, "runner")],
        bars=[Bar(plain, ours, at_least=0.95)],
        limits="what Session.run costs to call",
    )


def legacy_tf1_startup(short: bool) -> Workload:
    """How long a TensorFlow-1 program waits before its first line."""
    empty = str(FOLDER / "scripts" / "imports_tensorflow.py")
    v1 = "import tensorflow.compat.v1 as tf; tf.disable_v2_behavior()"
    ours = Command("python -m legacy_tf1 run FILE", ["-m", "legacy_tf1", "run", empty])
    plain = Command("python -c 'import tensorflow'", ["-c", "import tensorflow"])
    direct = Command("tf.compat.v1, disable_v2_behavior", ["-c", v1])
    return Workload(
        "legacy_tf1_startup: whole processes that import TensorFlow and end; the "
        "runner adds less than a second",
        [*([] if short else [plain, direct]), ours],
        unit="s",
        rounds=5,
        # A second beside an import of about four.
        bars=[Bar(ours.name, plain.name, at_most=1.25)],
        limits="the import of TensorFlow",
    )


def batches(short: bool) -> Workload:
    """Input pipelines without a model."""
    options = {"examples": 1_000 if short else 60_000}
    return Workload(
        "batches: all batches of 64 of 60 000 images in a shuffled order, no model",
        [
            Contender("tf.data shuffle + batch", "batches", "tf_data", options),
            Contender("tfkit.data.pipeline", "batches", "pipeline", options),
        ],
        rounds=5,
        limits="overhead of each batch",
    )


def gradient_check(short: bool) -> Workload:
    """Every parameter's derivative, by differences."""
    widths = {"widths": [4, 3, 1] if short else [64, 32, 16, 1]}
    tfkit, keras_loop = "tfkit, full", "the course's loop, Keras model"
    torch = "torch.autograd.gradcheck"
    return Workload(
        "gradient_check: all 2625 parameters of a perceptron 64-32-16-1, 32 examples; "
        "the whole call",
        [
            Contender(tfkit, "gradient_keras", "check", {**widths, "mode": "full"}),
            Contender(keras_loop, "gradient_keras", "loop", widths),
            Contender(
                "the course's loop, NumPy",
                "gradient_numpy",
                "loop",
                widths,
                needs=("numpy",),
            ),
            Contender(
                torch,
                "gradient_torch",
                "gradcheck",
                {**widths, "fast": False},
                needs=("torch",),
            ),
        ],
        rounds=3,
        bars=[Bar(keras_loop, tfkit, at_least=50), Bar(torch, tfkit, at_least=20)],
        limits="overhead of each forward pass; tfkit's pass many perturbations at once",
        # The slow ones take half a minute, and what comes first is told apart.
        warm_up=0,
    )


def gradient_check_large(short: bool) -> Workload:
    """A few directions of a million parameters."""
    widths = {"widths": [8, 4, 1] if short else [1000, 800, 250, 1]}
    return Workload(
        "gradient_check_large: random directions of the 1.0 M parameters of a "
        "perceptron 1000-800-250-1, 32 examples; tfkit takes four for each tensor and "
        "forward mode besides, PyTorch one; the whole call",
        [
            Contender(
                "tfkit, directional",
                "gradient_keras",
                "check",
                {**widths, "mode": "directional"},
            ),
            Contender(
                "torch.autograd.gradcheck, fast_mode",
                "gradient_torch",
                "gradcheck",
                {**widths, "fast": True},
                needs=("torch",),
            ),
        ],
        unit="s",
        rounds=3,
        limits="the copy in float64, the compilation, passes over the weights",
    )


def _accuracy(name: str, epochs: int, examples: int | None = None) -> Callable:
    def workload(short: bool) -> Workload:
        options = {
            "name": name,
            "epochs": 1 if short else epochs,
            "examples": 128 if short else examples,
        }
        return Workload(
            f"accuracy_{name}: dev accuracy after {epochs} epochs, five seeds",
            [
                _keras(KERAS, "keras", "accuracy", **options),
                _keras(TFKIT, "tfkit", "accuracy", **options),
                _keras(TFKIT_ADAM, "tfkit", "accuracy", **options),
            ],
            unit="%",
            rounds=5,
            limits="the network and the data; equal within the spread is right",
            warm_up=0,
            relative=False,
        )

    return workload


_OVERHEAD = "overhead of each step"
WORKLOADS: Mapping[str, Callable[[bool], Workload]] = {
    "limits": limits,
    "digits": digits,
    "mnist": mnist,
    "cnn": cnn,
    "wide_mlp": _two_sided(
        "three layers of 2048 units, batch 128",
        "wide_mlp",
        TFKIT,
        "products of matrices",
    ),
    "lstm": _two_sided(
        "80 words, an LSTM of 64 units, batch 64", "lstm", TFKIT, "the steps in time"
    ),
    "residual_cnn": _two_sided(
        "residual blocks with batch normalization, batch 64",
        "residual_cnn",
        ACCELERATED,
        "the convolutions' arithmetic",
    ),
    "embedding_bag": _two_sided(
        "100 words of 5000, their mean, batch 64", "embedding_bag", TFKIT, _OVERHEAD
    ),
    "two_inputs": _two_sided(
        "a functional model of two inputs, batch 32", "two_inputs", TFKIT, _OVERHEAD
    ),
    "logging": logging,
    "adam_large": adam_large,
    "updates_large": updates_large,
    "adam_small": adam_small,
    "adam_small_loop": adam_small_loop,
    "gradient_check": gradient_check,
    "gradient_check_large": gradient_check_large,
    "memory": memory,
    "to_97": to_97,
    "startup": startup,
    "legacy_tf1": legacy_tf1,
    "legacy_tf1_startup": legacy_tf1_startup,
    "batches": batches,
    "accuracy_digits": _accuracy("digits", 20),
    "accuracy_mnist": _accuracy("mnist", 3),
    "accuracy_cnn": _accuracy("cnn", 3, 10_000),
}
# Without real images there is nothing to learn.
NEEDS_MNIST = ("accuracy_mnist", "accuracy_cnn")


def has_real_mnist() -> bool:
    """Whether MNIST is prepared in the folder that TFDS_DATA_DIR names."""
    if not os.environ.get("TFDS_DATA_DIR"):
        return False
    from tfkit.data import registry

    return registry.is_offline(registry.resolve("mnist"))


def prepared(short: bool) -> list[Contender]:
    """What writes the data, before anything else."""
    examples = {"examples": 256 if short else None}
    return [Contender(name, "data", name, examples) for name in ("digits", "mnist")]
