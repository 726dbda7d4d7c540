import os
import subprocess
import sys
import textwrap

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tfkit
from tfkit.ensembles import Ensemble, EnsembleReport, copy_model

CLASSES = 3
# Means of a few float32 numbers of size 1, which round at 6e-8 each.
FLOAT32 = {"rtol": 1e-6, "atol": 1e-7}


def network(seed=0, units=CLASSES, activation="softmax", inputs=4, **options):
    return keras.Sequential(
        [
            keras.Input((inputs,)),
            keras.layers.Dense(
                units,
                activation=activation,
                kernel_initializer=keras.initializers.RandomNormal(
                    stddev=1.0, seed=seed
                ),
            ),
        ],
        **options,
    )


@pytest.fixture(scope="module")
def x():
    return np.random.default_rng(0).normal(size=(32, 4)).astype("float32")


@pytest.fixture(scope="module")
def single():
    return network(seed=1)


@settings(max_examples=20, deadline=None)
@given(
    inputs=hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 4), st.just(4)),
        elements=st.floats(-100, 100, width=32),
    )
)
def test_ensemble_of_one_equals_it(single, inputs):
    np.testing.assert_array_equal(Ensemble([single])(inputs), single(inputs))


@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 5.0]])
def test_mean_of_the_members(x, weights):
    members = [network(seed) for seed in range(3)]
    outputs = [m.predict(x, verbose=0).astype("float64") for m in members]
    expected = np.average(outputs, axis=0, weights=weights)
    got = Ensemble(members, weights).predict(x, verbose=0)
    np.testing.assert_allclose(got, expected, **FLOAT32)
    np.testing.assert_allclose(got.sum(axis=1), 1, **FLOAT32)  # still probabilities


def test_equals_keras_average_layer(x):
    members = [network(seed, name=f"member_{seed}") for seed in range(3)]
    inputs = keras.Input((4,))
    average = keras.layers.Average()([member(inputs) for member in members])
    oracle = keras.Model(inputs, average)
    np.testing.assert_allclose(
        Ensemble(members).predict(x, verbose=0), oracle.predict(x, verbose=0), **FLOAT32
    )


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@pytest.mark.parametrize(
    ("activation", "units", "oracle"),
    [("softmax", 3, softmax), ("sigmoid", 1, sigmoid)],
)
def test_members_of_logits(x, activation, units, oracle):
    members = [network(seed, units, None) for seed in range(2)]
    logits = [m.predict(x, verbose=0).astype("float64") for m in members]
    expected = np.mean([oracle(z) for z in logits], axis=0)
    got = Ensemble(members, activation=activation).predict(x, verbose=0)
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-7)  # float32 exp
    # Activation of the mean logits, the likely mistake, is another thing here.
    assert np.abs(oracle(np.mean(logits, axis=0)) - expected).max() > 1e-2


def test_dropout_is_off_in_predict_and_reaches_members_in_training(x):
    member = keras.Sequential([keras.Input((4,)), keras.layers.Dropout(0.5, seed=0)])
    ensemble = Ensemble([member])
    np.testing.assert_array_equal(ensemble(x), x)
    assert (np.asarray(ensemble(x, training=True)) == 0).any()


def test_half_precision_members_are_averaged_in_float32(x):
    policy = keras.dtype_policies.DTypePolicy("mixed_float16")
    members = []
    for seed in range(3):
        layer = keras.layers.Dense(2, dtype=policy, kernel_initializer="ones")
        layer2 = keras.layers.Dense(2, dtype=policy)
        members.append(keras.Sequential([keras.Input((4,)), layer, layer2]))
        keras.utils.set_random_seed(seed)
    outputs = [np.asarray(m(x)) for m in members]
    assert outputs[0].dtype == np.float16
    got = np.asarray(Ensemble(members)(x))
    assert got.dtype == np.float32
    expected = np.mean([o.astype("float64") for o in outputs], axis=0)
    np.testing.assert_allclose(got, expected, **FLOAT32)


def test_float64_members_keep_their_digits():
    member = keras.Sequential(
        [keras.Input((1,), dtype="float64"), keras.layers.Dense(1, dtype="float64")]
    )
    x = np.array([[1 + 1e-12]])
    np.testing.assert_array_equal(Ensemble([member])(x), member(x))


