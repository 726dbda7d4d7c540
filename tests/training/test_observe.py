"""What is observed is what the training step does, and observing changes nothing."""

import gc
import re
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import tfkit
from tfkit.training import probes, sources
from tfkit.training.compiled_loops import CompiledLoops
from tfkit.training.observe import StepObserver

# Norms are summed in float32 where the oracle has float64, and XLA adds in another
# order; over a few steps at high learning rates that stays near 1e-6.
RTOL = 1e-5

RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 3)).astype("float32")
Y = np.tanh(X @ RNG.normal(size=(3, 1))).astype("float32")


class Recorder(StepObserver):
    """Keeps all observations, and the samples at the end of each epoch."""

    def __init__(self, **options):
        super().__init__(**options)
        self.seen, self.samples = [], []

    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, logs)
        self.seen += self.observations()

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        self.seen += self.observations()
        self.samples.append(self.feed.samples())

    @property
    def steps(self):
        return [each.step for each in self.seen]


def dense(kind, last=1, **options):
    """A small network; `kind` is keras or tfkit."""
    keras.utils.set_random_seed(3)
    model = kind.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(4, activation="tanh", name="hidden"),
            layers.Dense(last, name="output"),
        ]
    )
    compiled(model, **options)
    return model


def compiled(model, optimizer=None, loss="mse", **options):
    model.compile(
        optimizer or keras.optimizers.SGD(0.3),
        loss,
        **{"jit_compile": False, **options},
    )
    return model


def observed_fit(model, x=X, y=Y, every=1, **options):
    recorder = Recorder(every=every, samples=options.pop("samples", False))
    options = {"shuffle": False, "verbose": 0, **options}
    if y is not None:
        options.setdefault("batch_size", 4)
    model.fit(x, y, callbacks=[recorder], **options)
    return recorder


def batches(x, y, size=4):
    count = len(y) // size
    return [
        (keras.tree.map_structure(lambda t, i=i: t[i : i + size], x), y[i : i + size])
        for i in range(0, count * size, size)
    ]


def norm(arrays):
    return float(np.sqrt(sum(np.sum(np.square(a, dtype="float64")) for a in arrays)))


def full(gradient):
    """A gradient as an array; a sparse one's rows are added up one by one."""
    if not isinstance(gradient, tf.IndexedSlices):
        return gradient.numpy()
    result = np.zeros(gradient.dense_shape.numpy(), "float64")
    np.add.at(result, gradient.indices.numpy(), gradient.values.numpy())
    return result


def by_hand(model, data):
    """Steps through batches eagerly with a tape: norms by layer, and the costs.

    A variable's layer is the last folder of its path.
    """
    steps, variables = [], model.trainable_variables
    model.optimizer.build(variables)
    for x, y in data:
        names = [variable.path.split("/")[-2] for variable in variables]
        before = [variable.numpy() for variable in variables]
        scale = getattr(model.optimizer, "dynamic_scale", None)
        with tf.GradientTape() as tape:
            loss = model.compute_loss(
                x=x, y=tf.constant(y), y_pred=model(x, training=True)
            )
            scaled = loss if scale is None else loss * scale
        gradients = tape.gradient(scaled, variables)
        unscale = 1.0 if scale is None else 1.0 / float(scale)
        arrays = [full(gradient) * unscale for gradient in gradients]
        model.optimizer.apply_gradients(zip(gradients, variables, strict=True))
        after = [variable.numpy() for variable in variables]
        step = {"loss": float(loss), "total": norm(arrays), "gradients": arrays}
        step["gradient"], step["weight"], step["ratio"] = {}, {}, {}
        for name in names:
            own = [i for i, other in enumerate(names) if other == name]
            step["gradient"][name] = norm([arrays[i] for i in own])
            step["weight"][name] = norm([before[i] for i in own])
            change = norm([after[i].astype("float64") - before[i] for i in own])
            if step["weight"][name]:
                step["ratio"][name] = change / step["weight"][name]
        if not any(step["ratio"].values()):
            step["ratio"] = {}
        steps.append(step)
    return steps


