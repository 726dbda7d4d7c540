"""`fit` of Keras models: stock (on the backend of KERAS_BACKEND), and tfkit's.

Each function builds one workload. `flavour` is "keras" for stock models, "tfkit" for
`tfkit.Sequential` and `tfkit.Model`, "accelerate" for stock models given to
`tfkit.accelerate`; `optimizer` is "keras" or "tfkit".
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np

from .base import Contender, Timed, array, percent

layers = keras.layers


def digits_layers() -> list[Any]:
    return [
        keras.Input((64,)),
        layers.Dense(128, activation="relu"),
        layers.BatchNormalization(),
        layers.Dense(64, activation="relu"),
        layers.Dropout(0.2),
        layers.Dense(10, activation="softmax"),
    ]


def mnist_layers() -> list[Any]:
    return [
        keras.Input((784,)),
        layers.Dense(128, activation="relu"),
        layers.Dense(64, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]


def cnn_layers() -> list[Any]:
    return [
        keras.Input((28, 28, 1)),
        layers.Conv2D(16, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]


def digits(epochs: int, **choice: Any) -> Contender:
    """20 epochs on the digits, with accuracy and validation."""
    dev = array("digits_dev_x"), array("digits_dev_y")
    model = _sequential(digits_layers(), **choice)
    x, y = array("digits_x"), array("digits_y")
    return _fit(model, x, y, batch_size=64, epochs=epochs, validation_data=dev)


def mnist(epochs: int, **choice: Any) -> Contender:
    """Epochs of a perceptron on MNIST."""
    x, y = array("mnist_x").reshape(-1, 784), array("mnist_y")
    model = _sequential(mnist_layers(), **choice)
    return _fit(model, x, y, batch_size=128, epochs=epochs)


def cnn(examples: int, **choice: Any) -> Contender:
    """One epoch of a small convolutional network on images of MNIST's size."""
    x, y = array("mnist_x")[:examples], array("mnist_y")[:examples]
    return _fit(_sequential(cnn_layers(), **choice), x, y, batch_size=128)


def wide_mlp(examples: int, **choice: Any) -> Contender:
    """Three layers of 2048 units: matrix products are most of the work."""
    wide = [layers.Dense(2048, activation="relu") for _ in range(3)]
    model = _sequential(
        [keras.Input((784,)), *wide, layers.Dense(10, activation="softmax")], **choice
    )
    x, y = array("mnist_x")[:examples].reshape(-1, 784), array("mnist_y")[:examples]
    return _fit(model, x, y, batch_size=128)


def lstm(examples: int, **choice: Any) -> Contender:
    """A classifier of texts: 80 words of 5000, an LSTM of 64 units."""
    x, y = _texts(examples, length=80)
    model = _sequential(
        [
            keras.Input((80,), dtype="int32"),
            layers.Embedding(5000, 64),
            layers.LSTM(64),
            layers.Dense(2, activation="softmax"),
        ],
        **choice,
    )
    return _fit(model, x, y, batch_size=64)


def embedding_bag(examples: int, **choice: Any) -> Contender:
    """A bag of words: the gradient of the table is sparse."""
    x, y = _texts(examples, length=100)
    model = _sequential(
        [
            keras.Input((100,), dtype="int32"),
            layers.Embedding(5000, 32),
            layers.GlobalAveragePooling1D(),
            layers.Dense(32, activation="relu"),
            layers.Dense(2, activation="softmax"),
        ],
        **choice,
    )
    return _fit(model, x, y, batch_size=64)


def residual_cnn(examples: int, **choice: Any) -> Contender:
    """Two residual blocks with batch normalization."""
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False)(inputs)
    for _ in range(2):
        branch = x
        for _ in range(2):
            branch = layers.Activation("relu")(layers.BatchNormalization()(branch))
            branch = layers.Conv2D(16, 3, padding="same", use_bias=False)(branch)
        x = layers.Add()([x, branch])
    x = layers.GlobalAveragePooling2D()(x)
    model = _functional(inputs, layers.Dense(10, activation="softmax")(x), **choice)
    images, y = array("mnist_x")[:examples], array("mnist_y")[:examples]
    return _fit(model, images, y, batch_size=64)


