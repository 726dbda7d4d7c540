import copy
import pickle
import subprocess
import sys

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tfkit
from tfkit.layers import BatchNormalization, InvertedDropout


def types(model):
    return [type(layer).__name__ for layer in model.layers]


def test_layers_stand_in_the_order_of_the_course():
    # Z, then batch norm on Z, then the activation, then dropout on A.
    model = tfkit.mlp((8, 8, 1), 10, hidden=(16, 8), keep_prob=(0.9, 0.5), seed=0)
    assert types(model) == [
        "Flatten",
        *["Dense", "BatchNormalization", "Activation", "InvertedDropout"] * 2,
        "Dense",
    ]
    drops = [layer for layer in model.layers if isinstance(layer, InvertedDropout)]
    assert [layer.keep_prob for layer in drops] == [0.9, 0.5]


def test_what_is_switched_off_is_not_there():
    model = tfkit.mlp((4,), 3, hidden=(8,), batch_norm=False, keep_prob=1.0)
    assert types(model) == ["Dense", "Activation", "Dense"]


def test_bias_is_dropped_under_batch_norm_only():
    for batch_norm in (True, False):
        model = tfkit.mlp((4,), 3, hidden=(8,), batch_norm=batch_norm)
        hidden, output = (
            layer for layer in model.layers if isinstance(layer, keras.layers.Dense)
        )
        assert hidden.use_bias is not batch_norm
        assert output.use_bias


def test_inference_is_the_formula():
    model = tfkit.mlp((5,), 3, hidden=(7,), seed=1)
    rng = np.random.default_rng(0)
    norm = next(
        layer for layer in model.layers if isinstance(layer, BatchNormalization)
    )
    gamma, beta, mean, variance = rng.uniform(0.5, 2, size=(4, 7))
    norm.set_weights([gamma, beta, mean, variance])
    x = rng.normal(size=(6, 5))

    w1, w2, b2 = (
        v.numpy().astype("f8")
        for layer in model.layers
        if isinstance(layer, keras.layers.Dense)
        for v in layer.weights
    )
    z = gamma * (x @ w1 - mean) / np.sqrt(variance + norm.epsilon) + beta
    z2 = np.maximum(z, 0) @ w2 + b2
    expected = np.exp(z2) / np.exp(z2).sum(axis=1, keepdims=True)
    # float32 network, two products of at most 7 terms, exp: some 1e-6.
    np.testing.assert_allclose(model(x.astype("f4")), expected, rtol=1e-5, atol=1e-7)


def test_layers_of_one_seed_differ_and_repeat():
    def kernels(seed):
        model = tfkit.mlp((16,), 16, hidden=(16, 16), seed=seed)
        return [
            layer.kernel.numpy() for layer in model.layers if hasattr(layer, "kernel")
        ]

    first, again, other = kernels(3), kernels(3), kernels(4)
    for a, b, c in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert not np.array_equal(a, c)
    # Unrelated numbers, not scaled copies: correlation of 256 pairs is 1/16 in sd.
    for i in range(3):
        for j in range(i):
            assert abs(np.corrcoef(first[i].ravel(), first[j].ravel())[0, 1]) < 0.3


@pytest.mark.parametrize(
    ("initializer", "activation", "variance"),
    [
        ("auto", "relu", 2 / 400),
        ("auto", "tanh", 1 / 400),
        ("he", "tanh", 2 / 400),
        ("xavier", "relu", 1 / 400),
        ("glorot_average", "relu", 2 / 600),
    ],
)
def test_kernels_have_the_variance_of_the_initializer(
    initializer, activation, variance
):
    model = tfkit.mlp(
        (400,), 3, hidden=(200,), activation=activation, initializer=initializer, seed=0
    )
    kernel = model.layers[0].kernel.numpy()
    # The variance of 80 000 normal numbers has a relative sd of sqrt(2/80000) = 0.5 %.
    assert kernel.var() == pytest.approx(variance, rel=0.025)