def assert_close(found, expected):
    assert set(found) == set(expected)
    for name, number in expected.items():
        np.testing.assert_allclose(found[name], number, rtol=RTOL, err_msg=name)


def assert_matches(seen, expected):
    assert len(seen) == len(expected)
    for each, step in zip(seen, expected, strict=True):
        np.testing.assert_allclose(each.loss, step["loss"], rtol=RTOL)
        np.testing.assert_allclose(each.total_gradient_norm, step["total"], rtol=RTOL)
        assert_close(each.gradient_norm, step["gradient"])
        assert_close(each.weight_norm, step["weight"])
        assert_close(each.update_ratio, step["ratio"])


# Norms.


def stream():
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(4)


MODES = {
    "keras, xla by itself": (keras, {"jit_compile": "auto"}, {}),
    "keras, graph": (keras, {}, {}),
    "keras, eager": (keras, {"run_eagerly": True}, {}),
    "keras, 3 steps": (keras, {"steps_per_execution": 3}, {}),
    "keras, stream": (keras, {}, {"x": stream(), "y": None}),
    "epoch, graph": (tfkit, {}, {}),
    "epoch, xla": (tfkit, {"jit_compile": True}, {}),
    "epoch, 3 steps": (tfkit, {"steps_per_execution": 3}, {}),
    "epoch, eager": (tfkit, {"run_eagerly": True}, {}),
    "epoch, stream": (tfkit, {}, {"x": stream(), "y": None}),
    "epoch, xla and stream": (
        tfkit,
        {"jit_compile": True},
        {"x": stream(), "y": None},
    ),
}


@pytest.mark.parametrize("mode", MODES)
def test_norms_of_every_step_in_every_loop(mode):
    kind, options, data = MODES[mode]
    recorder = observed_fit(dense(kind, **options), **data)
    assert recorder.steps == [1, 2, 3, 4, 5]
    expected = by_hand(dense(keras, run_eagerly=True), batches(X, Y))
    assert_matches(recorder.seen, expected)
    np.testing.assert_allclose([s.learning_rate for s in recorder.seen], 0.3, 1e-6)


def test_norms_against_back_propagation_in_numpy():
    model = dense(tfkit)
    w1, b1, w2, b2 = (w.astype("float64") for w in model.get_weights())
    (seen, *_) = observed_fit(model).seen
    x, y = X[:4].astype("float64"), Y[:4].astype("float64")
    a1 = np.tanh(x @ w1 + b1)
    a2 = a1 @ w2 + b2
    # J = mean((a2 - y)^2)
    dz2 = 2 * (a2 - y) / len(x)
    dz1 = (dz2 @ w2.T) * (1 - a1**2)
    hidden = norm([x.T @ dz1, dz1.sum(axis=0)])
    output = norm([a1.T @ dz2, dz2.sum(axis=0)])
    np.testing.assert_allclose(seen.loss, np.mean((a2 - y) ** 2), rtol=RTOL)
    assert_close(seen.gradient_norm, {"hidden": hidden, "output": output})
    assert_close(seen.weight_norm, {"hidden": norm([w1]), "output": norm([w2])})
    # Biases are 0 at first: the layer's norm is that of its kernel.
    assert_close(
        seen.update_ratio,
        {"hidden": 0.3 * hidden / norm([w1]), "output": 0.3 * output / norm([w2])},
    )


def test_the_norm_is_that_before_clipping():
    model = dense(tfkit, optimizer=keras.optimizers.SGD(0.3, clipnorm=1e-3))
    (seen, *_) = observed_fit(model).seen
    (expected, *_) = by_hand(dense(keras, run_eagerly=True), batches(X, Y))
    assert_close(seen.gradient_norm, expected["gradient"])
    # Each of the layer's two variables is clipped to 1e-3.
    assert seen.update_ratio["hidden"] * seen.weight_norm["hidden"] < 0.3e-3 * 1.42


