"""legacy_tf1.checkpoints: what TensorFlow 1 has saved, in Keras models.

Not among tests/legacy_tf1: Keras models hold values in an eager process only. The
checkpoints, and the outputs that are expected, are TensorFlow 1.15.5's; how they were
made stands in tests/legacy_tf1/data/README.md.
"""

import re
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest

from legacy_tf1 import checkpoints
from legacy_tf1.checkpoints import load_into

X = np.random.RandomState(0).normal(size=(2, 3)).astype("float32")
SEQUENCES = np.random.RandomState(1).normal(size=(2, 4, 3)).astype("float32")
SUFFIXES = ("", "_1", "_2")
# A few float32 roundings of 6e-8 between two implementations of the same formula.
TOLERANCE = {"rtol": 1e-5, "atol": 1e-6}


@pytest.fixture
def data(repository):
    return repository / "tests" / "legacy_tf1" / "data"


@pytest.fixture(autouse=True)
def fresh_names():
    """Keras numbers its layers through the process; begin with dense."""
    keras.backend.clear_session()


def layers_model():
    return keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4),
            keras.layers.BatchNormalization(epsilon=1e-3),
            keras.layers.ReLU(),
            keras.layers.Dense(2),
        ]
    )


def columns_model():
    dense = keras.layers.Dense
    return keras.Sequential(
        [keras.Input((3,)), dense(4, "relu"), dense(4, "relu"), dense(2)]
    )


def lstm_model():
    return keras.Sequential([keras.Input((4, 3)), keras.layers.LSTM(2)])


LAYERS = [
    [-2.9377121925354004, 2.285621166229248],
    [-2.6239912509918213, 2.363192081451416],
]
COLUMNS = [
    [-1.0707526206970215, -1.157036304473877],
    [1.0544517040252686, 1.0443462133407593],
]
NUMBERED = [
    [-0.6239277720451355, -0.11474869400262833],
    [0.4666394591331482, 0.24826233088970184],
]
LSTM = [
    [-0.0032459150534123182, -0.03932421654462814],
    [-0.24676179885864258, 0.15907931327819824],
]
# Of GRUCell, GRUBlockCell and GRUBlockCellV2, two units each.
GRU = [
    [
        *(-0.06212921440601349, -0.3256949484348297),
        *(0.990960419178009, 0.38460585474967957),
        *(0.8502050042152405, -0.9992483258247375),
    ],
    [
        *(-0.8824074864387512, 0.5277146697044373),
        *(-0.10545802116394043, 0.8288167715072632),
        *(0.9226334095001221, -0.1079643964767456),
    ],
]
COLUMNS_MAPPING = {
    f"{layer}/{weight}": (f"{name}{number}", conversion)
    for number, layer in enumerate(("dense", "dense_1", "dense_2"), start=1)
    for weight, name, conversion in (
        ("kernel", "W", "transpose"),
        ("bias", "b", "reshape"),
    )
}


def test_layers_of_the_same_names(data):
    model = layers_model()
    report = load_into(model, data / "layers.ckpt")
    np.testing.assert_allclose(model(X), LAYERS, **TOLERANCE)
    assert {match.how for match in report.matched} == {"name"}
    assert report.matched[0].variable == "dense/kernel"
    assert len(report.matched) == len(model.weights)
    why = {left.variable: left.why for left in report.left}
    assert why["global_step"] == "step"
    assert why["beta1_power"] == why["dense/kernel/Adam_1"] == "optimizer"
    assert set(why.values()) == {"step", "optimizer"}


def test_a_second_model_of_the_process_gets_the_same_layers(data):
    layers_model()
    model = layers_model()
    assert model.layers[0].name == "dense_2"
    report = load_into(model, data / "layers.ckpt")
    np.testing.assert_allclose(model(X), LAYERS, **TOLERANCE)
    assert report.matched[0].weight.endswith("dense_2/kernel")
    assert report.matched[0].variable == "dense/kernel"


def test_names_that_overlap_by_chance_are_not_taken_by_their_number(tmp_path):
    """Three equal layers, counted from 1 in Keras and from 0 in the checkpoint."""
    kernels = {f"dense{n}/kernel": np.full((2, 2), i) for i, n in enumerate(SUFFIXES)}
    path = save(tmp_path, kernels)
    keras.layers.Dense(1)
    model = keras.Sequential(
        [keras.Input((2,)), *(keras.layers.Dense(2, use_bias=False) for _ in range(3))]
    )
    assert model.layers[0].name == "dense_1"
    load_into(model, path)
    assert [weight.numpy().max() for weight in model.weights] == [0, 1, 2]