def test_several_inputs():
    def build(seed):
        a, b = keras.Input((2,), name="a"), keras.Input((3,), name="b")
        both = keras.layers.Concatenate()([a, b])
        dense = keras.layers.Dense(2, "softmax", kernel_initializer="he_normal")
        return keras.Model({"a": a, "b": b}, dense(both))

    rng = np.random.default_rng(0)
    x = {"a": rng.normal(size=(5, 2)), "b": rng.normal(size=(5, 3))}
    members = [build(0), build(1)]
    expected = np.mean([m.predict(x, verbose=0) for m in members], axis=0)
    ensemble = Ensemble(members)
    np.testing.assert_allclose(ensemble.predict(x, verbose=0), expected, **FLOAT32)


def test_loads_from_one_file_in_a_fresh_process(tmp_path, x):
    # The same names and classes twice; one member compiled; weights and activation set.
    members = [network(seed, activation=None, name="net") for seed in range(2)]
    members[0].compile("adam", "mse")
    members[0].fit(x, np.zeros((32, 3)), verbose=0)
    ensemble = Ensemble(members, [1.0, 3.0], activation="softmax", name="pair")
    ensemble.save(tmp_path / "ensemble.keras")
    np.save(tmp_path / "x.npy", x)
    code = """
        import sys, keras, numpy as np, tfkit.ensembles
        model = keras.models.load_model(sys.argv[1] + "/ensemble.keras")
        x = np.load(sys.argv[1] + "/x.npy")
        np.save(sys.argv[1] + "/y.npy", model.predict(x, verbose=0))
        assert model.name == "pair" and model.member_weights == [1.0, 3.0]
    """
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)],
        check=True,
        env={**os.environ, "PYTHONWARNINGS": "error::UserWarning"},
    )
    np.testing.assert_array_equal(
        np.load(tmp_path / "y.npy"), ensemble.predict(x, verbose=0)
    )


def test_ensemble_of_ensembles_is_saved_as_well(tmp_path, x):
    inner = Ensemble([network(0), network(1)])
    outer = Ensemble([inner, network(2)])
    outer.save(tmp_path / "outer.keras")
    loaded = keras.models.load_model(tmp_path / "outer.keras")
    np.testing.assert_array_equal(
        loaded.predict(x, verbose=0), outer.predict(x, verbose=0)
    )


def test_trained_on_after_loading_it_takes_the_same_steps(tmp_path, x):
    members = [
        # No dropout: Keras does not save the state of its random numbers.
        tfkit.mlp((4,), CLASSES, hidden=(5,), keep_prob=1.0, lambd=0.1, examples=32)
        for _ in range(2)
    ]
    ensemble = Ensemble(members)
    schedule = tfkit.schedules.InverseTimeDecay(0.05, 1.0, steps_per_epoch=4)
    ensemble.compile(tfkit.optimizers.Adam(schedule), "sparse_categorical_crossentropy")
    y = np.arange(32) % CLASSES
    options = {"shuffle": False, "verbose": 0, "batch_size": 8}
    ensemble.fit(x, y, **options)
    ensemble.save(tmp_path / "ensemble.keras")
    loaded = tfkit.load_model(tmp_path / "ensemble.keras")
    for model in (ensemble, loaded):
        model.fit(x, y, epochs=3, **options)  # twelve more updates
    for a, b in zip(ensemble.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_can_be_part_of_another_model(x):
    ensemble = Ensemble([network(0), network(1)])
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Rescaling(2.0)(ensemble(inputs)))
    np.testing.assert_allclose(
        model.predict(x, verbose=0), 2 * ensemble.predict(x, verbose=0), **FLOAT32
    )


def test_from_weights_leaves_the_model_alone(x):
    model = network(0)
    before = model.get_weights()
    sets = [network(seed).get_weights() for seed in (1, 2)]
    got = Ensemble.from_weights(model, sets).predict(x, verbose=0)
    expected = np.mean([network(s).predict(x, verbose=0) for s in (1, 2)], axis=0)
    np.testing.assert_allclose(got, expected, **FLOAT32)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


class Unregistered(keras.layers.Layer):
    def call(self, x):
        return x + 1