def test_the_cost_has_the_penalties():
    def build(kind, **options):
        keras.utils.set_random_seed(0)
        penalty = keras.regularizers.L2(0.5)
        net = [layers.Dense(1, kernel_regularizer=penalty, name="line")]
        return compiled(kind.Sequential([keras.Input((3,)), *net]), **options)

    recorder = observed_fit(build(tfkit))
    expected = by_hand(build(keras, run_eagerly=True), batches(X, Y))
    assert_matches(recorder.seen, expected)


class OwnStep(keras.Model):
    """A train step of its own: the cost doubled, one extra number in the logs."""

    def __init__(self):
        super().__init__()
        self.inner = layers.Dense(4, activation="relu", name="inner")
        self.last = layers.Dense(1, name="last")

    def call(self, x):
        return self.last(self.inner(x))

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, **rest):
        return 2.0 * super().compute_loss(x, y, y_pred, sample_weight, **rest)

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x=x, y=y, y_pred=self(x, training=True))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        return {"loss": loss, "one": tf.constant(1.0)}


class OwnStepCompiled(CompiledLoops, OwnStep):
    """The same in compiled epochs."""


def own_step(kind):
    model = OwnStep() if kind is keras else OwnStepCompiled()
    model(X[:4])
    return model, X, Y


def two_inputs(kind):
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    joined = layers.Concatenate()([layers.Dense(3, name="left")(a), b])
    model = kind.Model({"a": a, "b": b}, layers.Dense(1, name="output")(joined))
    return model, {"a": X, "b": X[:, 1:]}, Y


def nested(kind):
    inner = keras.Sequential(
        [keras.Input((3,)), layers.Dense(3, activation="relu", name="deep")]
    )
    chain = [layers.Dense(3, name="first"), inner, layers.Dense(1, name="output")]
    return kind.Sequential([keras.Input((3,)), *chain]), X, Y


def shared(kind):
    inputs, twice = keras.Input((3,)), layers.Dense(3, activation="tanh", name="twice")
    outputs = layers.Dense(1, name="output")(twice(twice(inputs)))
    return kind.Model(inputs, outputs), X, Y


def lstm(kind):
    net = [layers.LSTM(3), layers.Dense(2, name="mid"), layers.Dense(1, name="output")]
    sequences = np.stack([X, X[::-1], X**2], axis=1)
    return kind.Sequential([keras.Input((3, 3)), *net]), sequences, Y


def convolution(kind):
    net = [
        layers.Conv2D(2, 3, name="conv"),
        layers.BatchNormalization(name="norm"),
        layers.ReLU(name="relu"),
        layers.Flatten(),
        layers.Dense(1, name="output"),
    ]
    images = np.random.default_rng(1).normal(size=(20, 5, 5, 1)).astype("float32")
    return kind.Sequential([keras.Input((5, 5, 1)), *net]), images, Y


def embedding(kind):
    net = [
        layers.Embedding(7, 3, name="words"),
        layers.Flatten(),
        layers.Dense(1, name="output"),
    ]
    # Rows are named several times in each batch, and row 6 never.
    words = np.random.default_rng(2).integers(0, 6, size=(20, 2))
    words[::4] = 5
    return kind.Sequential([keras.Input((2,), dtype="int32"), *net]), words, Y


ARCHITECTURES = [
    own_step,
    two_inputs,
    nested,
    shared,
    lstm,
    convolution,
    embedding,
]


def built(architecture, kind, **options):
    keras.utils.set_random_seed(3)
    model, x, y = architecture(kind)
    return compiled(model, **options), x, y


@pytest.mark.slow
@pytest.mark.parametrize("kind", [keras, tfkit], ids=["keras", "epoch"])
@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda a: a.__name__)
def test_norms_of_other_architectures(architecture, kind):
    model, x, y = built(architecture, kind)
    recorder = observed_fit(model, x, y, every=2)
    assert recorder.steps == [1, 3, 5]
    plain, _, _ = built(architecture, keras, run_eagerly=True)
    expected = by_hand(plain, batches(x, y))
    assert_matches(recorder.seen, expected[::2])


