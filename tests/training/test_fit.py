"""The compiled `fit` trains as Keras's own: same weights, same history, same callbacks."""

import gc
import math
import re
import warnings
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import tfkit
from tfkit.training.engine import NotCompiledWarning

# All that is compared with `twins.check` in float64 parts by the rounding of some
# hundred additions, in another order: measured 1e-13, allowed 1e-9.


def dense(kind, *, extra=(), units=1, **last):
    return kind.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(5, activation="tanh"),
            *extra,
            layers.Dense(units, **last),
        ]
    )


def sgd(**options):
    return lambda: {
        "optimizer": keras.optimizers.SGD(0.05, momentum=0.9),
        "loss": "mse",
        **options,
    }


def classes(data, count=3):
    return (np.abs(data[1][:, 0]) * 10).astype(int) % count


# Data: how it is cut, weighted and validated.


@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 16},  # a short last batch
        {"batch_size": 25},
        {"batch_size": 64},  # nothing but a short batch
        {},
        {"initial_epoch": 1},
        {"validation_split": 0.3, "batch_size": 8},
        {"validation_split": 0.3, "validation_freq": 2, "validation_batch_size": 4},
        {"validation_split": 0.3, "validation_freq": [1, 3]},
        {"steps_per_epoch": 2, "batch_size": 16},
    ],
    ids=str,
)
def test_cuts_arrays_as_keras_does(float64, twins, data, options):
    pair = twins(dense, sgd(metrics=["mae"]))
    pair.check(pair.fit(*data, epochs=3, **options))


def test_there_may_be_nothing_to_do(network, data):
    model = network()
    before = model.get_weights()
    assert model.fit(*data, initial_epoch=3, epochs=3, verbose=0).history == {}
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("jit_compile", [False, True], ids=["graph", "xla"])
def test_validates_on_arrays(float64, twins, data, jit_compile):
    x, y = data
    weights = np.linspace(0, 2, 20)
    pair = twins(dense, sgd(weighted_metrics=["mae"]), jit_compile=jit_compile)
    pair.check(
        pair.fit(x[:30], y[:30], validation_data=(x[30:], y[30:], weights), epochs=2)
    )


def test_validates_on_a_stream_and_in_steps(float64, twins, data):
    x, y = data
    pair = twins(dense, sgd(metrics=["mae"]))
    stream = tf.data.Dataset.from_tensor_slices((x[30:], y[30:])).batch(8)
    pair.check(pair.fit(x[:30], y[:30], validation_data=stream))
    endless = stream.repeat()
    pair.check(
        pair.fit(x[:30], y[:30], validation_data=endless, validation_steps=2, epochs=2)
    )
    pair.check(
        pair.fit(
            x, y, validation_data=data, validation_steps=1, validation_batch_size=7
        )
    )


@pytest.mark.parametrize(
    "weights",
    [
        {"sample_weight": np.linspace(0, 2, 50)},
        {"class_weight": {0: 1.0, 1: 0.5, 2: 3.0}},
    ],
    ids=lambda weights: next(iter(weights)),
)
def test_weighs_examples(float64, twins, data, weights):
    pair = twins(
        lambda kind: dense(kind, units=3, activation="softmax"),
        lambda: {
            "optimizer": keras.optimizers.SGD(0.05),
            "loss": "sparse_categorical_crossentropy",
            "metrics": ["accuracy"],
            "weighted_metrics": [keras.metrics.SparseCategoricalAccuracy(name="w")],
        },
    )
    pair.check(pair.fit(data[0], classes(data), **weights))


@pytest.mark.parametrize(
    "convert",
    [
        lambda x: tf.constant(x, tf.float32),
        lambda x: (10 * x).astype("uint8"),
        lambda x: (10 * x).astype("int64"),
        lambda x: pytest.importorskip("pandas").DataFrame(x),
    ],
    ids=["tensor", "uint8", "int64", "pandas"],
)
def test_converts_data_as_keras_does(twins, data, convert):
    pair = twins(
        dense, lambda: {"optimizer": keras.optimizers.SGD(1e-3), "loss": "mse"}
    )
    # float32, three epochs of two steps: measured 1e-7.
    pair.check(pair.fit(convert(data[0]), data[1]), rtol=1e-5, atol=1e-6)
    assert pair.ours.training_plan.engine == "graph"


def test_lengths_must_agree(network, data):
    with pytest.raises(ValueError, match="cardinality"):
        network().fit(data[0], data[1][:-1], verbose=0)


# Models.


def subclass(base):
    class Subclass(base):
        def __init__(self):
            super().__init__()
            self.hidden = layers.Dense(4, activation="tanh")
            self.drop = layers.Dropout(0.4, seed=1)
            self.out = layers.Dense(1)

        def call(self, x, training=False):
            hidden = self.hidden(x)
            self.add_loss(0.1 * keras.ops.mean(hidden**2))
            return self.out(self.drop(hidden, training=training))

    return Subclass()