@pytest.mark.parametrize(("penalty", "power"), [("l1", 1), ("l2", 2)])
def test_the_penalty_is_on_kernels_alone(penalty, power):
    model = tfkit.mlp(
        (6,), 3, hidden=(4,), lambd=0.7, penalty=penalty, examples=50, seed=0
    )
    kernels = [
        layer.kernel.numpy().astype("f8")
        for layer in model.layers
        if hasattr(layer, "kernel")
    ]
    expected = 0.7 / (2 * 50) * sum((np.abs(k) ** power).sum() for k in kernels)
    # float32 sums of a few dozen terms
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-6)


def test_softmax_of_two_classes_is_logistic_regression():
    model = tfkit.softmax_regression((3,), 2, seed=0)
    kernel, bias = (v.numpy().astype("f8") for v in model.weights)
    x = np.random.default_rng(0).normal(size=(10, 3))
    z = x @ (kernel[:, 1] - kernel[:, 0]) + bias[1] - bias[0]
    # sigmoid in float64 against float32 softmax
    np.testing.assert_allclose(
        model(x.astype("f4"))[:, 1], 1 / (1 + np.exp(-z)), rtol=1e-5
    )


def test_it_learns_what_logistic_regression_cannot():
    # Two rings: no line separates them (course notes: "high bias").
    data = tfkit.data.load("circles", seed=1)
    # All epochs' batches in one compiled call: Python would take most of the time.
    x, y = np.tile(data.x, (60, 1)), np.tile(data.y, 60)

    def error(model):
        model.compile(
            tfkit.optimizers.Adam(0.02),
            "sparse_categorical_crossentropy",
            steps_per_execution=len(y) // 32,
        )
        model.fit(x, y, batch_size=32, verbose=0)
        return np.mean(model.predict(data.x, verbose=0).argmax(1) != data.y)

    keras.utils.set_random_seed(0)
    assert error(tfkit.softmax_regression((2,), 2, seed=0)) > 0.4
    assert error(tfkit.mlp((2,), 2, hidden=(32,), keep_prob=1.0, seed=0)) < 0.2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_classes": 1}, r"`num_classes` must be at least 2.*num_classes=1"),
        ({"hidden": (8, 0)}, r"`hidden` must hold positive.*hidden=\(8, 0\)"),
        ({"keep_prob": (0.5, 0.5, 0.5)}, r"each of the 2 hidden layers"),
        ({"keep_prob": 1.5}, r"`keep_prob` must be .*<= 1.*keep_prob=1\.5"),
        ({"keep_prob": float("nan")}, r"`keep_prob` must be .*keep_prob=nan"),
        ({"input_keep_prob": 1.2}, r"`keep_prob` must be .*keep_prob=1\.2"),
        ({"input_keep_prob": 0}, r"`keep_prob` must be .*> 0.*keep_prob=0"),
        ({"initializer": "hee"}, r"`initializer` must be 'auto'.*'hee'"),
        ({"penalty": "l3"}, r"`penalty` must be 'l1' or 'l2'.*'l3'"),
        ({"lambd": 0.1}, r"needs m.*Pass examples=len\(x_train\)"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        tfkit.mlp((4,), **{"num_classes": 3, **options})


def test_softmax_regression_has_no_hidden_options():
    with pytest.raises(TypeError, match=r"no hidden layer for `keep_prob`.*tfkit\.mlp"):
        tfkit.softmax_regression((4,), 3, keep_prob=0.5)


@pytest.fixture(scope="module")
def softmax_layer():
    """Softmax regression with an identity kernel: its input is Z."""
    model = tfkit.softmax_regression((4,), 4)
    model.set_weights([np.eye(4, dtype="f4"), np.zeros(4, "f4")])
    return lambda z: np.asarray(model(np.asarray(z, "f4")[np.newaxis]))[0]


def test_softmax_of_the_lecture_slide(softmax_layer):
    # t = [148.4, 7.4, 0.4, 20.1], sum 176.3; printed to three decimals.
    np.testing.assert_allclose(
        softmax_layer([5, 2, -1, 3]), [0.842, 0.042, 0.002, 0.114], atol=5e-4
    )


@settings(deadline=None, max_examples=25)
@given(
    z=st.lists(st.floats(-50, 50, width=32), min_size=4, max_size=4),
    shift=st.floats(-1000, 1000, width=32),
    order=st.permutations(range(4)),
)
def test_softmax_invariances(softmax_layer, z, shift, order):
    p = softmax_layer(z)
    assert p.sum() == pytest.approx(1, abs=1e-6)  # four float32 roundings
    assert p[np.argmax(z)] == p.max()
    np.testing.assert_allclose(
        softmax_layer(np.take(z, order)), p[list(order)], rtol=1e-5
    )
    # z + shift is itself rounded, to 6e-5 at 1000; softmax turns that into a factor.
    np.testing.assert_allclose(
        softmax_layer(np.add(z, shift)), p, rtol=5e-4, atol=1e-30
    )


# The models whose training is compiled: as Keras's, but for their loops.


def regression():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 4)).astype("f4")
    return x, x.sum(axis=1, keepdims=True)