def test_sparse_gradients_in_xla():
    model, x, y = built(embedding, tfkit, jit_compile=True)
    recorder = observed_fit(model, x, y)
    plain, _, _ = built(embedding, keras, run_eagerly=True)
    assert model.training_plan.engine == "xla"
    assert_matches(recorder.seen, by_hand(plain, batches(x, y)))


@pytest.mark.parametrize(
    ("architecture", "names"),
    [
        (lstm, ["lstm_cell", "mid", "output"]),
        (nested, ["first", "deep", "output"]),
        (convolution, ["conv", "norm", "output"]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_layers_come_in_the_order_of_depth(architecture, names):
    model, x, y = built(architecture, tfkit)
    (seen, *_) = observed_fit(model, x, y, every="epoch").seen
    assert list(seen.gradient_norm) == names


def test_layers_of_one_name_are_told_apart():
    def block():
        inner = [keras.Input((3,)), layers.Dense(3, name="same")]
        return keras.Sequential(inner)

    model = keras.Sequential([keras.Input((3,)), block(), block(), layers.Dense(1)])
    (seen, *_) = observed_fit(compiled(model), every="epoch").seen
    assert len(seen.gradient_norm) == 3
    assert sum(name.endswith("same") for name in seen.gradient_norm) == 2


@pytest.mark.parametrize("kind", [keras, tfkit], ids=["keras", "epoch"])
def test_accumulated_gradients(kind):
    def build(kind, **options):
        optimizer = keras.optimizers.SGD(0.3, gradient_accumulation_steps=2)
        return dense(kind, optimizer=optimizer, **options)

    recorder = observed_fit(build(kind))
    expected = by_hand(build(keras, run_eagerly=True), batches(X, Y))
    assert [bool(step["ratio"]) for step in expected] == [False, True] * 2 + [False]
    assert_matches(recorder.seen, expected)


@pytest.fixture
def mixed_float16():
    keras.mixed_precision.set_global_policy("mixed_float16")
    yield
    keras.mixed_precision.set_global_policy("float32")


def scaled(kind, scale, **options):
    inner = keras.optimizers.SGD(0.3)
    optimizer = keras.optimizers.LossScaleOptimizer(inner, initial_scale=scale)
    return dense(kind, optimizer=optimizer, **options)


@pytest.mark.parametrize("kind", [keras, tfkit], ids=["keras", "epoch"])
def test_scaled_losses(mixed_float16, kind):
    recorder = observed_fit(scaled(kind, 2.0**10))
    expected = by_hand(scaled(keras, 2.0**10, run_eagerly=True), batches(X, Y))
    assert_matches(recorder.seen, expected)


@pytest.mark.parametrize("kind", [keras, tfkit], ids=["keras", "epoch"])
def test_a_step_skipped_for_an_overflow_is_not_observed(mixed_float16, kind):
    model = scaled(kind, 2.0**19)
    recorder = observed_fit(model, epochs=2)
    skipped = 10 - int(model.optimizer.iterations.numpy())
    assert 0 < skipped < 10
    assert recorder.steps == list(range(skipped + 1, 11))
    assert all(np.isfinite(each.total_gradient_norm) for each in recorder.seen)
    assert all(each.total_gradient_norm > 0 for each in recorder.seen)


def test_an_accelerated_model():
    model = dense(keras)
    joined = tfkit.accelerate(model)
    recorder = observed_fit(joined)
    assert joined.training_plan.engine == "graph"
    expected = by_hand(dense(keras, run_eagerly=True), batches(X, Y))
    assert_matches(recorder.seen, expected)


# Which steps.


def per_call(steps):
    return {"steps_per_execution": steps} if steps > 1 else {}


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("kind", [keras, tfkit], ids=["keras", "epoch"])
@pytest.mark.parametrize("every", [2, "epoch", None])
def test_the_steps_that_were_asked_for(kind, steps, every):
    model = dense(kind, **per_call(steps))
    recorder = observed_fit(model, every=every, epochs=3)
    expected = {"epoch": [1, 6, 11], None: []}
    if isinstance(every, int):
        expected[every] = [1 + step for step in range(15) if step % every == 0]
    assert recorder.steps == expected[every]
    assert (recorder.feed.step, recorder.feed.examples) == (15, 60)


@pytest.mark.parametrize("kind", [keras, tfkit], ids=["keras", "epoch"])
@pytest.mark.parametrize("every", [3, "epoch"])
def test_steps_are_counted_on(kind, every, tmp_path):
    model = dense(kind)
    first, second = (observed_fit(model, every=every) for _ in range(2))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    third = observed_fit(again, every=every, initial_epoch=2, epochs=3)
    expected = {3: [1, 4, 7, 10, 13], "epoch": [1, 6, 11]}
    steps = first.steps + second.steps + third.steps
    assert steps == expected[every]
    # The first step of the second fit begins where the first one ended.
    whole = observed_fit(dense(kind), every=every, epochs=3)
    for ours, theirs in zip(
        first.seen + second.seen + third.seen, whole.seen, strict=True
    ):
        assert_close(ours.weight_norm, theirs.weight_norm)


class Interrupt(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


@pytest.mark.parametrize("kind", [keras, tfkit], ids=["keras", "epoch"])
def test_steps_are_counted_on_after_a_restored_backup(kind, tmp_path):
    backup = keras.callbacks.BackupAndRestore(str(tmp_path))
    fit = {"batch_size": 4, "epochs": 3, "verbose": 0}
    with pytest.raises(KeyboardInterrupt):
        dense(kind).fit(X, Y, callbacks=[backup, Interrupt()], **fit)
    recorder = Recorder(every="epoch")
    backup = keras.callbacks.BackupAndRestore(str(tmp_path))
    # It restores the optimizer only after the recorder has been told of the fit.
    dense(kind).fit(X, Y, callbacks=[recorder, backup], **fit)
    assert recorder.steps == [6, 11]


def test_more_steps_than_any_buffer():
    x, y = np.tile(X, (35, 1)), np.tile(Y, (35, 1))
    recorder = observed_fit(dense(tfkit), x, y, batch_size=1)
    assert recorder.steps == list(range(1, 701))
    expected = by_hand(dense(keras, run_eagerly=True), batches(x[:40], y[:40], 1))
    assert_matches(recorder.seen[:40], expected)


def test_a_short_batch_is_observed_where_there_is_no_other():
    recorder = observed_fit(dense(tfkit), batch_size=64, epochs=2)
    assert recorder.steps == [1, 2]


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (keras, {}),
        (keras, {"steps_per_execution": 3}),
        (tfkit, {}),
        (tfkit, {"jit_compile": True}),
        (tfkit, {"steps_per_execution": 3}),
    ],
    ids=["keras", "keras_by_3", "epoch", "epoch_xla", "by_3"],
)
def test_each_of_several_observers_gets_its_own_steps(kind, options):
    wanted = {
        4: [1, 5, 9, 13],
        3: [1, 4, 7, 10, 13],
        "epoch": [1, 6, 11],
        None: [],
    }
    recorders = {every: Recorder(every=every) for every in wanted}
    fit = {"batch_size": 4, "epochs": 3, "verbose": 0, "shuffle": False}
    dense(kind, **options).fit(X, Y, callbacks=list(recorders.values()), **fit)
    assert {every: r.steps for every, r in recorders.items()} == wanted
    expected = by_hand(dense(keras, run_eagerly=True), 3 * batches(X, Y, 4))
    for every, recorder in recorders.items():
        assert_matches(recorder.seen, [expected[step - 1] for step in wanted[every]])


@pytest.mark.parametrize("every", [0, -1, 2.5, True, "batch"])
def test_other_frequencies_are_refused(every):
    with pytest.raises(ValueError, match="int >= 1"):
        StepObserver(every=every)


# Nothing else changes.


@pytest.mark.parametrize(
    ("kind", "every"),
    [(keras, "epoch"), (keras, 3), (tfkit, "epoch"), (tfkit, 3)],
    ids=["keras, epoch", "keras, 3", "epoch, epoch", "epoch, 3"],
)
def test_weights_are_the_same_to_the_bit(kind, every):
    # TensorFlow's graph optimizer may join operations in another way where a gradient
    # has a second reader (with momentum it does: a rounding); with Adam it does not.
    def build():
        return built(convolution, kind, optimizer=keras.optimizers.Adam(0.01))

    (plain, x, y), (model, _, _) = build(), build()
    fit = {"batch_size": 5, "epochs": 2, "shuffle": False, "verbose": 0}
    expected = plain.fit(x, y, **fit).history
    recorder = Recorder(every=every, samples=True)
    assert model.fit(x, y, callbacks=[recorder], **fit).history == expected
    for ours, theirs in zip(model.variables, plain.variables, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), ours.path)


def test_weights_are_the_same_in_xla():
    plain, model = dense(tfkit, jit_compile=True), dense(tfkit, jit_compile=True)
    fit = {"batch_size": 4, "epochs": 2, "shuffle": False, "verbose": 0}
    plain.fit(X, Y, **fit)
    recorder = Recorder(every=2)
    model.fit(X, Y, callbacks=[recorder], **fit)
    assert recorder.steps == [1, 3, 5, 7, 9]
    # XLA may join operations in another way: a rounding each.
    for ours, theirs in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)