def test_other_words_for_kernel_and_bias(tmp_path):
    W, b = np.arange(6.0).reshape(3, 2), np.array([1.0, 2.0])
    path = save(tmp_path, {"net/out/weights": W, "net/out/biases": b})
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="out")])
    report = load_into(model, path)
    assert [match.how for match in report.matched] == ["name", "name"]
    np.testing.assert_array_equal(model.weights[0], W)
    np.testing.assert_array_equal(model.weights[1], b)


def test_scopes_decide_between_layers_of_one_name(tmp_path):
    values = {"net/left/out/w": np.zeros((3, 3)), "net/right/out/w": np.ones((3, 3))}
    path = save(tmp_path, values)
    inputs = keras.Input((3,))
    branches = [
        keras.Sequential(
            [keras.Input((3,)), keras.layers.Dense(3, name="out", use_bias=False)],
            name=name,
        )
        for name in ("right", "left")
    ]
    model = keras.Model(inputs, [branch(inputs) for branch in branches])
    load_into(model, path)
    assert [weight.numpy().max() for weight in model.weights] == [1, 0]


def test_numbered_variables_in_the_format_of_before_2017(data):
    dense = keras.layers.Dense
    model = keras.Sequential(
        [keras.Input((3,)), dense(3, "tanh"), dense(3, "tanh"), dense(2, "tanh")]
    )
    report = load_into(model, data / "numbered.ckpt")
    np.testing.assert_allclose(model(X), NUMBERED, **TOLERANCE)
    found = [(match.variable, match.how) for match in report.matched]
    assert found == [
        ("Variable", "order"),
        ("Variable_1", "order"),
        ("Variable_2", "order"),
        ("Variable_3", "order"),
        ("Variable_4", "shape"),
        ("Variable_5", "shape"),
    ]


def test_more_than_ten_are_in_the_order_of_their_numbers(tmp_path):
    suffixes = ["", *(f"_{n}" for n in range(1, 12))]
    path = save(
        tmp_path, {f"Variable{s}": np.full((2, 2), i) for i, s in enumerate(suffixes)}
    )
    model = keras.Sequential(
        [keras.Input((2,)), *(keras.layers.Dense(2, use_bias=False) for _ in suffixes)]
    )
    load_into(model, path)
    assert [weight.numpy().max() for weight in model.weights] == list(range(12))


def test_equal_shapes_without_a_common_name_are_left_to_the_user(tmp_path):
    path = save(tmp_path, {"first": np.zeros((2, 2)), "last": np.ones((2, 2))})
    model = keras.Sequential(
        [keras.Input((2,)), *(keras.layers.Dense(2, use_bias=False) for _ in range(2))]
    )
    report = load_into(model, path, partial=True)
    assert report.matched == ()
    assert len(report.unfilled) == 2


def test_variables_that_tell_nothing_do_not_fill_weights_of_several_roles(tmp_path):
    """Variable, Variable_1 could be gamma, beta or beta, gamma."""
    path = save(tmp_path, {"Variable": np.zeros(2), "Variable_1": np.ones(2)})
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.LayerNormalization(name="norm")]
    )
    assert load_into(model, path, partial=True).matched == ()


def test_the_courses_layout_is_proposed_and_not_turned_unasked(data):
    model = columns_model()
    before = [weight.numpy() for weight in model.weights]
    with pytest.raises(ValueError, match="partial=True") as error:
        load_into(model, data / "columns.ckpt")
    # The square W2 has the right shape, and is turned as the others are.
    for line in (
        "'sequential/dense/kernel': ('W1', 'transpose')",
        "'sequential/dense_1/kernel': ('W2', 'transpose')",
        "'sequential/dense_2/bias': ('b3', 'reshape')",
    ):
        assert line in str(error.value)
    for weight, value in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight, value)


def test_the_proposed_mapping_can_be_pasted(data):
    model = columns_model()
    with pytest.raises(ValueError, match="pass them") as error:
        load_into(model, data / "columns.ckpt")
    written = re.search(r"mapping=(\{.*?\n\})", str(error.value), re.DOTALL)
    report = load_into(model, data / "columns.ckpt", eval(written[1]))
    np.testing.assert_allclose(model(X), np.transpose(COLUMNS), **TOLERANCE)
    assert {match.how for match in report.matched} == {"mapping"}


