"""Each test breaks a step in one known place; that place is the oracle."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfkit
from tfkit.diagnose.failure import find_first_bad_layer
from tfkit.diagnose.watched_step import Numbers, watched_step


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8, 3)).astype("float32")
    return x, rng.normal(size=(8, 1)).astype("float32"), None


def network(*middle, output="linear", loss="mse", seed=0, **options):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4, activation="tanh", name="hidden"),
            *middle,
            keras.layers.Dense(1, activation=output, name="output"),
        ]
    )
    model.compile("sgd", loss, **options)
    return model


@keras.saving.register_keras_serializable(package="tests")
class Log(keras.layers.Layer):
    def call(self, inputs):
        return keras.ops.log(inputs)


@keras.saving.register_keras_serializable(package="tests")
class RootOfSquare(keras.layers.Layer):
    """|x|, whose derivative at 0 the chain rule makes 0 * inf."""

    def call(self, inputs):
        return keras.ops.sqrt(keras.ops.square(inputs))


def test_a_sound_step_is_found_sound(batch):
    report = find_first_bad_layer(network(), batch)
    assert (report.kind, report.layer) == ("none", None)
    assert [r.layer for r in report.readings] == ["hidden", "output"]


def test_the_numbers_are_those_of_the_step(batch):
    model = network()
    x, y, _ = batch
    kernel, bias, out_kernel, out_bias = model.get_weights()
    hidden = np.tanh(x @ kernel + bias)
    prediction = hidden @ out_kernel + out_bias
    error = 2 * (prediction - y) / len(x)  # of mse
    report = find_first_bad_layer(model, batch)
    first, last = report.readings
    # float32 against float32 of another order of additions.
    assert report.loss == pytest.approx(np.mean((prediction - y) ** 2), rel=1e-5)
    assert first.outputs.largest == pytest.approx(np.abs(hidden).max(), rel=1e-5)
    assert last.inputs.largest == first.outputs.largest
    gradients = [error @ out_kernel.T, hidden.T @ error, error.sum(0)]
    largest = max(np.abs(each).max() for each in gradients)
    assert last.gradients.largest == pytest.approx(largest, rel=1e-5)
    assert last.gradients.count == 8 * 4 + 4 + 1


def test_log_of_zero(batch):
    relu = keras.layers.ReLU(name="relu")
    report = find_first_bad_layer(network(relu, Log(name="log")), batch)
    assert (report.kind, report.layer) == ("output", "log")
    zeros = report.readings[1].outputs.zeros
    assert zeros > 0
    assert report.readings[2].outputs.bad == zeros
    assert f"{zeros} of its inputs are exactly 0" in report.advice[0]


def test_log_of_negative_numbers_names_the_examples(batch):
    x = np.abs(batch[0]) + 1
    x[3, 0] = x[6, 2] = -0.5
    layers = [keras.Input((3,)), Log(name="log"), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile("sgd", "mse")
    report = find_first_bad_layer(model, (x, batch[1]))
    assert (report.kind, report.layer, report.examples) == ("output", "log", (3, 6))
    assert report.advice == (
        "its inputs go down to -0.5: log, sqrt and powers of negative numbers are NaN",
    )


def test_an_operation_of_a_functional_model(batch):
    inputs = keras.Input((3,))
    hidden = keras.layers.Dense(4, name="hidden")(inputs)
    ratio = hidden / keras.ops.sum(hidden * 0, axis=1, keepdims=True)
    model = keras.Model(inputs, keras.layers.Dense(1)(ratio))
    model.compile("sgd", "mse")
    report = find_first_bad_layer(model, batch)
    assert report.kind == "output"
    assert "divide" in report.layer


def test_the_innermost_layer_is_named(batch):
    inner = keras.Sequential(
        [keras.layers.Dense(4, name="first"), Log(name="log"), keras.layers.Dense(2)],
        name="inner",
    )
    assert find_first_bad_layer(network(inner), batch).layer == "log"


def test_between_the_layers_of_a_subclassed_model(batch):
    class Own(keras.Model):
        def __init__(self):
            super().__init__(name="own")
            self.before = keras.layers.Dense(2, name="before")
            self.after = keras.layers.Dense(1, name="after")

        def call(self, inputs):
            return self.after(keras.ops.log(self.before(inputs) * 0))

    model = Own()
    model.compile("sgd", "mse")
    model(batch[0])
    report = find_first_bad_layer(model, batch)
    assert (report.kind, report.layer) == ("output", "own")
    assert "after 'before' and before 'after'" in report.message


def test_weights_that_were_bad_before(batch):
    model = network()
    kernel, bias = model.get_layer("output").get_weights()
    kernel[2] = np.inf
    model.get_layer("output").set_weights([kernel, bias])
    report = find_first_bad_layer(model, batch)
    assert (report.kind, report.layer) == ("weights", "output")
    assert "1 of 5 weights" in report.message


def test_nan_in_the_inputs_comes_first(batch):
    x = batch[0].copy()
    x[5, 1] = x[6, 2] = np.nan
    report = find_first_bad_layer(network(Log(name="log")), (x, *batch[1:]))
    assert (report.kind, report.layer) == ("data", None)
    assert (report.examples, report.columns) == ((5, 6), (1, 2))
    assert "examples 5, 6, columns 1, 2" in report.message


def test_nan_that_a_layer_fills_in_is_not_to_blame(batch):
    class Fill(keras.layers.Layer):
        def call(self, inputs):
            return keras.ops.where(keras.ops.isnan(inputs), 0.0, inputs)

    x = batch[0].copy()
    x[0, 0] = np.nan
    inputs = keras.Input((3,))
    hidden = keras.layers.Dense(4)(Fill()(inputs))
    model = keras.Model(inputs, keras.layers.Dense(1)(Log(name="log")(hidden)))
    model.compile("sgd", "mse")
    assert find_first_bad_layer(model, (x, *batch[1:])).layer == "log"


def test_nan_in_named_inputs(batch):
    inputs = {
        "age": keras.Input((2,), name="age"),
        "sex": keras.Input((1,), name="sex"),
    }
    joined = keras.layers.Concatenate()(list(inputs.values()))
    model = keras.Model(inputs, keras.layers.Dense(1)(joined))
    model.compile("sgd", "mse")
    x = {"age": np.ones((8, 2), "float32"), "sex": np.ones((8, 1), "float32")}
    x["age"][3, 1] = np.inf
    report = find_first_bad_layer(model, (x, batch[1]))
    assert "(age)" in report.message
    assert report.examples == (3,)


@pytest.mark.parametrize(
    ("place", "name"), [(1, "targets"), (2, "sample weights")], ids=["y", "weight"]
)
def test_nan_in_targets_and_weights(batch, place, name):
    data = [*batch[:2], np.ones(8, "float32")]
    data[place] = data[place].copy()
    data[place][4] = np.nan
    report = find_first_bad_layer(network(), tuple(data))
    assert report.kind == "data"
    assert report.examples == (4,)
    assert name in report.message


def test_a_loss_that_takes_the_log_of_zero(batch):
    def cross_entropy(y_true, y_pred):
        return -keras.ops.mean(y_true * keras.ops.log(y_pred), axis=-1)

    model = network(output="relu", loss=cross_entropy)
    prediction = model.predict(batch[0], verbose=0)[:, 0]
    targets = np.ones((8, 1), "float32")
    report = find_first_bad_layer(model, (batch[0], targets))
    assert (report.kind, report.layer) == ("loss", None)
    assert report.examples == tuple(np.flatnonzero(prediction == 0))
    assert 0 < len(report.examples) < 8
    assert "logits" in report.advice[0]


def test_a_penalty(batch):
    class Broken(keras.regularizers.Regularizer):
        def __call__(self, weights):
            return keras.ops.log(keras.ops.sum(weights) * 0)

    layer = keras.layers.Dense(4, kernel_regularizer=Broken(), name="punished")
    report = find_first_bad_layer(network(layer), batch)
    assert (report.kind, report.layer) == ("loss", "punished")
    assert "penalty" in report.message


def test_a_gradient_at_zero(batch):
    relu = keras.layers.ReLU(name="relu")
    model = network(relu, RootOfSquare(name="root"))
    report = find_first_bad_layer(model, batch)
    assert (report.kind, report.layer) == ("gradient", "root")
    assert np.isfinite(report.loss)
    readings = {r.layer: r for r in report.readings}
    assert readings["root"].outputs.bad == readings["output"].gradients.bad == 0
    # One NaN for each zero that it was given.
    assert readings["root"].gradients.bad == readings["relu"].outputs.zeros
    assert "exactly 0" in report.advice[0]


def test_the_derivative_of_the_loss(batch):
    def distance(y_true, y_pred):
        return keras.ops.sqrt(keras.ops.sum(keras.ops.square(y_true - y_pred), axis=-1))

    model = network(loss=distance)
    y = model(batch[0], training=True).numpy()
    y[1:] += 1
    report = find_first_bad_layer(model, (batch[0], y))
    assert (report.kind, report.layer) == ("gradient", None)
    assert "derivative of the loss" in report.message
    assert report.examples == (0,)


def test_weights_that_exploded(batch):
    model = network()
    model.set_weights([weight * 1e30 for weight in model.get_weights()])
    model.get_layer("output").set_weights([np.full((4, 1), 3e38), np.zeros(1)])
    report = find_first_bad_layer(model, batch)
    assert (report.kind, report.layer) == ("output", "output")
    assert "lower learning rate" in report.advice[0]


def test_the_model_stays_as_it_was(batch):
    model = network(
        keras.layers.BatchNormalization(), keras.layers.Dropout(0.5, seed=1), Log()
    )
    before = [variable.numpy() for variable in model.variables]
    find_first_bad_layer(model, batch)
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    assert not any("call" in vars(layer) for layer in model.layers)


def test_a_layer_used_twice_and_a_mask(batch):
    shared = keras.layers.Dense(3, name="shared")
    inputs = keras.Input((4,), dtype="int32")
    words = keras.layers.Embedding(10, 3, mask_zero=True, name="words")(inputs)
    sentence = keras.layers.LSTM(3, name="sentence")(shared(shared(words)))
    model = keras.Model(inputs, keras.layers.Dense(1)(sentence))
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).integers(0, 10, size=(8, 4))
    expected = model(x, training=True)
    step = watched_step(model, x, batch[1], None)
    # Masks pass through, or the prediction would differ.
    np.testing.assert_allclose(step.prediction, expected, rtol=1e-6)
    assert sum(call.part is shared for call in step.calls) == 2
    assert find_first_bad_layer(model, (x, batch[1])).kind == "none"


def test_a_model_with_compiled_loops(batch):
    keras.utils.set_random_seed(0)
    model = tfkit.Sequential(
        [keras.Input((3,)), Log(name="log"), keras.layers.Dense(1)]
    )
    model.compile("sgd", "mse", jit_compile=False)
    assert find_first_bad_layer(model, batch).layer == "log"
    # A program compiled before and after is not touched.
    model.fit(np.abs(batch[0]), batch[1], epochs=2, verbose=0)
    find_first_bad_layer(model, batch)
    model.fit(np.abs(batch[0]), batch[1], verbose=0)


def test_a_layer_that_is_a_tf_function(batch):
    class Compiled(keras.layers.Layer):
        def __init__(self):
            super().__init__(name="compiled")
            self.inner = Log(name="inside")

        @tf.function
        def call(self, inputs):
            return self.inner(inputs)

    assert find_first_bad_layer(network(Compiled()), batch).layer == "compiled"


def test_float16_overflows(batch):
    model = network(keras.layers.Rescaling(1e6, dtype="mixed_float16", name="half"))
    report = find_first_bad_layer(model, batch)
    assert report.layer == "half"
    assert "float16" in report.advice[0]


def test_not_compiled_is_forward_only(batch):
    model = keras.Sequential([keras.Input((3,)), Log(name="log")])
    report = find_first_bad_layer(model, batch[0])
    assert (report.layer, report.loss) == ("log", None)
    report = find_first_bad_layer(model, np.ones((2, 3)))
    assert "not compiled" in report.message


def test_a_model_without_weights_is_refused():
    model = keras.Sequential([keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="must be built"):
        find_first_bad_layer(model, np.ones((2, 3)))


def test_the_report_as_text_and_as_plain_types(batch):
    report = find_first_bad_layer(network(Log(name="log")), batch)
    text = str(report)
    assert text.startswith("first bad: 'log' (Log): ")
    assert "\n> log " in text
    assert "\n  hidden " in text
    plain = report.to_dict()
    assert plain["readings"][1]["outputs"]["bad"] == report.readings[1].outputs.bad


def test_a_long_network_shows_the_calls_around():
    layers = [keras.layers.Activation("linear", name=f"same_{i}") for i in range(60)]
    layers[40] = Log(name="log")
    model = keras.Sequential([keras.Input((2,)), *layers])
    text = str(find_first_bad_layer(model, np.zeros((2, 2))))
    assert "\n> log " in text
    assert "(30 of 60 calls of layers)" in text


def test_numbers():
    tensors = [np.array([1.0, -3.0, np.nan]), np.array([0.0, np.inf]), np.array([7])]
    # Whole numbers can't be NaN and are left out.
    assert Numbers.of(tensors) == Numbers(5, 2, 3.0, -3.0, 1)
    assert Numbers.of([]) == Numbers()