def test_dropout_draws_the_same_masks():
    def build():
        keras.utils.set_random_seed(3)
        net = [layers.Dense(8), layers.Dropout(0.5), layers.Dense(1)]
        return compiled(tfkit.Sequential([keras.Input((3,)), *net]))

    plain, model = build(), build()
    observed_fit(model, every=2, epochs=2)
    plain.fit(X, Y, batch_size=4, shuffle=False, epochs=2, verbose=0)
    for ours, theirs in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("every", [2, "epoch"])
def test_compiled_epochs_stay_whole(every):
    model, plain = dense(tfkit), dense(tfkit)
    observed_fit(model, every=every)
    plain.fit(X, Y, batch_size=4, verbose=0)
    assert model.training_plan == plain.training_plan
    assert model.training_plan.steps_per_call == 5


def test_keras_gets_its_own_functions_back():
    model = dense(keras)
    model.fit(X, Y, verbose=0)
    function = model.train_function
    observed_fit(model)
    assert model.train_function is function
    assert "train_step" not in vars(model)
    assert "apply" not in vars(model.optimizer)
    assert not any("call" in vars(layer) for layer in model.layers)


def test_after_an_interrupted_fit_all_is_as_ever():
    model = dense(keras)
    with pytest.raises(KeyboardInterrupt):
        model.fit(
            X, Y, batch_size=4, epochs=2, callbacks=[Recorder(every=1), Interrupt()]
        )
    recorder = observed_fit(model, every=2)
    assert recorder.steps == [7, 9]
    assert "train_step" not in vars(model)