def sequential():
    return tfkit.Sequential(
        [keras.Input((4,)), InvertedDropout(0.8), keras.layers.Dense(1)], name="net"
    )


def functional():
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(3)(InvertedDropout(0.8)(inputs))
    return tfkit.Model(inputs, keras.layers.Dense(1)(hidden), name="net")


@keras.saving.register_keras_serializable(package="tests")
class Subclass(tfkit.Model):
    def __init__(self, units=1, **options):
        super().__init__(**options)
        self.units, self.dense = units, keras.layers.Dense(units)

    def call(self, x):
        return self.dense(x)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


KINDS = {"sequential": sequential, "functional": functional, "subclass": Subclass}


@pytest.fixture(params=KINDS)
def trained(request):
    keras.utils.set_random_seed(0)
    model = KINDS[request.param]()
    model.compile(tfkit.optimizers.Adam(0.01), "mse", metrics=["mae"])
    model.fit(*regression(), epochs=2, verbose=0)
    return model


def assert_goes_on(copy, model):
    """A copy is of the same class, predicts the same, and trains on as the original."""
    x, y = regression()
    assert type(copy) is type(model)
    np.testing.assert_array_equal(
        copy.predict(x, verbose=0), model.predict(x, verbose=0)
    )
    losses = [
        each.fit(x, y, epochs=1, verbose=0).history["loss"] for each in (copy, model)
    ]
    assert losses[0] == losses[1]
    assert copy.training_plan.engine == "graph"
    for ours, theirs in zip(copy.weights, model.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_saved_model_trains_on(trained, tmp_path):
    trained.save(tmp_path / "model.keras")
    assert_goes_on(tfkit.load_model(tmp_path / "model.keras"), trained)


def test_copies_train_on(trained):
    assert_goes_on(copy.deepcopy(pickle.loads(pickle.dumps(trained))), trained)


@pytest.mark.parametrize("asked", ["auto", True, False])
def test_a_file_keeps_what_was_asked_of_the_compiler(tmp_path, asked):
    model = sequential()
    model.compile("sgd", "mse", jit_compile=asked, steps_per_execution=2)
    model.save(tmp_path / "model.keras")
    again = tfkit.load_model(tmp_path / "model.keras")
    assert again.compiled
    assert again.get_compile_config()["jit_compile"] == asked
    assert again.steps_per_execution == 2


def test_a_saved_model_loads_in_another_process(tmp_path):
    model = sequential()
    model.compile(tfkit.optimizers.Adam(0.01), "mse")
    x, y = regression()
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "model.keras")
    np.save(tmp_path / "x.npy", x)
    code = """
import sys, numpy as np, tfkit
model, x = tfkit.load_model(sys.argv[1]), np.load(sys.argv[2])
assert type(model) is tfkit.Sequential and model.compiled, type(model)
np.save(sys.argv[3], model.predict(x, verbose=0))
model.fit(x, x[:, :1], verbose=0)
"""
    paths = [str(tmp_path / name) for name in ("model.keras", "x.npy", "y.npy")]
    subprocess.run([sys.executable, "-c", code, *paths], check=True)
    # The same program on the same machine: equal, but for float32's last bit.
    np.testing.assert_allclose(
        np.load(tmp_path / "y.npy"), model.predict(x, verbose=0), rtol=1e-6, atol=1e-6
    )