def own_step(base):
    class OwnStep(base):
        def __init__(self):
            super().__init__()
            self.drop, self.dense = layers.Dropout(0.3, seed=1), layers.Dense(1)
            self.error = keras.metrics.Mean(name="error")

        def call(self, x, training=False):
            return self.dense(self.drop(x, training=training))

        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                # Called twice: each has a mask of its own.
                once, again = self(x, training=True), self(x, training=True)
                loss = tf.reduce_mean((once - y) ** 2 + (once - again) ** 2)
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(
                zip(gradients, self.trainable_variables, strict=True)
            )
            self.error.update_state(loss)
            return {"error": self.error.result(), "last": loss}

        def test_step(self, data):
            x, y = data
            return {"worst": tf.reduce_max(tf.abs(self(x) - y))}

    return OwnStep()


def shared_dropout(kind):
    inputs = keras.Input((6,))
    drop = layers.Dropout(0.5, seed=4)
    hidden = drop(layers.Dense(4, activation="tanh")(inputs))
    return kind.Model(inputs, layers.Dense(1)(drop(hidden)))


def nested(kind):
    def part():
        # Seeds of the global generator, which the fixture sets.
        return keras.Sequential([layers.Dense(4), layers.Dropout(0.3)])

    inner = keras.Input((6,))
    model = keras.Model(inner, part()(layers.Dropout(0.2)(inner)))
    inputs = keras.Input((6,))
    return kind.Model(inputs, layers.Dense(1)(part()(model(inputs))))


class DroppingCell(keras.Layer):
    """A recurrent cell with a mask for each time step."""

    def __init__(self):
        super().__init__()
        self.state_size, self.dense = 3, layers.Dense(3, activation="tanh")
        self.drop = layers.Dropout(0.5, seed=2)

    def build(self, shape):
        self.dense.build((None, shape[-1] + 3))

    def call(self, x, states, training=False):
        both = self.dense(keras.ops.concatenate([x, states[0]], axis=1))
        both = self.drop(both, training=training)
        return both, [both]


def sequence(*parts):
    return lambda kind: kind.Sequential(
        [keras.Input((6,)), layers.Reshape((3, 2)), *(part() for part in parts)]
    )