def test_a_model_is_saved_while_it_is_observed(tmp_path):
    checkpoint = keras.callbacks.ModelCheckpoint(str(tmp_path / "model.keras"))
    model, recorder = dense(keras), Recorder(every=1)
    model.fit(X, Y, verbose=0, callbacks=[recorder, checkpoint])
    again = keras.saving.load_model(tmp_path / "model.keras")
    for ours, theirs in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_model_compiled_anew_is_observed_anew():
    model = dense(keras)
    observed_fit(model)
    compiled(model, keras.optimizers.SGD(0.01))
    recorder = observed_fit(model, every=1)
    np.testing.assert_allclose([s.learning_rate for s in recorder.seen], 0.01, 1e-6)
    assert recorder.steps == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("kind", [keras, tfkit], ids=["keras", "epoch"])
def test_models_are_let_go(kind):
    model = dense(kind)
    observed_fit(model)
    alive = weakref.ref(model)
    del model
    gc.collect()
    assert alive() is None


# Activations.


def hidden_outputs(model, x, names):
    probe = keras.Model(
        model.inputs[0], [model.get_layer(name).output for name in names]
    )
    return [np.asarray(t) for t in keras.tree.flatten(probe(x, training=True))]


def activated(kind, **options):
    keras.utils.set_random_seed(1)
    model = kind.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(16, activation="relu", name="relu"),
            layers.Dense(6, name="line"),
            layers.ReLU(name="separate"),
            layers.Dense(8, activation="tanh", name="tanh"),
            layers.Dense(8, activation="sigmoid", name="sigmoid"),
            layers.Dense(1, activation="sigmoid", name="output"),
        ]
    )
    kernel, bias = model.layers[0].get_weights()
    # Three units of sixteen are dead, whatever the input.
    model.layers[0].set_weights([kernel, bias - 1e3 * (np.arange(16) < 3)])
    for name in ("tanh", "sigmoid"):
        kernel, bias = model.get_layer(name).get_weights()
        model.get_layer(name).set_weights([6 * kernel, bias])
    return compiled(model, keras.optimizers.SGD(0.05), **options)