@pytest.mark.parametrize("kind", ["sequential", "functional", "lazy", "subclass"])
def test_copies_are_independent(x, kind):
    layers = [Unregistered(), keras.layers.BatchNormalization(), keras.layers.Dense(2)]
    if kind == "functional":
        inputs = outputs = keras.Input((4,))
        for layer in layers:
            outputs = layer(outputs)
        model = keras.Model(inputs, outputs)
    elif kind == "subclass":

        class Net(keras.Model):
            def __init__(self, units=2, **kwargs):
                super().__init__(**kwargs)
                self.units, self.dense = units, keras.layers.Dense(units)

            def call(self, x):
                return self.dense(x)

            def get_config(self):
                return {**super().get_config(), "units": self.units}

        model = Net()
    else:
        model = keras.Sequential(
            layers if kind == "lazy" else [keras.Input((4,)), *layers]
        )
    model(x)
    model.compile("adam", loss=lambda y, p: 0.0)  # a lambda cannot be serialized
    copy = copy_model(model)
    np.testing.assert_array_equal(copy(x), model(x))
    assert not copy.compiled
    model.set_weights([w + 1 for w in model.get_weights()])
    assert np.abs(np.asarray(copy(x)) - np.asarray(model(x))).max() > 0.1


def constant(answers):
    """Returns a network that gives these classes, whatever comes in, by position."""
    table = keras.layers.Embedding(len(answers), CLASSES)
    model = keras.Sequential([keras.Input((), dtype="int32"), table])
    table.set_weights([np.eye(CLASSES)[answers]])
    return model


@pytest.mark.parametrize("y_form", ["numbers", "column", "one-hot"])
def test_report_by_hand(y_form):
    answers = [[0, 1, 2, 0], [0, 1, 1, 1], [0, 2, 2, 0]]
    y = np.array([0, 1, 2, 1])
    ensemble = Ensemble([constant(a) for a in answers])
    targets = {"numbers": y, "column": y[:, None], "one-hot": np.eye(CLASSES)[y]}
    report = ensemble.report(np.arange(4), targets[y_form])
    # The vote is 0, 1, 2, 0: one wrong. Pairs differ in 2, 1 and 3 of 4 answers.
    assert report == EnsembleReport((0.25, 0.25, 0.5), 0.25, 0.5, 4)
    assert report.gain == pytest.approx(1 / 3 - 0.25)
    assert report.gain_over_best == 0


def test_report_reads_well():
    report = EnsembleReport((0.1, 0.14), 0.08, 0.155, 500)
    assert str(report) == textwrap.dedent(
        """\
        ensemble error    8.0 %  (500 examples)
        member errors   10.0 %, 14.0 %
        gain              4.0 % over the mean member, 2.0 % over the best
        diversity        15.5 % of the answers differ between two members"""
    )


def test_report_of_one_member(x):
    report = Ensemble([network(0)]).report(x, np.zeros(32))
    assert (report.gain, report.gain_over_best, report.diversity) == (0, 0, 0)


def test_report_of_binary_logits(x):
    members = [network(seed, 1, None) for seed in range(2)]
    answers = [m.predict(x, verbose=0)[:, 0] > 0 for m in members]
    y = answers[0].astype(int)
    report = Ensemble(members, activation="sigmoid").report(x, y)
    assert report.member_errors == (0.0, np.mean(answers[0] != answers[1]))
    assert report.diversity == report.member_errors[1]


def test_trained_members_gain_on_real_data():
    from sklearn.datasets import load_iris

    data, y = load_iris(return_X_y=True)
    order = np.random.default_rng(0).permutation(150)
    data, y = (data[order] - data.mean(0)) / data.std(0), y[order]
    members = []
    for seed in range(3):
        keras.utils.set_random_seed(seed)
        member = network(seed)
        member.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
        member.fit(data[:30], y[:30], epochs=10, verbose=0)
        members.append(member)
    report = Ensemble(members).report(data[30:], y[30:])
    accuracy = Ensemble(members)
    accuracy.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    measured = accuracy.evaluate(data[30:], y[30:], verbose=0)[1]
    # Keras is the oracle of the error; it counts in float32.
    assert report.ensemble_error == pytest.approx(1 - measured, abs=1e-6)
    assert report.gain > -0.02
    assert report.diversity > 0


@pytest.mark.parametrize(
    "y",
    [
        np.zeros(31),
        np.full(32, 0.5),
        np.full(32, 3),
        np.full((32, 3), 1 / 3),
        np.zeros((32, 2)),
    ],
)
def test_targets_that_are_no_classes(x, y):
    with pytest.raises(ValueError, match=r"class \(0 to 2\) of each of 32 examples"):
        Ensemble([network(0)]).report(x, y)


def shared_layer():
    layer = keras.layers.Dense(2, activation="softmax")
    return [keras.Sequential([keras.Input((4,)), layer]) for _ in range(2)]


