"""The lectures print what the lecture, the exercises and TensorFlow 1.15.5 printed.

They run through the runner. Where nothing is said of the source of a number,
TensorFlow 1.15.5 printed it, running the same script.
"""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from legacy_tf1 import lectures

NUMBER = re.compile(r"-?\d+\.\d*(?:e[+-]\d+)?|(?<![\w.])-?\d+(?![\w.])")


def numbers(lines, start):
    """The numbers in the line that begins so, behind its beginning."""
    (line,) = [line for line in lines if line.startswith(start)]
    return [float(number) for number in NUMBER.findall(line.removeprefix(start))]


def array(lines, start):
    """The array that is printed over the lines that follow."""
    text = "\n".join(lines).partition(f"{start}\n")[2]
    return np.array([[float(x) for x in NUMBER.findall(row)] for row in rows(text)])


def rows(text):
    # TensorFlow's own messages may stand between the label and the array.
    return re.findall(r"^(?:\[| )\[([^\[\]]*)\]", text, re.MULTILINE)


def test_each_lecture_says_what_it_shows_and_has_a_test():
    tested = Path(__file__).read_text(encoding="utf-8")
    for name, (path, line) in lectures.catalogue().items():
        assert path.name == f"{name}.py"
        assert 20 < len(line) <= 88, name
        assert line.endswith("."), name
        assert f'printed("{name}")' in tested, name