@pytest.mark.parametrize(
    ("kind", "options"),
    [(keras, {"jit_compile": "auto"}), (tfkit, {})],
    ids=["keras, xla", "epoch"],
)
def test_activations(kind, options):
    model = activated(kind, **options)
    names = ["relu", "separate", "tanh", "sigmoid"]
    outputs = dict(zip(names, hidden_outputs(model, X[:4], names), strict=True))
    (seen, *_) = observed_fit(model, every="epoch").seen
    # Neither the layer without a function, nor the output, which is to be near 0 or 1.
    assert list(seen.activations) == names
    for name, values in outputs.items():
        np.testing.assert_allclose(seen.activations[name].mean, values.mean(), RTOL)
        np.testing.assert_allclose(seen.activations[name].std, values.std(), RTOL)
    for name in ("relu", "separate"):
        dead = np.mean((outputs[name] == 0).all(axis=0))
        np.testing.assert_allclose(seen.activations[name].dead, dead, rtol=1e-6)
        assert seen.activations[name].saturated is None
    assert 3 / 16 <= seen.activations["relu"].dead < 1
    slopes = {
        "tanh": 1 - outputs["tanh"] ** 2,
        "sigmoid": outputs["sigmoid"] * (1 - outputs["sigmoid"]) / 0.25,
    }
    for name, slope in slopes.items():
        share = np.mean(slope < 0.05)
        assert 0 < share < 1
        np.testing.assert_allclose(seen.activations[name].saturated, share, rtol=1e-6)
        assert seen.activations[name].dead is None


def test_a_feature_map_is_dead_if_it_is_0_everywhere():
    model, x, y = built(convolution, tfkit)
    gamma, _, mean, variance = model.get_layer("norm").get_weights()
    # One of two maps is far below 0 in all places.
    model.get_layer("norm").set_weights([gamma, np.array([0, -99]), mean, variance])
    (seen, *_) = observed_fit(model, x, y, every="epoch").seen
    assert seen.activations["relu"].dead == pytest.approx(0.5)


@pytest.mark.parametrize("kind", [keras, tfkit], ids=["keras", "epoch"])
def test_batch_normalization(kind):
    model, x, y = built(convolution, kind)
    recorder = observed_fit(model, x, y)
    gamma, beta, mean, variance = model.get_layer("norm").get_weights()
    # After the last step, which is what the model is left with.
    found = recorder.seen[-1].batch_norm["norm"]
    expected = [mean.mean(), np.sqrt(variance).mean(), gamma.mean(), beta.mean()]
    np.testing.assert_allclose(
        [found.mean, found.std, found.gamma, found.beta], expected, RTOL
    )