def two_inputs(examples: int, **choice: Any) -> Contender:
    """A functional model of two inputs, joined."""
    left, right = keras.Input((20,)), keras.Input((30,))
    joined = layers.Concatenate()(
        [layers.Dense(32, activation="relu")(side) for side in (left, right)]
    )
    hidden = layers.Dense(32, activation="relu")(joined)
    outputs = layers.Dense(3, activation="softmax")(hidden)
    model = _functional([left, right], outputs, **choice)
    generator = np.random.default_rng(0)
    x = [generator.random((examples, size), "float32") for size in (20, 30)]
    return _fit(model, x, generator.integers(0, 3, examples), batch_size=32)


class Logged(Contender):
    """Seconds of an epoch on the digits, with a logger and what it writes behind.

    The first epoch, in which functions are traced, and what is written once at the end
    (pictures, verdicts) do not count; they are told as facts.
    """

    def __init__(self, epochs: int, log: str, choice: dict[str, Any]) -> None:
        self._model = _sequential(digits_layers(), **choice)
        self._initial = self._model.get_weights()
        self._epochs, self._log = epochs, log
        self._facts: dict[str, str] = {}

    def cold(self) -> float:
        start = time.perf_counter()
        self.turn(0)
        return time.perf_counter() - start

    def turn(self, round_number: int) -> float:
        self._model.set_weights(self._initial)
        with tempfile.TemporaryDirectory() as folder:
            logger = _logger(self._log, folder)
            clock = _Clock(logger)
            start = time.perf_counter()
            self._model.fit(
                array("digits_x"),
                array("digits_y"),
                batch_size=64,
                epochs=self._epochs,
                validation_data=(array("digits_dev_x"), array("digits_dev_y")),
                verbose=0,
                callbacks=[*([logger] if logger else []), clock],
            )
            whole = time.perf_counter() - start
            size = sum(f.stat().st_size for f in Path(folder).rglob("*") if f.is_file())
        seconds = clock.seconds / (self._epochs - 1)
        once = whole - self._epochs * seconds
        self._facts = {"once a fit": f"{once:.2f} s", "written": f"{size / 1e6:.1f} MB"}
        return seconds

    def facts(self) -> dict[str, str]:
        return self._facts


class _Clock(keras.callbacks.Callback):
    """Seconds from the end of the first epoch to the last, with all that was written."""

    every_batch = False

    def __init__(self, logger: Any) -> None:
        super().__init__()
        self._logger, self._start, self.seconds = logger, 0.0, 0.0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if epoch in (0, self.params["epochs"] - 1) and hasattr(self._logger, "writer"):
            self._logger.writer.flush()
        if epoch == 0:
            self._start = time.perf_counter()
        self.seconds = time.perf_counter() - self._start


def _logger(log: str, folder: str) -> Any:
    if log == "none":
        return None
    if log == "keras":
        return keras.callbacks.TensorBoard(folder)
    if log == "keras, everything":
        return keras.callbacks.TensorBoard(folder, update_freq=10, histogram_freq=1)
    import tfkit

    if log == "default":
        return tfkit.callbacks.TensorBoard(folder)
    return tfkit.callbacks.TensorBoard(folder, update_freq=10, histogram_freq=1)


def logged(epochs: int, log: str, **choice: Any) -> Contender:
    """What logging costs on the digits."""
    return Logged(epochs, log, choice)