def test_the_catalogue_needs_no_tensorflow():
    code = (
        "import sys; from legacy_tf1 import lectures; lectures.catalogue(); "
        "sys.exit('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_minimize_cost(printed):
    """The lecture's 0.1 and 4.99999, with the digits that float32 has."""
    lines = printed("minimize_cost")
    for way in ("With tf.add and tf.multiply", "With operators"):
        begin = lines.index(way)
        part = lines[begin + 1 : begin + 4]
        assert numbers(part, "w at the start:") == [0]
        assert "w after one step: 0.099999994" in part
        assert "w after 1000 more: 4.9999886" in part


def test_minimize_with_placeholder(printed):
    lines = printed("minimize_with_placeholder")
    first = lines.index("Coefficients [1.0, -10.0, 25.0]")
    second = lines.index("Coefficients [1.0, -20.0, 100.0]")
    assert "w after one step: 0.099999994" in lines[first:second]
    assert "w after 1000 more: 4.9999886" in lines[first:second]
    assert "w after one step: 0.19999999" in lines[second:]
    assert "w after 1000 more: 9.999977" in lines[second:]
    assert lines[-1] == "Without feed_dict: the placeholder has no value"


def test_session_styles(printed):
    lines = printed("session_styles")
    assert "session.run: 4.0" in lines
    assert "in a with block: 4.0 = 4.0" in lines
    assert "interactive: 4.0" in lines
    assert "in two sessions: 100.0 and 4.0" in lines
    assert lines[-1] == "after close: Attempted to use a closed Session."


def test_five_steps(printed):
    """The exercise's (39 - 36)^2."""
    assert printed("five_steps")[-1] == "loss: 9"


def test_unevaluated_tensors(printed):
    """The names are the exercise's; 2 * 10 and 2 * 3."""
    lines = printed("unevaluated_tensors")
    assert 'c is Tensor("Mul:0", shape=(), dtype=int32)' in lines
    assert "its value is 20" in lines
    assert '2x is Tensor("mul_1:0", dtype=int64)' in lines
    assert "its value for x = 3 is 6" in lines
    assert "c with a fed as 5 is 50" in lines


def test_linear_function(printed):
    """The exercise's four numbers, as published; float64."""
    expected = [[-2.15657382], [2.95891446], [-1.08926781], [-0.84538042]]
    result = array(printed("linear_function"), "WX + b =")
    np.testing.assert_allclose(result, expected, atol=5e-9)


def test_sigmoid(printed):
    lines = printed("sigmoid")
    for z in (-1, 0, 12):
        # Seven digits are printed.
        expected = 1 / (1 + np.exp(-z))
        assert numbers(lines, f"sigmoid({z}) =") == [pytest.approx(expected, abs=1e-7)]


def test_sigmoid_cross_entropy(printed):
    """Both versions of the exercise, as published."""
    lines = printed("sigmoid_cross_entropy")
    once = [0.79813886, 0.91301525, 0.40318605, 0.34115386]
    twice = [1.00538719, 1.03664088, 0.41385433, 0.39956614]
    for start, expected in (
        ("The scores as logits:", once),
        ("Their sigmoid as logits:", twice),
    ):
        # Printed to eight digits, of which float32 holds seven.
        np.testing.assert_allclose(numbers(lines, start), expected, atol=2e-7)
    costs = [numbers([line], "cost:") for line in lines if line.startswith("cost:")]
    np.testing.assert_allclose(costs, [[np.mean(once)], [np.mean(twice)]], atol=2e-7)


def test_one_hot_and_ones(printed):
    lines = printed("one_hot_and_ones")
    result = array(lines, "one_hot =")
    np.testing.assert_array_equal(result, np.eye(4)[[1, 2, 3, 0, 2, 1]].T)
    assert lines[-1] == "ones = [1. 1. 1.]"


def test_logistic_regression(printed):
    """Against the same descent in NumPy, in float64."""
    from sklearn.datasets import load_breast_cancer

    cancer = load_breast_cancer()
    random = np.random.RandomState(0)
    order = random.permutation(569)
    x, y = cancer.data[order], cancer.target[order]
    x = (x - x[:455].mean(axis=0)) / x[:455].std(axis=0)
    x, y, x_test, y_test = x[:455], y[:455], x[455:], y[455:]
    w, b = np.zeros(30), 0.0
    lines = printed("logistic_regression")
    for epoch in range(31):
        if epoch % 10 == 0:
            z = x @ w + b
            cost = np.mean(np.logaddexp(0, z) - y * z)
            # Six decimals are printed; float32 errs less than that.
            start = f"cost after {epoch} epochs:"
            assert numbers(lines, start) == [pytest.approx(cost, abs=2e-6)]
        if epoch == 30:
            break
        order = random.permutation(455)
        for batch in np.split(order, range(64, 455, 64)):
            error = 1 / (1 + np.exp(-(x[batch] @ w + b))) - y[batch]
            w -= 0.1 * x[batch].T @ error / len(batch)
            b -= 0.1 * error.mean()
    for part, inputs, labels in (("train", x, y), ("test", x_test, y_test)):
        accuracy = np.mean((inputs @ w + b > 0) == labels)
        assert numbers(lines, f"{part} accuracy:") == [
            pytest.approx(accuracy, abs=5e-5)
        ]


def test_softmax_regression(printed):
    """Against the same descent in NumPy, in float64."""
    from scipy.special import log_softmax, softmax
    from sklearn.datasets import load_digits

    digits = load_digits()
    random = np.random.RandomState(0)
    order = random.permutation(1797)
    x, y = digits.data[order] / 16, np.eye(10)[digits.target[order]]
    x, y, x_test, y_test = x[:1440], y[:1440], x[1440:], y[1440:]
    W, b = np.zeros((64, 10)), np.zeros(10)
    lines = printed("softmax_regression")
    for epoch in range(31):
        if epoch % 10 == 0:
            cost = -np.mean(np.sum(y * log_softmax(x @ W + b, axis=1), axis=1))
            # Six decimals are printed; float32 errs by 1e-6 at the cost's ln 10.
            start = f"cost after {epoch} epochs:"
            assert numbers(lines, start) == [pytest.approx(cost, abs=2e-6)]
        if epoch == 30:
            break
        order = random.permutation(1440)
        for batch in np.split(order, range(64, 1440, 64)):
            error = softmax(x[batch] @ W + b, axis=1) - y[batch]
            W -= 0.5 * x[batch].T @ error / len(batch)
            b -= 0.5 * error.mean(axis=0)
    for part, inputs, labels in (("train", x, y), ("test", x_test, y_test)):
        right = (inputs @ W + b).argmax(axis=1) == labels.argmax(axis=1)
        assert numbers(lines, f"{part} accuracy:") == [
            pytest.approx(right.mean(), abs=5e-5)
        ]


def test_signs_network_names(printed):
    """As the exercise shows them, for its own sizes."""
    lines = printed("signs_network")
    text = "\n".join(lines)
    assert re.search(r'Tensor\("X:0", shape=\(64, (\?|None)\), dtype=float32\)', text)
    assert "<tf.Variable 'W1:0' shape=(25, 64) dtype=float32_ref>" in lines
    assert re.search(
        r'Tensor\("Add_2:0", shape=\(10, (\?|None)\), dtype=float32\)', text
    )
    assert 'Tensor("Mean:0", shape=(), dtype=float32)' in lines


def test_signs_network_costs(printed):
    """What TensorFlow 1.15.5 prints; initial weights from seeds, shuffles, Adam."""
    lines = printed("signs_network")
    costs = {
        0: 2.263431,
        10: 0.509420,
        20: 0.207335,
        30: 0.126071,
        40: 0.084829,
        50: 0.062794,
        60: 0.045690,
        70: 0.034292,
        80: 0.025316,
        90: 0.020191,
        99: 0.015507,
    }
    for epoch, cost in costs.items():
        # Rounding grows from step to step, 45 of them an epoch.
        tolerance = 1e-5 if epoch == 0 else 2e-3
        (printed_cost,) = numbers(lines, f"cost in epoch {epoch}:")
        assert printed_cost == pytest.approx(cost, rel=tolerance), epoch
    # One of 1440 examples, and one of 357.
    assert numbers(lines, "train accuracy:") == [pytest.approx(0.9993, abs=8e-4)]
    assert numbers(lines, "test accuracy:") == [pytest.approx(0.9804, abs=3e-3)]


SIGNS_COSTS = {
    0: 1.793876,
    10: 1.661804,
    20: 1.577594,
    30: 1.515021,
    40: 1.451444,
    50: 1.384714,
    60: 1.318316,
}
SIGNS_ACCURACIES = {"train": 0.5620, "test": 0.5417}


@pytest.mark.slow
def test_signs_network_on_the_courses_pictures(shared_data, tmp_path):
    """What TensorFlow 1.15.5 prints, on the JPEG pictures in an order of our own.

    The order of the course's file is not known. It decides whether the network lives:
    twelve ReLUs with weights of one seed may all fall silent, and the cost then stays
    at ln 6, in TensorFlow 1.15.5 too.
    """
    import h5py
    from PIL import Image

    pictures = shared_data / "course" / "signs64_jpg.zip"
    if not pictures.exists():
        pytest.skip(f"no {pictures}")
    with zipfile.ZipFile(pictures) as archive:
        for part, folders in (("train", "train|val"), ("test", "test")):
            names = [
                name
                for name in sorted(archive.namelist())
                if re.search(rf"({folders})_signs/.+\.jpg$", name)
            ]
            images = np.stack([np.array(Image.open(archive.open(n))) for n in names])
            labels = np.array([int(name.rpartition("/")[2][0]) for name in names])
            if part == "train":
                order = np.random.RandomState(0).permutation(1080)
                images, labels = images[order], labels[order]
            with h5py.File(tmp_path / f"{part}_signs.h5", "w") as file:
                file[f"{part}_set_x"], file[f"{part}_set_y"] = images, labels
    command = [sys.executable, "-m", "legacy_tf1", "run", "signs_network"]
    options = ["--data", str(tmp_path), "--epochs", "61"]
    done = subprocess.run(
        [*command, *options], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert "<tf.Variable 'W1:0' shape=(25, 12288) dtype=float32_ref>" in lines
    for epoch, cost in SIGNS_COSTS.items():
        # Rounding grows from step to step, 34 of them an epoch.
        tolerance = 1e-4 if epoch == 0 else 1e-2
        (printed_cost,) = numbers(lines, f"cost in epoch {epoch}:")
        assert printed_cost == pytest.approx(cost, rel=tolerance), epoch
    for part, accuracy in SIGNS_ACCURACIES.items():
        # Rounding moves a few pictures over the border, of 1080 and of 120.
        assert numbers(lines, f"{part} accuracy:") == [
            pytest.approx(accuracy, abs=0.05)
        ]


def valley(update, steps=60):
    """Steps from (8, 1) in the lecture's valley; float64."""
    w, state = np.array([8.0, 1.0]), {}
    for step in range(steps):
        w = w - update(np.array([1.0, 20.0]) * w, step, state)
    return w


def momentum(gradient, step, state):
    state["v"] = 0.9 * state.get("v", 0) + gradient
    return 0.05 * state["v"]


def rmsprop(gradient, step, state):
    # TensorFlow 1: the average of squares begins at 1, epsilon 1e-10 is under the root.
    state["s"] = 0.9 * state.get("s", 1) + 0.1 * gradient**2
    return 0.1 * gradient / np.sqrt(state["s"] + 1e-10)


def adam(gradient, step, state):
    state["m"] = 0.9 * state.get("m", 0) + 0.1 * gradient
    state["v"] = 0.999 * state.get("v", 0) + 0.001 * gradient**2
    rate = 0.1 * np.sqrt(1 - 0.999 ** (step + 1)) / (1 - 0.9 ** (step + 1))
    return rate * state["m"] / (np.sqrt(state["v"]) + 1e-8)


@pytest.mark.parametrize(
    ("name", "update"),
    [
        ("gradient descent", lambda g, t, s: 0.05 * g),
        ("momentum", momentum),
        ("RMSprop", rmsprop),
        ("Adam", adam),
        ("descent, exponential decay", lambda g, t, s: 0.09 * 0.5 ** (t / 20) * g),
        ("descent, decay in stairs", lambda g, t, s: 0.09 * 0.5 ** (t // 20) * g),
        ("descent, inverse time decay", lambda g, t, s: 0.09 / (1 + t / 20) * g),
        # The old rate holds up to and with the boundary.
        (
            "descent, rates by hand",
            lambda g, t, s: (0.09 if t <= 20 else 0.05 if t <= 40 else 0.01) * g,
        ),
    ],
)
def test_optimizers(printed, name, update):
    lines = [re.sub(r" +w = ", " w = ", line) for line in printed("optimizers")]
    result = numbers(lines, f"{name} w = ")
    # Sixty steps in float32, and six decimals printed.
    np.testing.assert_allclose(result, valley(update), atol=5e-6)


def test_batch_norm_and_dropout(printed):
    lines = printed("batch_norm_and_dropout")
    Z = np.random.RandomState(0).normal(3, 2, [256, 2])
    expected = [*Z.mean(axis=0), *Z.std(axis=0)]
    # float32 means of 256 numbers.
    np.testing.assert_allclose(numbers(lines, "Z has"), expected, rtol=1e-5)
    np.testing.assert_allclose(numbers(lines, "Z tilde has"), [0, 5, 1, 2], atol=1e-5)
    kept = numbers(lines, "dropout of ones gives")
    # 10000 coins of variance 0.25 each: four standard deviations of the mean are 0.02.
    np.testing.assert_allclose(kept, [0, 1.25, 1], atol=0.02)
    assert numbers(lines, "updates:") == [2]
    names = "dense/kernel batch_normalization/gamma batch_normalization/beta"
    trained = [f"{n}:0" for n in [*names.split(), "dense_1/kernel", "dense_1/bias"]]
    assert f"trained: {trained}" in lines
    # TensorFlow 1.15.5, whose seeds of weights and masks are the same.
    assert numbers(lines, "train accuracy:") == [pytest.approx(0.9979, abs=2e-3)]
    assert numbers(lines, "test accuracy:") == [pytest.approx(0.9860, abs=6e-3)]
    assert "At test two runs agree: True" in lines
    assert "In training two runs agree: False" in lines


def test_saver(printed):
    lines = printed("saver")
    # One coefficient, Adam with rate 0.1: the numbers are those of `adam` above.
    w, state = 0.0, {}
    for step in range(30):
        w -= adam(2 * w - 10, step, state)
        if step in (9, 19, 29):
            (saved,) = numbers(lines, f"saved model.ckpt-{step + 1} w =")
            assert saved == pytest.approx(w, rel=1e-5)  # thirty float32 steps
    assert numbers(lines, "restored w =") == [saved, 30]
    assert "same as before: True" in lines
    assert "one step more: step 31" in lines
    assert numbers(lines, "from the .meta file w =") == [saved]
    held = [line.split()[0] for line in lines if line.startswith("   ")]
    assert held == [
        "beta1_power",
        "beta2_power",
        "global_step",
        "w",
        "w/Adam",
        "w/Adam_1",
    ]
    assert lines[-1] == "kept: ['model.ckpt-20.index', 'model.ckpt-30.index']"


def test_summaries(printed):
    lines = printed("summaries")
    for step in (0, 25, 50, 75, 100):
        # (w - 5)^2, and each step takes 0.02 of the way; float32 errs by 1e-6 in the sum
        # of terms of 25.
        (cost,) = numbers(lines, f"step {step:3}  cost")
        assert cost == pytest.approx(25 * 0.98 ** (2 * step), abs=1e-5)
    assert "event files: 1" in lines


@pytest.mark.slow
def test_summaries_reach_tensorboard(tmp_path):
    """TensorBoard's own reader finds scalars, histogram and graph."""
    from tensorboard.backend.event_processing import event_accumulator

    # The lecture looks for its files where the runner's --logdir has put them.
    command = [sys.executable, "-m", "legacy_tf1", "run", "summaries", "first"]
    command += ["--logdir", str(tmp_path)]
    subprocess.run(command, capture_output=True, check=True)
    events = event_accumulator.EventAccumulator(str(tmp_path / "first")).Reload()
    assert set(events.Tags()["scalars"]) == {"cost", "w"}
    assert events.Tags()["histograms"] == ["gradient"]
    assert b"GradientDescent" in events.Graph().SerializeToString()
    costs = [event.value for event in events.Scalars("cost")]
    assert len(costs) == 101
    assert costs[100] == pytest.approx(25 * 0.98**200, abs=1e-5)