# Samples for histograms.


@pytest.mark.parametrize(
    ("kind", "options"),
    [(keras, {}), (keras, {"steps_per_execution": 5}), (tfkit, {})],
    ids=["keras", "keras, 5 steps", "epoch"],
)
def test_samples_are_those_of_the_last_observed_step(kind, options):
    model = dense(kind, **options)
    recorder = observed_fit(model, samples=True)
    (samples,) = recorder.samples
    twin = dense(keras, run_eagerly=True)
    last = by_hand(twin, batches(X, Y))[-1]
    names = ["hidden/kernel", "hidden/bias", "output/kernel", "output/bias"]
    for name, weights, gradient in zip(
        names, model.get_weights(), last["gradients"], strict=True
    ):
        np.testing.assert_array_equal(samples["weights", name], weights.ravel())
        np.testing.assert_allclose(
            samples["gradients", name], gradient.ravel(), rtol=1e-4, atol=1e-7
        )
    assert {kind for kind, _ in samples} == {"weights", "gradients", "activations"}


def test_samples_of_activations():
    model = dense(tfkit)
    (expected,) = hidden_outputs(model, X[:4], ["hidden"])
    recorder = observed_fit(model, every="epoch", samples=True)
    np.testing.assert_allclose(
        recorder.samples[0]["activations", "hidden"], expected.ravel(), rtol=1e-5
    )


def test_samples_of_a_stream_are_the_latest_whatever_the_batch():
    # Batches of four, four, four, four and two: steps 1, 4, 7, 10 (a short one), ...
    data = tf.data.Dataset.from_tensor_slices((X[:18], Y[:18])).batch(4)
    model, weights = dense(tfkit), []
    by_batch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: weights.append(model.get_weights()[0])
    )
    recorder = Recorder(every=3, samples=True)
    model.fit(data, epochs=4, shuffle=False, verbose=0, callbacks=[recorder, by_batch])
    for samples, step in zip(recorder.samples, [4, 10, 13, 19], strict=True):
        np.testing.assert_array_equal(
            samples["weights", "hidden/kernel"], weights[step - 1].ravel()
        )


def test_of_a_large_tensor_every_nth_value_is_taken():
    model = dense(tfkit, last=5000)
    y = np.tile(Y, (1, 5000))
    recorder = observed_fit(model, X, y, samples=True)
    kernel = model.layers[-1].get_weights()[0].ravel()
    nth = -(-kernel.size // probes.SAMPLE_SIZE)
    assert nth > 1
    np.testing.assert_array_equal(
        recorder.samples[0]["weights", "output/kernel"], kernel[::nth]
    )


# Where nothing can be observed.


def test_a_step_without_the_optimizer_gives_no_observation():
    class Idle(keras.Model):
        def __init__(self):
            super().__init__()
            self.line = layers.Dense(1)

        def call(self, x):
            return self.line(x)

        def train_step(self, data):
            return {"loss": tf.reduce_mean(self(data[0]))}

    recorder = observed_fit(compiled(Idle()))
    assert recorder.seen == []


def test_under_a_strategy_training_goes_on_unobserved():
    with tf.distribute.OneDeviceStrategy("/cpu:0").scope():
        model = dense(keras)
    recorder = observed_fit(model, epochs=2)
    assert recorder.seen == []
    assert re.search(r"tf\.distribute", recorder.feed.refusal)
    assert recorder.feed.step == 10


def test_waiting_adds_up_what_the_iterator_takes(monkeypatch):
    times = iter([0.0, 1.5, 10.0, 10.25])
    monkeypatch.setattr(sources.time, "perf_counter", lambda: next(times))
    waiting = sources.Waiting(iter([1, 2]))
    assert [next(waiting), next(waiting)] == [1, 2]
    assert waiting.seconds == 1.75