def test_mapping_by_the_end_of_a_path(data):
    model = columns_model()
    load_into(model, data / "columns.ckpt", COLUMNS_MAPPING)
    np.testing.assert_allclose(model(X), np.transpose(COLUMNS), **TOLERANCE)


def test_mapping_by_a_function(data):
    def source(path):
        *_, layer, weight = path.split("/")
        number = int(layer.partition("_")[2] or 0) + 1
        return (
            (f"W{number}", np.transpose)
            if weight == "kernel"
            else (f"b{number}", np.ravel)
        )

    model = columns_model()
    report = load_into(model, data / "columns.ckpt", source)
    np.testing.assert_allclose(model(X), np.transpose(COLUMNS), **TOLERANCE)
    assert report.matched[0].conversion == "transpose"


def test_a_function_leaves_the_choice_by_none(data):
    model = layers_model()
    load_into(model, data / "layers.ckpt", lambda path: None)
    np.testing.assert_allclose(model(X), LAYERS, **TOLERANCE)


def test_none_in_a_dict_keeps_a_weight(data):
    model = layers_model()
    bias = model.weights[-1].path
    report = load_into(model, data / "layers.ckpt", {bias: None}, partial=True)
    assert report.unfilled == (bias,)
    np.testing.assert_array_equal(model.weights[-1], [0, 0])


def test_lstm_gates_are_put_in_order_when_asked(data):
    model = lstm_model()
    source = ("rnn/basic_lstm_cell/kernel", "lstm")
    report = load_into(
        model,
        data / "lstm.ckpt",
        {
            "lstm_cell/kernel": source,
            "recurrent_kernel": source,
            "bias": ("rnn/basic_lstm_cell/bias", "lstm"),
        },
    )
    np.testing.assert_allclose(model(SEQUENCES), LSTM, **TOLERANCE)
    assert len(report.matched) == 3


def test_lstm_gates_are_not_taken_as_they_are(data):
    """The bias has the right shape; its gates are in another order."""
    report = load_into(lstm_model(), data / "lstm.ckpt", partial=True)
    assert report.matched == ()
    kernel = ("rnn/basic_lstm_cell/kernel", "lstm")
    bias = ("rnn/basic_lstm_cell/bias", "lstm")
    assert list(report.proposals.values()) == [(kernel,), (kernel,), (bias,)]


def gru_model(**options):
    inputs = keras.Input((4, 3))
    layers = [
        keras.layers.GRU(2, name=scope, **options)
        for scope in ("plain", "block", "block_v2")
    ]
    return keras.Model(
        inputs, keras.layers.concatenate([gru(inputs) for gru in layers])
    )


def gru_source(path):
    return f"{path.split('/')[0]}/gru_cell", "gru"


def test_gru_cells_fill_the_layer_that_resets_before(data):
    model = gru_model(reset_after=False)
    report = load_into(model, data / "gru.ckpt", gru_source)
    np.testing.assert_allclose(model(SEQUENCES), GRU, rtol=1e-5, atol=1e-6)
    assert report.matched[0].variable == "plain/gru_cell"
    assert {left.why for left in report.left} == {"optimizer", "step"}


def test_gru_cells_are_proposed_and_not_joined_unasked(data):
    model = gru_model(reset_after=False)
    report = load_into(model, data / "gru.ckpt", partial=True)
    assert report.matched == ()
    cells = {(f"{scope}/gru_cell", "gru") for scope in ("plain", "block", "block_v2")}
    assert set(report.proposals[model.weights[0].path]) == cells


def test_keras_default_gru_is_refused(data):
    model = gru_model()
    told = r"'plain/gru_cell' must be built with reset_after=False: the cell 'plain/gru"
    with pytest.raises(ValueError, match=told):
        load_into(model, data / "gru.ckpt", gru_source)
    with pytest.raises(ValueError, match="must be built with reset_after=False"):
        load_into(model, data / "gru.ckpt")
    assert not load_into(model, data / "gru.ckpt", partial=True).proposals


def test_gru_conversion_names_a_cell(data):
    model = gru_model(reset_after=False)
    with pytest.raises(ValueError, match=r"Received: 'rnn' for 'plain/.*'block/gru_c"):
        load_into(model, data / "gru.ckpt", lambda path: ("rnn", "gru"))
    # A variable of the cell stands for it.
    load_into(
        model,
        data / "gru.ckpt",
        {"plain/gru_cell/bias": ("plain/gru_cell/gates/bias", "gru")},
        partial=True,
    )
    assert np.abs(model.get_layer("plain").get_weights()[2]).min() > 0