def test_a_clone_can_be_trained():
    x, y = regression()
    model = functional()
    clone = keras.models.clone_model(model)
    assert type(clone) is type(model)
    # Of any subclass of keras.Sequential, Keras's clone is a plain one.
    for each in (clone, tfkit.accelerate(keras.models.clone_model(sequential()))):
        each.compile("sgd", "mse")
        each.fit(x, y, verbose=0)
        assert each.training_plan.engine == "graph"


def test_every_kind_of_model_is_a_tfkit_model():
    # One kind must not change what the next is made of.
    made = [functional(), Subclass(), functional(), Subclass()]
    for model in made:
        assert isinstance(model, tfkit.Model)
        model.compile("sgd", "mse")
        model.fit(*regression(), verbose=0)
        assert model.training_plan.engine == "graph"


def test_a_subclass_may_be_functional():
    class Named(tfkit.Model):
        def greeting(self):
            return f"I am {self.name}"

    class Deeper(Named):
        def __init__(self, units):
            inputs = keras.Input((4,))
            super().__init__(inputs, keras.layers.Dense(units)(inputs), name="deep")

    inputs = keras.Input((4,))
    for model in (
        Named(inputs, keras.layers.Dense(1)(inputs), name="deep"),
        Named(inputs=inputs, outputs=keras.layers.Dense(1)(inputs), name="deep"),
        Deeper(1),
        Deeper(1),
    ):
        assert model.greeting() == "I am deep"
        assert model.output_shape == (None, 1)
        model.compile("sgd", "mse")
        model.fit(*regression(), verbose=0)
        assert model.training_plan.engine == "graph"
    assert Subclass().dense.units == 1


@pytest.mark.parametrize("make", [sequential, functional])
def test_summary_names_the_layers(make, capsys):
    make().summary()
    assert "dense" in capsys.readouterr().out


def test_accelerate_changes_three_methods_of_one_object(tmp_path):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    assert tfkit.accelerate(model) is model
    assert tfkit.accelerate(model) is model
    assert model.training_plan is None
    x, y = regression()
    losses = []
    for each in (model, twin):
        # Compiled afterwards: what was asked then is what counts.
        each.compile("sgd", "mse", jit_compile=False)
        options = {"epochs": 2, "shuffle": False, "verbose": 0}
        losses.append(each.fit(x, y, **options).history["loss"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)  # float32, 4 steps
    assert model.training_plan.engine == "graph"
    assert not hasattr(twin, "training_plan")
    np.testing.assert_allclose(
        model.predict(x, verbose=0), twin.predict(x, verbose=0), rtol=1e-4, atol=1e-5
    )
    assert model.evaluate(x, y, verbose=0) == pytest.approx(
        twin.evaluate(x, y, verbose=0), rel=1e-4
    )
    # What is saved is Keras's, and needs no tfkit.
    assert type(model) is keras.Sequential
    assert "tfkit" not in model.to_json()
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert type(again) is keras.Sequential
    assert again.compiled
    again.fit(x, y, verbose=0)
    assert not hasattr(again, "training_plan")


def test_accelerate_keeps_methods_of_a_subclass():
    class Loud(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(1)

        def call(self, x):
            return self.dense(x)

        def evaluate(self, *args, **options):
            return {"loudness": 3.0}

    model = tfkit.accelerate(Loud())
    model.compile("sgd", "mse")
    x, y = regression()
    history = model.fit(x, y, validation_data=(x, y), verbose=0).history
    assert history["val_loudness"] == [3.0]
    assert tfkit.accelerate(sequential()).training_plan is None


def test_accelerate_takes_models_alone():
    with pytest.raises(TypeError, match=r"must be a keras\.Model.*Received: 3"):
        tfkit.accelerate(3)


def test_the_builders_make_compiled_models():
    assert type(tfkit.mlp((4,), 3)) is tfkit.Sequential
    assert type(tfkit.softmax_regression((4,), 3)) is tfkit.Sequential