def two_outputs():
    inputs = keras.Input((4,))
    return keras.Model(inputs, [keras.layers.Dense(1)(inputs) for _ in range(2)])


def compiled(loss):
    model = network(0, activation=None)
    model.compile(loss=loss)
    return model


def nested(activation):
    return keras.Sequential([keras.Input((4,)), network(0, activation=activation)])


CROSS_ENTROPY = keras.losses.SparseCategoricalCrossentropy


@pytest.mark.parametrize(
    ("models", "arguments", "error", "message"),
    [
        (lambda: [], {}, ValueError, r"at least one .* models=\[\]"),
        (lambda: ["a.keras"], {}, TypeError, r"Keras models.* models\[0\]='a\.keras'"),
        (
            lambda: [keras.Sequential([keras.layers.Dense(1)], name="net")],
            {},
            ValueError,
            r"must be built.* models\[0\]='net'",
        ),
        (lambda: [network()] * 2, {}, ValueError, r"share weights.* models\[1\] share"),
        (shared_layer, {}, ValueError, r"share weights.* models\[1\] share"),
        (
            lambda: [network(0), network(1, inputs=5)],
            {},
            ValueError,
            r"inputs of the same shape.* \[\(4,\)\] and .* \[\(5,\)\]",
        ),
        (
            lambda: [network(0), network(1, units=4)],
            {},
            ValueError,
            r"outputs of the same shape.* \[\(3,\)\] and .* \[\(4,\)\]",
        ),
        (lambda: [two_outputs()], {}, ValueError, r"one output each.* with 2 outputs"),
        (
            lambda: [network(0), network(1, activation=None)],
            {},
            ValueError,
            r"probabilities, or none.* models\[0\] ends .* models\[1\] is linear",
        ),
        (
            lambda: [nested("softmax"), nested(None)],
            {},
            ValueError,
            r"probabilities, or none.* models\[0\] ends .* models\[1\] is linear",
        ),
        (
            lambda: [compiled(CROSS_ENTROPY(from_logits=True))],
            {},
            ValueError,
            r"models\[0\] is compiled with a loss `from_logits=True`",
        ),
        (
            lambda: [network(0)],
            {"activation": "softmax"},
            ValueError,
            r"must be None .* activation='softmax', and models\[0\] has",
        ),
        (
            lambda: [network(0)],
            {"activation": "relu"},
            ValueError,
            "must be 'softmax', 'sigmoid' or None .* activation='relu'",
        ),
        (
            lambda: [network(0)],
            {"member_weights": [1, 2]},
            ValueError,
            r"one finite number > 0 per model.*=\[1\.0, 2\.0\] for 1 models",
        ),
        (
            lambda: [network(0)],
            {"member_weights": [0]},
            ValueError,
            r"one finite number > 0 per model.*=\[0\.0\]",
        ),
    ],
)
def test_bad_arguments(models, arguments, error, message):
    with pytest.raises(error, match=message):
        Ensemble(models(), **arguments)


def test_logits_need_an_activation_and_take_it(x):
    ensemble = Ensemble(
        [compiled(CROSS_ENTROPY(from_logits=True))], activation="softmax"
    )
    np.testing.assert_allclose(ensemble.predict(x, verbose=0).sum(axis=1), 1, **FLOAT32)


@pytest.mark.parametrize("layer", [keras.layers.Softmax, keras.layers.Activation])
def test_activation_layers_are_seen(layer):
    last = layer() if layer is keras.layers.Softmax else layer("softmax")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), last])
    with pytest.raises(ValueError, match=r"models\[0\] has a softmax or sigmoid"):
        Ensemble([model], activation="softmax")


def test_works_on_jax():
    pytest.importorskip("jax")
    code = """
        import numpy as np, keras
        from tfkit.ensembles import Ensemble
        assert keras.backend.backend() == "jax"
        nets = [keras.Sequential([keras.Input((4,)),
                                  keras.layers.Dense(3, activation="softmax")])
                for _ in range(2)]
        x = np.ones((5, 4), "float32")
        mean = np.mean([n.predict(x, verbose=0) for n in nets], axis=0)
        got = Ensemble(nets).predict(x, verbose=0)
        np.testing.assert_allclose(got, mean, rtol=1e-6)
        assert Ensemble(nets).report(x, [0, 1, 2, 0, 1]).examples == 5
    """
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        check=True,
        env={**os.environ, "KERAS_BACKEND": "jax"},
    )