@pytest.mark.parametrize(
    ("checkpoint", "conversion"), [("lstm", "lstm"), ("gru", "gru")]
)
def test_a_cell_of_other_inputs_does_not_fit(data, checkpoint, conversion):
    """The first rows of its kernel have the right shape, and are not the inputs'."""
    layer = {
        "lstm": keras.layers.LSTM(2),
        "gru": keras.layers.GRU(2, reset_after=False),
    }
    model = keras.Sequential([keras.Input((4, 2)), layer[checkpoint]])
    name = {"lstm": "rnn/basic_lstm_cell/kernel", "gru": "plain/gru_cell"}[checkpoint]
    with pytest.raises(ValueError, match=r"takes values of shape \(2, \d\)"):
        load_into(model, data / f"{checkpoint}.ckpt", lambda path: (name, conversion))


def named(*units, **options):
    """Dense layers of names that no automatic numbering touches."""
    return keras.Sequential(
        [
            keras.Input((3,)),
            *(keras.layers.Dense(n, name=f"{name}") for name, n in units),
        ],
        **options,
    )


def test_a_variable_of_the_name_and_another_shape_is_told(tmp_path):
    values = {
        "net/hidden/weights": np.ones((3, 5)),
        "net/hidden/biases": np.ones(5),
        "net/out/weights": np.ones((5, 2)),
        "net/out/biases": np.ones(2),
        "net/other/kernel": np.zeros((3, 4)),
        "net/other/biases": np.zeros(4),
    }
    path = save(tmp_path, values)
    model = named(("hidden", 4), ("out", 2))
    with pytest.raises(ValueError, match="another shape") as error:
        load_into(model, path)
    for line in (
        "'net/hidden/weights' has the name of 'hidden/kernel' and another shape: (3, 5) "
        "in the checkpoint, (3, 4) in the model.",
        "'net/hidden/biases' has the name of 'hidden/bias' and another shape: (5,) in "
        "the checkpoint, (4,) in the model.",
        "(5, 2) in the checkpoint, (4, 2) in the model.",
    ):
        # The paths begin with the model's name.
        assert line in str(error.value).replace(f"{model.name}/", "")
    # Nor is "other" taken, though its variables are the only ones of those shapes.
    report = load_into(model, path, partial=True)
    assert [match.variable for match in report.matched] == ["net/out/biases"]
    assert len(report.notes) == 3
    assert report.notes[0] in str(report)


def test_a_bias_is_not_taken_by_its_shape_where_several_have_it(tmp_path):
    values = {
        "a/kernel": np.ones((3, 4)),
        "a/bias": np.ones(4),
        "stray/bias": np.zeros(4),
    }
    path = save(tmp_path, values)
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4, name="a"),
            keras.layers.Dense(4, name="b"),
        ]
    )
    report = load_into(model, path, partial=True)
    assert [match.variable for match in report.matched] == ["a/kernel", "a/bias"]
    (note,) = report.notes
    assert "b/bias' has the shape (4,) of a/bias, stray/bias, and neither" in note
    # With a hint from the user the rest is no guess.
    report = load_into(
        model, path, {"a/bias": "a/bias", "b/kernel": None}, partial=True
    )
    assert report.matched[-1].variable == "stray/bias"


def test_a_bias_follows_its_layers_kernel(tmp_path):
    """The kernels have shapes of their own; the biases do not, and lie beside them."""
    values = {
        "second/weights": np.full((4, 4), 2.0),
        "second/biases": np.full(4, 2.0),
        "first/weights": np.full((3, 4), 1.0),
        "first/biases": np.full(4, 1.0),
    }
    path = save(tmp_path, values)
    model = named(("p", 4), ("q", 4))
    report = load_into(model, path)
    assert [weight.numpy().max() for weight in model.weights] == [1, 1, 2, 2]
    assert [match.how for match in report.matched] == ["shape", "layer"] * 2


def test_numbers_tell_which_bias_is_a_kernels(tmp_path):
    values = {"b1": np.full(4, 1.0), "W1": np.full((3, 4), 1.0)}
    values |= {"b2": np.full(4, 2.0), "W2": np.full((4, 4), 2.0)}
    path = save(tmp_path, values)
    model = named(("p", 4), ("q", 4))
    load_into(model, path)
    assert [weight.numpy().max() for weight in model.weights] == [1, 1, 2, 2]


