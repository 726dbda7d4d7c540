"""The guard stops updates at the first gradient that is not finite, and keeps the batch."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import tfkit
from tfkit.training.observe import StepObserver

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 3)).astype("float32")
Y = np.tanh(X @ RNG.normal(size=(3, 1))).astype("float32")
# Of six batches of four, the fourth has an example that is NaN.
BAD = X.copy()
BAD[13, 1] = np.nan


class Watch(StepObserver):
    """Remembers the step that was caught; goes on from there if asked to."""

    def __init__(self, *, go_on=False, **options):
        super().__init__(guard=True, **{"every": None, **options})
        self.go_on, self.caught, self.seen = go_on, [], []

    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, logs)
        bad = self.bad_step()
        if bad is not None and (self.go_on or not self.caught):
            self.caught.append(bad)
            if self.go_on:
                self.feed.go_on()

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        self.seen += self.observations()


def network(kind, optimizer=None, **options):
    keras.utils.set_random_seed(3)
    model = kind.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(4, activation="tanh", name="hidden"),
            layers.Dense(1, name="output"),
        ]
    )
    optimizer = optimizer or keras.optimizers.SGD(0.1, momentum=0.9)
    model.compile(optimizer, "mse", **{"jit_compile": False, **options})
    return model


def stream(x=BAD):
    return tf.data.Dataset.from_tensor_slices((x, Y)).batch(4)


def fit(model, x, y=None, callbacks=(), epochs=1):
    options = {} if y is None else {"batch_size": 4}
    model.fit(
        x,
        y,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=list(callbacks),
        **options,
    )


def state(model):
    return [v.numpy() for v in [*model.variables, *model.optimizer.variables]]


def assert_same(model, other, **tolerance):
    for ours, theirs in zip(state(model), state(other), strict=True):
        np.testing.assert_allclose(ours, theirs, **{"rtol": 0, "atol": 0, **tolerance})


MODES = {
    "keras": (keras, {}, False),
    "keras, xla by itself": (keras, {"jit_compile": "auto"}, False),
    "keras, 4 steps": (keras, {"steps_per_execution": 4}, False),
    "keras, stream": (keras, {}, True),
    "epoch, graph": (tfkit, {}, False),
    "epoch, xla": (tfkit, {"jit_compile": True}, False),
    "epoch, 4 steps": (tfkit, {"steps_per_execution": 4}, False),
    "epoch, stream": (tfkit, {}, True),
    "epoch, xla and stream": (tfkit, {"jit_compile": True}, True),
}


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_weights_stay_those_before_the_bad_step(mode):
    kind, options, streamed = MODES[mode]
    model, watch = network(kind, **options), Watch()
    # A later epoch changes nothing either, nor does a later bad batch.
    data = (stream(),) if streamed else (BAD, Y)
    fit(model, *data, callbacks=[watch], epochs=2)
    (bad,) = watch.caught
    assert bad.step == 4
    x, y = bad.batch[:2]
    np.testing.assert_array_equal(x, BAD[12:16])
    np.testing.assert_array_equal(y, Y[12:16])
    # The oracle: Keras's own fit, stopped before the batch. XLA rounds otherwise.
    xla = options.get("jit_compile") is True
    before = network(keras, **({} if xla else options))
    fit(before, X[:12], Y[:12])
    assert_same(model, before, **({"rtol": 1e-5, "atol": 1e-6} if xla else {}))


@pytest.mark.parametrize("kind", [keras, tfkit], ids=["keras", "epoch"])
def test_without_a_bad_step_all_is_as_without_a_guard(kind):
    model, plain, watch = network(kind), network(kind), Watch()
    fit(model, X, Y, callbacks=[watch], epochs=2)
    fit(plain, X, Y, epochs=2)
    assert watch.caught == []
    assert_same(model, plain)


@pytest.mark.parametrize(
    ("kind", "options"),
    [(keras, {}), (keras, {"steps_per_execution": 3}), (tfkit, {})],
    ids=["keras", "keras, 3 steps", "epoch"],
)
def test_after_release_it_goes_on_and_catches_again(kind, options):
    model, watch = network(kind, **options), Watch(go_on=True)
    fit(model, BAD, Y, callbacks=[watch], epochs=2)
    assert len(watch.caught) == 2
    for bad in watch.caught:
        np.testing.assert_array_equal(bad.batch[0], BAD[12:16])
    # What was applied: up to the bad step; then to the end of the epoch only where
    # calls are single steps or end with the bad one.
    first, again = np.arange(12), np.arange(16, 24)
    rest = first if kind is tfkit else np.concatenate([first, again])
    if options:  # steps 4, 5, 6 are one call
        rest = first
    order = np.concatenate([rest, rest])
    plain = network(keras)
    plain.fit(X[order], Y[order], batch_size=4, shuffle=False, verbose=0)
    assert_same(model, plain)
    assert watch.caught[1].step == 4 + len(rest) // 4


@pytest.mark.parametrize(
    ("kind", "options"),
    [(keras, {}), (tfkit, {}), (tfkit, {"jit_compile": True})],
    ids=["keras", "epoch", "xla"],
)
def test_the_next_fit_begins_unstopped(kind, options):
    model, watch = network(kind, **options), Watch()
    fit(model, BAD, Y, callbacks=[watch])
    assert len(watch.caught) == 1
    before = model.get_weights()
    again = Watch()
    fit(model, X, Y, callbacks=[again])
    assert again.caught == []
    assert all(
        (ours != theirs).any()
        for ours, theirs in zip(model.get_weights(), before, strict=True)
    )


class Fail(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch == 5:
            raise RuntimeError("of another callback")


@pytest.mark.parametrize("observed", [False, True], ids=["plain", "observed"])
@pytest.mark.parametrize("kind", [keras, tfkit], ids=["keras", "epoch"])
def test_the_fit_after_an_exception_begins_unstopped(kind, observed):
    model = network(kind)
    with pytest.raises(RuntimeError, match="of another callback"):
        fit(model, BAD, Y, callbacks=[Watch(), Fail()])
    callbacks = [Watch()] if observed else []
    plain = network(keras)
    fit(plain, X[:12], Y[:12])
    for each in (model, plain):
        fit(each, X, Y, callbacks=callbacks if each is model else [])
    assert_same(model, plain)


@pytest.mark.parametrize("kind", [keras, tfkit], ids=["keras", "epoch"])
def test_the_bad_step_is_observed_too(kind):
    model, watch = network(kind), Watch(every=1)
    fit(model, BAD, Y, callbacks=[watch])
    norms = {each.step: each.total_gradient_norm for each in watch.seen}
    assert all(np.isfinite(norms[step]) for step in (1, 2, 3))
    assert np.isnan(norms[4])


@pytest.mark.parametrize("kind", [keras, tfkit], ids=["keras", "epoch"])
def test_the_first_step_and_a_short_batch(kind):
    x = BAD[:14].copy()
    model, watch = network(kind), Watch()
    fit(model, x, Y[:14], callbacks=[watch])
    (bad,) = watch.caught
    assert bad.step == 4
    np.testing.assert_array_equal(bad.batch[0], x[12:])
    x = X.copy()
    x[0] = np.inf
    model, watch = network(kind), Watch()
    before = model.get_weights()
    fit(model, x, Y, callbacks=[watch])
    assert watch.caught[0].step == 1
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("kind", [keras, tfkit], ids=["keras", "epoch"])
def test_weights_of_examples_are_kept(kind):
    weights = np.linspace(0.1, 1, len(X)).astype("float32")
    model, watch = network(kind), Watch()
    model.fit(
        BAD,
        Y,
        sample_weight=weights,
        batch_size=4,
        shuffle=False,
        verbose=0,
        callbacks=[watch],
    )
    np.testing.assert_allclose(watch.caught[0].batch[2], weights[12:16])


@pytest.mark.parametrize("kind", [keras, tfkit], ids=["keras", "epoch"])
def test_accumulated_gradients_stay_clean(kind):
    def build(kind):
        return network(kind, keras.optimizers.SGD(0.1, gradient_accumulation_steps=2))

    model, watch = build(kind), Watch()
    fit(model, BAD, Y, callbacks=[watch])
    before = build(keras)
    fit(before, X[:12], Y[:12])
    assert watch.caught[0].step == 4
    assert_same(model, before)


@pytest.mark.parametrize("kind", [keras, tfkit], ids=["keras", "epoch"])
def test_sparse_gradients(kind):
    def build(kind):
        keras.utils.set_random_seed(0)
        net = [layers.Embedding(5, 2), layers.Flatten(), layers.Dense(1)]
        model = kind.Sequential([keras.Input((2,), dtype="int32"), *net])
        model.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=False)
        return model

    words = np.random.default_rng(0).integers(0, 5, size=(24, 2)).astype("int32")
    y = Y.copy()
    y[9] = np.nan
    model, watch = build(kind), Watch()
    fit(model, words, y, callbacks=[watch])
    before = build(keras)
    fit(before, words[:8], Y[:8])
    (bad,) = watch.caught
    assert bad.step == 3
    np.testing.assert_array_equal(bad.batch[0], words[8:12])
    np.testing.assert_array_equal(bad.batch[1], y[8:12])
    assert_same(model, before)


@pytest.mark.parametrize("kind", [keras, tfkit], ids=["keras", "epoch"])
def test_what_loss_scaling_skips_is_no_bad_step(kind):
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        inner = keras.optimizers.SGD(0.1)
        scaling = keras.optimizers.LossScaleOptimizer(inner, initial_scale=2.0**20)
        model, watch = network(kind, scaling), Watch()
        fit(model, X, Y, callbacks=[watch], epochs=2)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    assert int(model.optimizer.iterations.numpy()) < 12
    assert watch.caught == []


def test_the_guard_in_a_trial_of_compilers_catches_nothing(monkeypatch):
    from tfkit.training import plan

    monkeypatch.setattr(plan, "choose_compiler", lambda *a, **k: ("trial", "tested"))
    model, watch = network(tfkit, jit_compile="auto"), Watch()
    # Training takes the examples from the back; the trial would meet the bad one.
    fit(model, BAD, Y, callbacks=[watch])
    (bad,) = watch.caught
    assert bad.step == 4
    np.testing.assert_array_equal(bad.batch[0], BAD[12:16])
    assert "trial" in str(model.training_plan) or "tested" in str(model.training_plan)