MODELS = {
    "penalties": lambda kind: dense(
        kind,
        extra=[layers.ActivityRegularization(l2=0.01)],
        kernel_regularizer=tfkit.regularizers.L2(0.7, 50),
    ),
    "all that XLA is for": lambda kind: dense(
        kind,
        extra=[
            layers.Dropout(0.3, seed=1),
            layers.BatchNormalization(momentum=0.8),
            tfkit.layers.InvertedDropout(0.7),
        ],
    ),
    "dropout": lambda kind: dense(
        kind,
        extra=[layers.Dropout(0.5), layers.Dropout(0.3, noise_shape=(None, 1), seed=1)],
    ),
    "no dropout": lambda kind: dense(kind, extra=[layers.Dropout(0.0)]),
    "inverted dropout": lambda kind: dense(
        kind, extra=[tfkit.layers.InvertedDropout(0.7)]
    ),
    "spatial dropout": sequence(
        lambda: layers.SpatialDropout1D(0.4),
        layers.Flatten,
        lambda: layers.Dense(1),
    ),
    "shared dropout": shared_dropout,
    "nested models": nested,
    "time-distributed dropout": sequence(
        lambda: layers.TimeDistributed(layers.Dropout(0.4)),
        layers.Flatten,
        lambda: layers.Dense(1),
    ),
    "dropout in a loop": sequence(
        lambda: layers.RNN(DroppingCell()), lambda: layers.Dense(1)
    ),
    "noise": lambda kind: dense(kind, extra=[layers.GaussianNoise(0.2, seed=1)]),
    "subclass": lambda kind: subclass(kind.Model),
    "own steps": lambda kind: own_step(kind.Model),
    "built by fit": lambda kind: kind.Sequential(
        [layers.Dense(3), layers.Dropout(0.4), layers.Dense(1)]
    ),
    "recurrent": sequence(lambda: layers.LSTM(3, dropout=0.2), lambda: layers.Dense(1)),
    "convolution": sequence(
        lambda: layers.Conv1D(2, 2),
        layers.BatchNormalization,
        layers.GlobalAveragePooling1D,
        lambda: layers.Dense(1),
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_trains_as_keras_does(float64, twins, data, name):
    pair = twins(MODELS[name], sgd())
    validation = {"validation_data": data} if name == "own steps" else {}
    pair.check(pair.fit(*data, batch_size=16, epochs=2, **validation))
    assert pair.ours.training_plan.engine == "graph"


@pytest.mark.parametrize("name", ["all that XLA is for", "own steps"])
def test_trains_in_xla_as_keras_does(float64, twins, data, name):
    pair = twins(MODELS[name], sgd(), jit_compile=True)
    # XLA's own generator would draw other masks.
    pair.check(pair.fit(*data, batch_size=16, epochs=2))
    assert pair.ours.training_plan.engine == "xla"


def several(kind, *, as_dict):
    a, b = keras.Input((2,), name="a"), keras.Input((4,), name="b")
    both = layers.Dense(3, activation="tanh")(layers.Concatenate()([a, b]))
    outputs = {
        "price": layers.Dense(1, name="price")(both),
        "kind": layers.Dense(3, activation="softmax", name="kind")(both),
    }
    if as_dict:
        return kind.Model({"a": a, "b": b}, outputs)
    return kind.Model([a, b], list(outputs.values()))


@pytest.mark.parametrize("as_dict", [False, True], ids=["list", "dict"])
def test_several_inputs_and_outputs(float64, twins, data, as_dict):
    x = {"a": data[0][:, :2], "b": data[0][:, 2:]}
    y = {"price": data[1], "kind": classes(data)}
    loss = {"price": "mse", "kind": "sparse_categorical_crossentropy"}
    weights = {"price": 0.3, "kind": 2.0}
    metrics = {"price": ["mae"], "kind": ["accuracy"]}
    if not as_dict:
        x, y, loss, weights, metrics = (
            list(each.values()) for each in (x, y, loss, weights, metrics)
        )
    pair = twins(
        lambda kind: several(kind, as_dict=as_dict),
        lambda: {
            "optimizer": keras.optimizers.SGD(0.05),
            "loss": loss,
            "loss_weights": weights,
            "metrics": metrics,
        },
    )
    pair.check(pair.fit(x, y, batch_size=16, validation_data=(x, y)))


class LargestError(keras.metrics.Metric):
    """Written as a user would: with a state, and a result that is not a mean."""

    def __init__(self, name="largest"):
        super().__init__(name=name)
        self.largest = self.add_variable((), "zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        error = keras.ops.max(keras.ops.abs(y_true - y_pred))
        self.largest.assign(keras.ops.maximum(self.largest, error))

    def result(self):
        return self.largest


def test_metrics(float64, twins, data):
    pair = twins(
        lambda kind: dense(kind, units=3, activation="softmax"),
        lambda: {
            "optimizer": keras.optimizers.SGD(0.05),
            "loss": "categorical_crossentropy",
            "metrics": [
                "accuracy",
                keras.metrics.AUC(num_thresholds=20, name="auc"),
                keras.metrics.F1Score(),  # one number for each class
                LargestError(),
            ],
        },
    )
    y = np.eye(3)[classes(data)]
    pair.check(pair.fit(data[0], y, batch_size=16, validation_data=(data[0], y)))


def test_embedding_and_recurrence(twins, data):
    def build(kind):
        return kind.Sequential(
            [
                keras.Input((6,), dtype="int32"),
                layers.Embedding(9, 3),
                layers.GRU(3),
                layers.Dense(1),
            ]
        )

    pair = twins(build, sgd())
    words = (np.abs(data[0]) * 4).astype("int32") % 9
    # float32, 12 steps through time: measured 3e-7.
    pair.check(pair.fit(words, data[1], batch_size=16), rtol=1e-4, atol=1e-5)
    assert pair.ours.training_plan.engine == "graph"


# Optimizers and precision.


def schedule():
    return keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.7)


OPTIMIZERS = {
    "schedule": lambda: keras.optimizers.SGD(schedule(), momentum=0.9),
    "accumulation": lambda: keras.optimizers.Adam(0.01, gradient_accumulation_steps=3),
    "average": lambda: keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.8),
    "average, overwriting": lambda: keras.optimizers.SGD(
        0.1, use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=2
    ),
    "clipnorm": lambda: keras.optimizers.RMSprop(0.01, clipnorm=0.1, weight_decay=0.01),
    "tfkit": lambda: tfkit.optimizers.Adam(
        tfkit.schedules.InverseTimeDecay(0.02, 0.5, steps_per_epoch=4), clipnorm=0.5
    ),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(float64, twins, data, name):
    pair = twins(dense, lambda: {"optimizer": OPTIMIZERS[name](), "loss": "mse"})
    # Schedules compute rates in float32, which a graph may round otherwise: 1e-7.
    rtol = 1e-5 if name in ("schedule", "tfkit") else 1e-9
    pair.check(pair.fit(*data, batch_size=16), rtol=rtol, atol=rtol / 1e3)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision(twins, data, policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        pair = twins(MODELS["dropout"], sgd())
        histories = pair.fit(*data, batch_size=16)
    finally:
        keras.config.set_dtype_policy(before)
    # Activations have 11 and 8 bits; wrong masks part by 1e-1.
    tolerance = {"mixed_float16": 2e-3, "mixed_bfloat16": 2e-2}[policy]
    # The optimizer's steps, of which loss scaling skips some, are among what is equal.
    pair.check(histories, rtol=tolerance, atol=tolerance)
    assert pair.ours.training_plan.engine == "graph"


# Callbacks.


class Heard(keras.callbacks.Callback):
    """Writes down what it hears, and the weights at that time."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def _note(self, what, number=None, logs=None):
        weights = [each.copy() for each in self.model.get_weights()]
        self.calls.append((what, number, dict(logs or {}), weights))

    def on_train_begin(self, logs=None):
        self._note("train begins")

    def on_train_end(self, logs=None):
        self._note("train ends", logs=logs)

    def on_epoch_begin(self, epoch, logs=None):
        self._note("epoch begins", epoch)

    def on_epoch_end(self, epoch, logs=None):
        self._note("epoch ends", epoch, logs)

    def on_train_batch_begin(self, batch, logs=None):
        self._note("batch begins", batch)

    def on_train_batch_end(self, batch, logs=None):
        self._note("batch ends", batch, logs)

    def on_test_begin(self, logs=None):
        self._note("test begins")

    def on_test_batch_end(self, batch, logs=None):
        self._note("tested", batch, logs)

    def on_test_end(self, logs=None):
        self._note("test ends", logs=logs)


def test_a_callback_hears_all_that_keras_tells(float64, network, data):
    heard = []
    for kind in (keras, tfkit):
        callback = Heard()
        network(kind).fit(
            *data,
            batch_size=16,
            epochs=2,
            shuffle=False,
            verbose=0,
            callbacks=[callback],
            validation_data=data,
            validation_batch_size=20,
        )
        heard.append(callback.calls)
    theirs, ours = heard
    assert [call[:2] for call in ours] == [call[:2] for call in theirs]
    for ours_, theirs_ in zip(ours, theirs, strict=True):
        assert ours_[2].keys() == theirs_[2].keys()
        for key, value in theirs_[2].items():
            np.testing.assert_allclose(ours_[2][key], value, rtol=1e-9)
        for a, b in zip(ours_[3], theirs_[3], strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def indices(model, x, y, **options):
    """The batches that a callback hears of in an epoch: (begin, end)."""
    begins, ends = [], []
    listener = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: begins.append(batch),
        on_train_batch_end=lambda batch, logs: ends.append(batch),
    )
    model.fit(x, y, verbose=0, callbacks=[listener], **options)
    return list(zip(begins, ends, strict=True))


def test_batches_are_numbered(network, data):
    every = indices(network(), *data, batch_size=8)
    assert every == [(i, i) for i in range(7)]
    # 7 batches of which the last is short: 0-2, 3-5, 6.
    three = indices(network(steps_per_execution=3), *data, batch_size=8)
    assert three == [(0, 2), (3, 5), (6, 6)]
    # 8 of them, the last short: it comes alone.
    assert indices(network(steps_per_execution=3), *data, batch_size=7)[-1] == (7, 7)


class Indifferent(keras.callbacks.Callback):
    """Has methods for batches, and says that it needn't hear of each."""

    every_batch = False

    def __init__(self):
        super().__init__()
        self.batches = []

    def on_train_batch_end(self, batch, logs=None):
        self.batches.append((batch, logs["loss"]))


def test_a_callback_may_renounce_batches(network, data):
    callback, model = Indifferent(), network()
    history = model.fit(*data, batch_size=8, verbose=0, callbacks=[callback])
    # 6 full batches in one call, the short one with them.
    assert callback.batches == [(6, pytest.approx(history.history["loss"][0]))]
    assert model.training_plan.steps_per_call == 7


def test_stops_within_an_epoch(float64, twins, data):
    def stop(pair):
        for model in pair.both:

            def on_end(batch, logs, model=model):
                model.stop_training = batch == 1

            stopper = keras.callbacks.LambdaCallback(on_train_batch_end=on_end)
            options = {"batch_size": 16, "shuffle": False, "verbose": 0, "epochs": 3}
            yield model.fit(*data, callbacks=[stopper], validation_data=data, **options)

    pair = twins(dense, sgd())
    pair.check(list(stop(pair)))
    assert int(pair.ours.optimizer.iterations) == 2


def test_terminates_on_nan(network, data):
    x, y = data
    model = network(optimizer=keras.optimizers.SGD(1e30))
    history = model.fit(
        x, y, epochs=9, verbose=0, callbacks=[keras.callbacks.TerminateOnNaN()]
    )
    assert len(history.epoch) < 9
    assert not math.isfinite(history.history["loss"][-1])
    # It needn't hear of each batch for that.
    assert "no callback needs" in str(model.training_plan)


def test_keras_callbacks_do_what_they_do_in_keras(float64, twins, data, tmp_path):
    x, y = data
    histories, files = [], []
    pair = twins(dense, sgd())
    for model, name in zip(pair.both, ("theirs", "ours"), strict=True):
        folder = tmp_path / name
        folder.mkdir()
        callbacks = [
            keras.callbacks.CSVLogger(folder / "log.csv"),
            keras.callbacks.ModelCheckpoint(
                folder / "{epoch}.weights.h5", save_weights_only=True
            ),
            keras.callbacks.ReduceLROnPlateau(patience=1, min_delta=1.0, factor=0.5),
            keras.callbacks.EarlyStopping(
                patience=3, min_delta=1.0, restore_best_weights=True
            ),
        ]
        options = {"epochs": 9, "shuffle": False, "verbose": 0}
        histories.append(
            model.fit(x, y, validation_data=data, callbacks=callbacks, **options)
        )
        files.append(sorted(path.name for path in folder.iterdir()))
    pair.check(histories)
    assert len(histories[1].epoch) < 9
    assert files[1] == files[0]
    log = [
        np.genfromtxt(tmp_path / name / "log.csv", delimiter=",", names=True)
        for name in ("theirs", "ours")
    ]
    assert log[1].dtype.names == log[0].dtype.names
    np.testing.assert_allclose(log[1].tolist(), log[0].tolist(), rtol=1e-9)


def test_tfkit_callbacks(float64, twins, data, tmp_path):
    callbacks = tfkit.callbacks
    histories, stops = [], []
    pair = twins(dense, sgd())
    for model in pair.both:
        stop = callbacks.EarlyStopping(patience=2, min_delta=1.0)
        decay = callbacks.LearningRateDecay(lambda epoch: 0.05 / (1 + epoch))
        histories.append(
            model.fit(
                *data,
                epochs=6,
                shuffle=False,
                verbose=0,
                callbacks=[stop, decay],
                validation_data=data,
            )
        )
        stops.append((stop.stopped_epoch, stop.best_epoch))
    pair.check(histories)
    assert stops[1] == stops[0]
    assert pair.ours.training_plan.steps_per_call == 2


def test_snapshots_of_a_cyclic_rate(float64, network, data):
    weights = []
    for kind in (keras, tfkit):
        snapshots = tfkit.callbacks.SnapshotEnsemble(2, 4, learning_rate=0.2)
        options = {"shuffle": False, "verbose": 0, "epochs": 4}
        network(kind).fit(*data, callbacks=[snapshots], **options)
        weights.append(
            [
                np.concatenate([w.ravel() for w in s.get_weights()])
                for s in snapshots.ensemble().members
            ]
        )
    np.testing.assert_allclose(weights[1], weights[0], rtol=1e-9)


def test_backup_and_restore_goes_on(network, data, tmp_path):
    def interrupt(epoch, logs):
        if epoch == 2:
            raise KeyboardInterrupt

    def fit(model, *more):
        backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
        return model.fit(*data, epochs=5, verbose=0, callbacks=[backup, *more])

    unbroken = network()
    unbroken.fit(*data, epochs=5, verbose=0)
    with pytest.raises(KeyboardInterrupt):
        fit(network(), keras.callbacks.LambdaCallback(on_epoch_begin=interrupt))
    resumed = network()
    assert fit(resumed).epoch == [2, 3, 4]
    for ours, theirs in zip(resumed.weights, unbroken.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("verbose", [1, 2])
def test_the_progress_bar_is_keras_own(network, data, capsys, verbose):
    shown = []
    for kind in (keras, tfkit):
        network(kind).fit(
            *data,
            epochs=2,
            batch_size=8,
            verbose=verbose,
            shuffle=False,
            validation_data=data,
        )
        out = re.sub(r"\x08|\x1b\[\d+m", "", capsys.readouterr().out)
        # Of each line its last state, without the time that a step took.
        lines = [line.split("\r")[-1] for line in out.split("\n")]
        shown.append([re.sub(r"\d+[mu]?s(/step)?", "", line).split() for line in lines])
    assert shown[1] == shown[0]
    assert ["Epoch", "1/2"] in shown[1]
    assert any("7/7" in line and "val_loss:" in line for line in shown[1])


# Order of examples.


class Seen(keras.Layer):
    """Writes down the first feature of every example it is shown in training."""

    def __init__(self):
        super().__init__(dtype="float32")
        self.log = self.add_weight(shape=(200,), trainable=False)
        self.count = self.add_weight(shape=(), dtype="int32", trainable=False)

    def call(self, inputs, training=False):
        if training:
            rows = self.count + tf.range(tf.shape(inputs)[0])
            log = tf.convert_to_tensor(self.log)
            self.log.assign(
                tf.tensor_scatter_nd_update(log, rows[:, tf.newaxis], inputs[:, 0])
            )
            self.count.assign(rows[-1] + 1)
        return inputs

    def rows(self):
        return self.log.numpy()[: int(self.count)].tolist()


@pytest.fixture
def watched():
    """Builds a model that writes down the order in which it sees the numbers 0 to 19."""

    def build(seed=3, optimizer=None):
        keras.utils.set_random_seed(seed)
        seen = Seen()
        model = tfkit.Sequential([keras.Input((1,)), seen, layers.Dense(1)])
        optimizer = optimizer or keras.optimizers.Adam(0.01)
        model.compile(optimizer, "mse", jit_compile=False)
        return model, seen.rows

    return build


def train(model, epochs, **options):
    numbers = np.arange(20.0).reshape(-1, 1)
    options = {"batch_size": 6, "verbose": 0, **options}
    return model.fit(numbers, numbers / 20, epochs=epochs, **options)


def test_epochs_have_orders_of_their_own_that_repeat_with_the_seed(watched):
    orders = []
    for _ in range(2):
        model, rows = watched()
        train(model, 2)
        train(model, 1)  # goes on
        orders.append(np.reshape(rows(), (3, 20)))
    np.testing.assert_array_equal(orders[0], orders[1])
    np.testing.assert_array_equal(np.sort(orders[0]), np.tile(np.arange(20), (3, 1)))
    assert len({tuple(order) for order in orders[0]}) == 3
    other, rows = watched(seed=4)
    train(other, 1)
    assert rows() != orders[0][0].tolist()


def test_the_order_is_that_of_the_formula(watched):
    from tfkit.training.sample_order import epoch_order

    model, rows = watched(seed=11)
    train(model, 2)
    expected = [epoch_order(20, seed=11, epoch=epoch) for epoch in range(2)]
    np.testing.assert_array_equal(np.reshape(rows(), (2, 20)), expected)


def test_no_order_where_none_is_wanted(watched):
    model, rows = watched()
    train(model, 2, shuffle=False)
    assert rows() == [*range(20)] * 2


def test_a_resumed_run_goes_on_with_the_orders(watched, tmp_path):
    unbroken, rows = watched()
    train(unbroken, 4)
    first, _ = watched()
    train(first, 2)
    first.save_weights(tmp_path / "half.weights.h5")
    second, resumed_rows = watched()
    train(second, 1)  # builds the optimizer
    second.load_weights(tmp_path / "half.weights.h5")
    train(second, 2)
    # Its record was loaded, too.
    assert resumed_rows() == rows()
    assert len(rows()) == 80
    for ours, theirs in zip(second.weights, unbroken.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("policy", "accumulated"), [("float32", 2), ("mixed_float16", None)]
)
def test_orders_differ_whatever_the_optimizer_counts(watched, policy, accumulated):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model, rows = watched(
            optimizer=keras.optimizers.SGD(
                0.01, gradient_accumulation_steps=accumulated
            )
        )
        train(model, 4)
    finally:
        keras.config.set_dtype_policy(before)
    assert len({tuple(order) for order in np.reshape(rows(), (4, 20))}) == 4


def test_orders_differ_where_the_optimizer_rests(data):
    class OwnOptimizer(tfkit.Model):
        def __init__(self):
            super().__init__()
            self.seen, self.dense = Seen(), layers.Dense(1)
            self.own = keras.optimizers.SGD(0.01)

        def call(self, x, training=False):
            return self.dense(self.seen(x, training=training))

        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((self(x, training=True) - y) ** 2)
            gradients = tape.gradient(loss, self.trainable_variables)
            self.own.apply(gradients, self.trainable_variables)
            return {"loss": loss}

    model = OwnOptimizer()
    model.compile(loss="mse")
    model.fit(data[0][:20], data[1][:20], epochs=3, verbose=0)
    rows = np.reshape(model.seen.rows(), (3, 20))
    assert len({tuple(order) for order in rows}) == 3


# Streams.


class Batches(keras.utils.PyDataset):
    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y

    def __len__(self):
        return 4

    def __getitem__(self, i):
        part = slice(16 * i, 16 * i + 16)
        return self.x[part], self.y[part]


def dataset(x, y, *more):
    return tf.data.Dataset.from_tensor_slices((x, y, *more)).batch(16)


def generator(x, y):
    while True:
        for i in range(0, 50, 16):
            yield x[i : i + 16], y[i : i + 16]


STREAMS = {
    "dataset": (dataset, {}),
    "weighted": (lambda x, y: dataset(x, y, np.linspace(0, 2, 50)), {}),
    "class weights": (
        lambda x, y: dataset(x, (y > 0).astype(int)),
        {"class_weight": {0: 1.0, 1: 3.0}},
    ),
    "endless": (lambda x, y: dataset(x, y).repeat(), {"steps_per_epoch": 3}),
    "generator": (generator, {"steps_per_epoch": 4}),
    "PyDataset": (Batches, {}),
}


@pytest.mark.parametrize("name", STREAMS)
def test_streams(float64, twins, data, name):
    make, options = STREAMS[name]
    pair = twins(MODELS["dropout"] if name == "endless" else dense, sgd())
    options = {"epochs": 2, "verbose": 0, "shuffle": False, **options}
    histories = []
    for model in pair.both:
        stream = make(*data)
        with warnings.catch_warnings():
            # Keras's fit and ours warn alike where a stream ends early.
            warnings.simplefilter("ignore")
            validation = {"validation_data": data} if name == "dataset" else {}
            histories.append(model.fit(stream, **validation, **options))
    pair.check(histories)
    assert pair.ours.training_plan.engine == "graph"


def test_a_stream_of_unknown_length(float64, twins, data):
    pair = twins(dense, sgd())
    messages, histories = [], []
    for model in pair.both:
        stream = dataset(*data).filter(lambda x, y: True)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            histories.append(model.fit(stream, epochs=3, verbose=0))
        messages.append([str(w.message) for w in caught if "ran out" in str(w.message)])
    pair.check(histories)
    assert messages[1] == messages[0]


def test_a_stream_of_batches_of_all_sizes(float64, twins, data):
    x, y = data

    def uneven():
        for first, last in ((0, 5), (5, 10), (10, 15), (15, 22), (22, 29), (29, 50)):
            yield x[first:last], y[first:last]

    pair = twins(dense, sgd())
    signature = (
        tf.TensorSpec((None, 6), "float64"),
        tf.TensorSpec((None, 1), "float64"),
    )
    stream = tf.data.Dataset.from_generator(uneven, output_signature=signature)
    stream = stream.apply(tf.data.experimental.assert_cardinality(6))
    pair.check(pair.fit(stream))


def test_a_stream_in_xla(float64, twins, data):
    pair = twins(dense, sgd(), jit_compile=True)
    pair.check(pair.fit(dataset(*data), epochs=2))
    assert pair.ours.training_plan.engine == "xla"


def test_a_streams_batches_are_numbered(network, data):
    assert indices(network(), dataset(*data), None, shuffle=False) == [
        (i, i) for i in range(4)
    ]
    model = network(steps_per_execution=3)
    together = indices(model, dataset(*data), None, shuffle=False)
    assert together == [(0, 2), (3, 3)]


# What can't be compiled.


def only_warning(caught):
    return [w for w in caught if issubclass(w.category, NotCompiledWarning)]


def test_falls_back_with_one_warning(data):
    x, y = data
    keras.utils.set_random_seed(3)
    model = tfkit.Sequential([keras.Input((6,), sparse=True), layers.Dense(1)])
    model.compile("sgd", "mse", jit_compile=False)
    sparse = tf.sparse.from_dense(x.astype("float32"))
    with pytest.warns(NotCompiledWarning, match=r"Keras's own `fit`.*SparseTensor"):
        model.fit(sparse, y, epochs=1, verbose=0)
    assert model.training_plan.engine == "keras"
    assert "SparseTensor" in str(model.training_plan)
    model.fit(sparse, y, epochs=1, verbose=0)  # a second warning would be an error


def test_a_fallback_loses_no_batch():
    def lengthening():
        for length in (3, 4, 5, 6):
            yield np.ones((4, length), "f4"), np.ones((4, 1), "f4")

    model = tfkit.Sequential(
        [
            keras.Input((None,)),
            layers.Reshape((-1, 1)),
            layers.GlobalAveragePooling1D(),
            layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse", jit_compile=False)
    with pytest.warns(NotCompiledWarning, match="varies"):
        heard = indices(model, lengthening(), None, shuffle=False, steps_per_epoch=4)
    assert heard == [(i, i) for i in range(4)]


def test_eager_steps_are_a_wish_and_no_warning(network, data):
    model = network(run_eagerly=True, jit_compile="auto")
    model.fit(*data, epochs=1, verbose=0)
    assert str(model.training_plan) == "Keras's own fit: `run_eagerly` is on"


def test_a_strategy_is_kerass(data):
    with tf.distribute.OneDeviceStrategy("/cpu:0").scope():
        model = tfkit.Sequential([keras.Input((6,)), layers.Dense(1)])
        model.compile("sgd", "mse", jit_compile=False)
    with pytest.warns(NotCompiledWarning, match=r"tf\.distribute"):
        model.fit(*data, epochs=1, verbose=0)


def test_a_step_that_cannot_be_traced_in_a_loop(data):
    class Growing(tfkit.Model):
        """Its logs grow with each trace, as no loop allows."""

        def __init__(self):
            super().__init__()
            self.dense, self.traces = layers.Dense(1), 0

        def call(self, x):
            return self.dense(x)

        def train_step(self, data):
            self.traces += 1
            logs = super().train_step(data)
            return {**logs, **{f"trace {i}": 0.0 for i in range(self.traces)}}

    model = Growing()
    model.compile("sgd", "mse")
    with pytest.warns(NotCompiledWarning, match="can't be traced in a loop"):
        history = model.fit(*data, epochs=1, verbose=0)
    assert math.isfinite(history.history["loss"][0])


def test_a_layer_that_xla_cannot_compile(data):
    class Host(keras.Layer):
        def call(self, inputs):
            return tf.ensure_shape(
                tf.numpy_function(lambda x: 2 * x, [inputs], inputs.dtype), inputs.shape
            )

    model = tfkit.Sequential([keras.Input((6,)), Host(), layers.Dense(1)])
    model.compile("sgd", "mse", jit_compile=True)
    model.fit(*data, epochs=1, verbose=0)
    assert model.training_plan.engine == "graph"
    assert "XLA can't compile the step" in str(model.training_plan)


def test_a_mistake_in_the_data_is_told_by_keras(network, data):
    with pytest.raises(ValueError, match="input shape to have value 6"):
        network().fit(data[0][:, :5], data[1], epochs=1, verbose=0)


# The model afterwards.


def test_second_fit_traces_nothing(network, data):
    model = network()
    options = {"batch_size": 16, "verbose": 0, "validation_data": data}
    model.fit(*data, epochs=2, **options)
    compiled = model._engine.compiled("graph")

    def traces():
        return [
            function.experimental_get_tracing_count()
            for function in vars(compiled).values()
            if hasattr(function, "experimental_get_tracing_count")
        ]

    before = traces()
    assert sum(before) > 0
    model.fit(*data, epochs=2, **options)
    model.evaluate(*data, verbose=0, batch_size=16)
    after_evaluate = traces()
    model.evaluate(*data, verbose=0, batch_size=16)
    assert model._engine.compiled("graph") is compiled
    model.fit(*data, epochs=1, **options)
    assert traces() == after_evaluate
    # Only `evaluate` on its own, which is not a part of an epoch, was new.
    assert sum(after_evaluate) - sum(before) <= 2


def test_interrupted_training_leaves_a_usable_model(network, data):
    x, y = data
    first = tf.data.Dataset.from_tensor_slices((x, y)).batch(10)
    zeros = tf.data.Dataset.from_tensor_slices((x, 0 * y + 100)).batch(10)

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    for hook in ("on_epoch_end", "on_train_batch_end"):
        model = network()
        callback = keras.callbacks.LambdaCallback(**{hook: interrupt})
        with pytest.raises(KeyboardInterrupt):
            model.fit(x, y, validation_data=first, verbose=0, callbacks=[callback])
        before = model.evaluate(x, y, verbose=0)
        history = model.fit(x, y, epochs=3, verbose=0, validation_data=zeros).history
        assert history["loss"][-1] < before
        # Not the stream of the interrupted fit: targets of 100 are far away.
        assert history["val_loss"][-1] > 1000


def test_compiling_again_changes_what_is_trained(float64, twins, data):
    pair = twins(dense, sgd())
    pair.fit(*data)
    for model in pair.both:
        model.layers[0].trainable = False
        eager = {"run_eagerly": True} if model is pair.theirs else {}
        model.compile(keras.optimizers.Adam(0.01), "mae", jit_compile=False, **eager)
    kernel = pair.ours.layers[0].kernel.numpy()
    histories = pair.fit(*data)
    pair.check(histories)
    np.testing.assert_array_equal(pair.ours.layers[0].kernel, kernel)


def test_compiling_again_with_the_same_optimizer(data):
    optimizer = keras.optimizers.SGD(0.1)

    class Plain(tfkit.Model):
        def __init__(self):
            super().__init__()
            self.first, self.second = layers.Dense(2), layers.Dense(1)

        def call(self, x):
            return self.second(self.first(x))

        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((self(x) - y) ** 2)
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(
                zip(gradients, self.trainable_variables, strict=True)
            )
            return {"loss": loss}

    model = Plain()
    model.compile(optimizer)
    model.fit(*data, verbose=0)
    model.first.trainable = False
    model.compile(optimizer)
    before = model.first.kernel.numpy()
    model.fit(*data, verbose=0)
    np.testing.assert_array_equal(model.first.kernel, before)


def test_a_callback_may_set_the_learning_rate(float64, twins, data):
    pair = twins(dense, sgd())
    histories = []
    for model in pair.both:

        def halve(epoch, logs, model=model):
            model.optimizer.learning_rate = 0.1 / 2**epoch

        callback = keras.callbacks.LambdaCallback(on_epoch_begin=halve)
        options = {"epochs": 4, "shuffle": False, "verbose": 0}
        histories.append(model.fit(*data, callbacks=[callback], **options))
    pair.check(histories)


def test_weights_may_be_loaded_between_fits(float64, twins, data, tmp_path):
    pair = twins(dense, sgd())
    pair.fit(*data, epochs=1)
    pair.theirs.save_weights(tmp_path / "one.weights.h5")
    pair.fit(*data, epochs=1)
    for model in pair.both:
        model.load_weights(tmp_path / "one.weights.h5")
    pair.check(pair.fit(*data, epochs=1))
    assert int(pair.ours.optimizer.iterations) == 4


def test_a_model_that_is_gone_is_freed(network, data):
    model = network()
    model.fit(*data, verbose=0)
    reference = weakref.ref(model)
    del model
    gc.collect()
    assert reference() is None