def test_cell_of_a_simple_network(tmp_path):
    kernel = np.arange(10.0).reshape(5, 2)
    path = save(tmp_path, {"rnn/basic_rnn_cell/kernel": kernel})
    model = keras.Sequential(
        [keras.Input((4, 3)), keras.layers.SimpleRNN(2, use_bias=False)]
    )
    source = ("rnn/basic_rnn_cell/kernel", "rnn")
    load_into(model, path, lambda path: source)
    np.testing.assert_array_equal(model.weights[0], kernel[:3])
    np.testing.assert_array_equal(model.weights[1], kernel[3:])


def test_report_is_a_table(data):
    text = str(load_into(columns_model(), data / "columns.ckpt", partial=True))
    lines = text.splitlines()
    assert lines[0].endswith("0 weights filled, 6 not, 21 variables left")
    assert re.search(r"dense/kernel +- +would fit: \('W1', 'transpose'\)", text)
    assert re.search(r"- +W1/Adam +\(4, 3\) +optimizer", text)


@pytest.mark.parametrize(
    "name", ["layers.ckpt.index", "layers.ckpt.data-00000-of-00001"]
)
def test_a_file_of_the_checkpoint_will_do(data, name):
    assert checkpoints.find(data / name) == str(data / "layers.ckpt")


def test_a_folder_means_its_latest_checkpoint(data, tmp_path):
    for step in (9, 10):
        for end in ("index", "data-00000-of-00001"):
            shutil.copy(data / f"layers.ckpt.{end}", tmp_path / f"m.ckpt-{step}.{end}")
    assert checkpoints.find(tmp_path) == str(tmp_path / "m.ckpt-10")
    # The file names a folder of the machine where the training was.
    state = tmp_path / "checkpoint"
    state.write_text('model_checkpoint_path: "/home/somebody/m.ckpt-9"\n')
    assert checkpoints.find(tmp_path) == str(tmp_path / "m.ckpt-9")


def test_no_checkpoint(data, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"layers\.ckpt"):
        load_into(layers_model(), data / "layer.ckpt")
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        load_into(layers_model(), tmp_path)
    with pytest.raises(FileNotFoundError, match="one name"):
        load_into(layers_model(), data)


def test_a_file_of_another_kind(tmp_path):
    model = layers_model()
    path = tmp_path / "model.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(1000))
    with pytest.raises(ValueError, match=r"model\.h5', which is not one.*load_model"):
        load_into(model, path)


def test_a_mapping_that_does_not_fit(data):
    model = layers_model()
    with pytest.raises(ValueError, match="Did you mean 'dense/kernel'"):
        load_into(model, data / "layers.ckpt", {"dense/kernel": "dens/kernel"})
    with pytest.raises(ValueError, match="path of one weight"):
        load_into(model, data / "layers.ckpt", {"kernel": "dense/kernel"})
    with pytest.raises(ValueError, match=r"takes values of shape \(3, 4\)"):
        load_into(model, data / "layers.ckpt", {"dense/kernel": "dense/bias"})
    with pytest.raises(ValueError, match="one of transpose, reshape"):
        load_into(model, data / "layers.ckpt", {"dense/kernel": ("dense/kernel", "T")})
    with pytest.raises(ValueError, match=r"\(4, 3\) after transpose"):
        load_into(
            model, data / "layers.ckpt", {"dense/kernel": ("dense/kernel", "transpose")}
        )


def test_a_model_without_weights(data):
    with pytest.raises(ValueError, match="must be built"):
        load_into(keras.Sequential([keras.layers.Dense(2)]), data / "layers.ckpt")


def test_a_process_of_tensorflow_1_is_told_so(data):
    code = (
        "import legacy_tf1.tensorflow\n"
        "from legacy_tf1 import checkpoints\n"
        f"checkpoints.load_into(None, {str(data / 'layers.ckpt')!r})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert "in a process of its own" in done.stderr.splitlines()[-1]


def save(folder, values):
    """Writes a checkpoint of these arrays with today's Saver, whose format is the same."""
    import tensorflow as tf

    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        for name, value in values.items():
            v1.get_variable(
                name, initializer=value.astype("float32"), use_resource=False
            )
        session.run(v1.global_variables_initializer())
        return v1.train.Saver().save(session, str(folder / "model.ckpt"))
