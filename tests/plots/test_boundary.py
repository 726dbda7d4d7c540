import keras
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from tfkit import plots
from tfkit.plots.figure import COLOURS

POINTS = np.random.default_rng(0).uniform(-1, 1, size=(60, 2))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def vertical(grid):
    """The boundary is x1 = 0.25, whatever x2 is."""
    return sigmoid(8 * (grid[:, 0] - 0.25))


def thirds(grid):
    """Three classes, the nearest of three centres."""
    centres = np.array([[-1, 0], [1, 0], [0, 1]])
    logits = -8 * ((grid[:, None] - centres) ** 2).sum(axis=2)
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def lines(axes):
    """The vertices of all contour lines."""
    return [
        path.vertices
        for collection in axes.collections
        if hasattr(collection, "levels")
        for path in collection.get_paths()
    ]


@pytest.mark.parametrize(
    "form",
    [
        vertical,
        lambda grid: vertical(grid)[:, None],
        lambda grid: np.stack([1 - vertical(grid), vertical(grid)], axis=1),
    ],
)
def test_a_binary_boundary_is_where_both_are_as_probable(form):
    figure = plots.decision_boundary(
        form, POINTS, POINTS[:, 0] > 0.25, ["left", "right"]
    )
    (line,) = lines(figure.axes[0])
    # A fortieth of a pixel of the 200 of the grid; the sigmoid is nearly linear there.
    np.testing.assert_allclose(line[:, 0], 0.25, atol=0.0025)
    picture = figure.axes[0].images[0].get_array()
    left, right = picture[100, 0], picture[100, -1]
    # 0.45 of the class's colour where the classifier is sure, the rest white.
    for colour, number in ((left, 0), (right, 1)):
        np.testing.assert_allclose(
            colour, 1 - 0.45 * (1 - np.array(to_rgb(COLOURS[number]))), atol=1e-3
        )


def test_several_classes():
    labels = thirds(POINTS).argmax(axis=1)
    figure = plots.decision_boundary(thirds, POINTS, labels, list("abc"))
    axes = figure.axes[0]
    scatters = [c for c in axes.collections if not hasattr(c, "levels")]
    for k, scatter in enumerate(scatters):
        np.testing.assert_array_equal(scatter.get_offsets(), POINTS[labels == k])
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["a", "b", "c"]
    # On a line, the two best classes are as probable as each other.
    for line in lines(axes):
        if len(line):
            best = np.sort(thirds(line), axis=1)
            # Linear interpolation between the points of the grid, 0.01 apart.
            np.testing.assert_allclose(best[:, -1], best[:, -2], atol=0.03)


def test_a_model_that_sees_one_class_only_has_no_line():
    figure = plots.decision_boundary(
        lambda grid: np.full(len(grid), 0.9), POINTS, np.ones(60)
    )
    assert lines(figure.axes[0]) == []


def test_a_keras_model():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(3, activation="softmax")]
    )
    asked = []

    def predict(grid):
        asked.append((grid.shape, grid.dtype))
        return model(grid)

    plots.decision_boundary(predict, POINTS, np.zeros(60), resolution=50)
    assert asked == [((2500, 2), np.float32)]


@pytest.mark.parametrize(
    ("normalized", "label"),
    [(False, "feature 1"), (True, "feature 1 (standard deviations from the mean)")],
)
def test_axes_name_their_unit(normalized, label):
    figure = plots.decision_boundary(
        vertical, POINTS, np.zeros(60), normalized=normalized
    )
    axes = figure.axes[0]
    assert axes.get_xlabel() == label
    low, high = POINTS[:, 0].min(), POINTS[:, 0].max()
    margin = 0.08 * (high - low)
    np.testing.assert_allclose(axes.get_xlim(), [low - margin, high + margin])


def test_of_many_examples_some_are_drawn_and_the_title_says_so():
    points = np.random.default_rng(0).normal(size=(5000, 2))
    figure = plots.decision_boundary(vertical, points, points[:, 0] > 0)
    assert figure.axes[0].get_title() == "2000 of 5000 examples"


def test_a_single_example_has_a_plane_around_it():
    figure = plots.decision_boundary(vertical, [[3.0, 4.0]], [1])
    assert figure.axes[0].get_xlim() == (2.0, 4.0)


@pytest.mark.parametrize(
    ("predict", "x", "y", "message"),
    [
        (vertical, np.zeros((4, 3)), [0] * 4, r"\(n, 2\). Received: shape \(4, 3\)"),
        (vertical, [[0, 1], [np.nan, 1]], [0, 1], "finite.*row 1"),
        (lambda grid: grid, POINTS, np.zeros(60), "logits"),
        (lambda grid: grid[:, 0] * np.nan, POINTS, np.zeros(60), "diverged"),
        (lambda grid: [0.5], POINTS, np.zeros(60), "grid=40000, probabilities=1"),
        (vertical, POINTS, np.zeros(59), "x=60, y=59"),
        (vertical, POINTS, np.full(60, 2), "`y` must be class numbers from 0 to 1"),
    ],
)
def test_errors(predict, x, y, message):
    with pytest.raises(ValueError, match=message):
        plots.decision_boundary(predict, x, y)