class Accuracy(Contender):
    """Dev accuracy reached from a new start, with the round's number as the seed."""

    def __init__(
        self, name: str, epochs: int, examples: int | None, choice: dict[str, str]
    ) -> None:
        self._build = {"digits": digits_layers, "mnist": mnist_layers}.get(
            name, cnn_layers
        )
        data = "digits" if name == "digits" else "mnist"
        self._batch_size = 64 if name == "digits" else 128
        self._epochs, self._choice = epochs, choice
        self._x, self._y = array(f"{data}_x")[:examples], array(f"{data}_y")[:examples]
        self._dev_x, self._dev_y = array(f"{data}_dev_x"), array(f"{data}_dev_y")
        if name == "mnist":
            self._x = self._x.reshape(-1, 784)
            self._dev_x = self._dev_x.reshape(-1, 784)

    def turn(self, round_number: int) -> float:
        keras.utils.clear_session()
        keras.utils.set_random_seed(round_number)
        model = _sequential(self._build(), **self._choice)
        fitted = {"batch_size": self._batch_size, "epochs": self._epochs, "verbose": 0}
        model.fit(self._x, self._y, **fitted)
        predicted = model.predict(self._dev_x, verbose=0).argmax(1)
        return float((predicted == self._dev_y).mean())


def accuracy(
    name: str, epochs: int, examples: int | None = None, **choice: Any
) -> Contender:
    """The accuracy that a workload reaches."""
    return Accuracy(name, epochs, examples, choice)


class Memory(Contender):
    """Bytes that the process holds at most, and how many of them `fit` added."""

    def __init__(self, epochs: int, choice: dict[str, str]) -> None:
        self._x, self._y = array("mnist_x").reshape(-1, 784), array("mnist_y")
        self._model = _sequential(mnist_layers(), **choice)
        self._epochs = epochs
        self._added = 0.0

    def turn(self, round_number: int) -> float:
        before = _peak()
        fitted = {"batch_size": 128, "epochs": self._epochs, "verbose": 0}
        self._model.fit(self._x, self._y, **fitted)
        self._added = _peak() - before
        return _peak()

    def facts(self) -> dict[str, str]:
        return {
            "added by fit": f"{self._added / 1e6:.0f} MB",
            "of it data": f"{self._x.nbytes / 1e6:.0f} MB",
        }


def memory(epochs: int, **choice: Any) -> Contender:
    """The memory of `fit` on MNIST; wants a process of its own."""
    return Memory(epochs, choice)


def _peak() -> float:
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


def _texts(examples: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    words = generator.integers(0, 5000, (examples, length)).astype("int32")
    return words, generator.integers(0, 2, examples)


def _sequential(parts: list[Any], flavour: str, **how: Any) -> Any:
    if flavour == "tfkit":
        import tfkit

        return _compiled(tfkit.Sequential(parts), **how)
    return _accelerated(keras.Sequential(parts), flavour, **how)


def _functional(inputs: Any, outputs: Any, flavour: str, **how: Any) -> Any:
    if flavour == "tfkit":
        import tfkit

        return _compiled(tfkit.Model(inputs, outputs), **how)
    return _accelerated(keras.Model(inputs, outputs), flavour, **how)


def _accelerated(model: Any, flavour: str, **how: Any) -> Any:
    if flavour == "accelerate":
        import tfkit

        model = tfkit.accelerate(model)
    return _compiled(model, **how)


def _compiled(model: Any, optimizer: str, *, xla: bool = False) -> Any:
    if optimizer == "tfkit":
        import tfkit

        adam = tfkit.optimizers.Adam()
    else:
        adam = keras.optimizers.Adam()
    model.compile(
        adam,
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=True if xla else "auto",
    )
    return model


def _fit(model: Any, x: Any, y: np.ndarray, **options: Any) -> Contender:
    initial = model.get_weights()
    last: dict[str, float] = {}

    def call() -> None:
        history = model.fit(x, y, verbose=0, **options).history
        last.update({name: values[-1] for name, values in history.items()})

    def facts() -> dict[str, str]:
        found = {
            name.replace("val_", "dev "): percent(value)
            for name, value in last.items()
            if name.endswith("accuracy") and "validation_data" in options
        }
        plan = getattr(model, "training_plan", None)
        return found if plan is None else {**found, "plan": str(plan)}

    # Weights start anew in each turn: a converged network has other numbers, down to
    # denormal ones, which are slow. The optimizer's averages go on.
    return Timed(
        call, options.get("epochs", 1), lambda: model.set_weights(initial), facts
    )
