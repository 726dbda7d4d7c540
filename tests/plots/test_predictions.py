import itertools

import numpy as np
import pytest
from sklearn import metrics

from tfkit import plots


def words(axes):
    return [text.get_text() for text in axes.texts]


# --- confusion_matrix


def test_confusion_matrix_shows_counts_and_shares_of_the_rows():
    figure = plots.confusion_matrix([[90, 10], [0, 5]], ["cat", "dog"])
    axes = figure.axes[0]
    assert words(axes) == ["90", "10", "0", "5"]
    np.testing.assert_allclose(
        axes.images[0].get_array(), [[0.9, 0.1], [0.0, 1.0]], rtol=1e-12
    )
    assert axes.get_title() == "accuracy 90.5 % (95 of 105)"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cat", "dog"]
    # Row 0, the first true class, is on top.
    assert axes.yaxis_inverted()


def test_numbers_stand_out_from_their_cells():
    axes = plots.confusion_matrix([[90, 10], [0, 5]]).axes[0]
    assert [text.get_color() for text in axes.texts] == [
        "white",
        "black",
        "#a0a0a0",
        "white",
    ]


@pytest.mark.parametrize(
    ("classes", "numbers", "names"), [(12, 144, 12), (13, 13, 13), (31, 0, 31)]
)
def test_numbers_are_dropped_where_they_have_no_room(classes, numbers, names):
    axes = plots.confusion_matrix(np.eye(classes, dtype=int)).axes[0]
    assert len(axes.texts) == numbers
    assert len(axes.get_xticklabels()) == names


def test_a_thousand_classes_have_every_seventeenth_name():
    axes = plots.confusion_matrix(np.eye(1000, dtype=int)).axes[0]
    names = [label.get_text() for label in axes.get_xticklabels()]
    assert names[:3] == ["0", "17", "34"]
    assert len(names) <= 60


def test_no_text_is_cut_off_or_covers_another():
    names = [f"class number {k}" for k in range(5)]
    figure = plots.confusion_matrix(np.full((5, 5), 1234), names)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    boxes = [label.get_window_extent() for label in axes.get_xticklabels()]
    boxes.sort(key=lambda box: box.x0)
    assert all(a.x1 <= b.x0 for a, b in itertools.pairwise(boxes))
    width, height = figure.bbox.width, figure.bbox.height
    for text in (*axes.get_xticklabels(), *axes.get_yticklabels(), axes.title):
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= width
        assert box.y1 <= height


def test_an_empty_class_is_an_empty_row():
    axes = plots.confusion_matrix([[3, 0], [0, 0]]).axes[0]
    np.testing.assert_array_equal(axes.images[0].get_array(), [[1, 0], [0, 0]])


@pytest.mark.parametrize(
    ("matrix", "names", "message"),
    [
        ([1, 2], None, r"\(classes, classes\). Received: shape \(2,\)"),
        (np.zeros((0, 0)), None, r"Received: shape \(0, 0\)"),
        ([[0.5, 0.5], [0, 1]], None, "counts.*Do not normalize"),
        ([[1, -1], [0, 1]], None, "counts.*from -1 to 1"),
        ([[1, 0], [0, 1]], ["a"], "each of the 2 classes"),
    ],
)
def test_confusion_matrix_errors(matrix, names, message):
    with pytest.raises(ValueError, match=message):
        plots.confusion_matrix(matrix, names)


# --- precision_recall


def test_precision_recall_draws_the_curve_and_the_usual_threshold():
    rng = np.random.default_rng(0)
    labels = rng.uniform(size=100) < 0.3
    scores = np.clip(rng.uniform(size=100) * 0.6 + 0.3 * labels, 0, 1)
    axes = plots.precision_recall(labels, scores, positive="ill").axes[0]
    curve, guess, point = axes.get_lines()
    # The curve at every threshold, from its definition.
    expected = {
        (
            labels[scores >= t].sum() / labels.sum(),
            labels[scores >= t].mean(),
        )
        for t in scores
    }
    found = {tuple(xy) for xy in curve.get_xydata()}
    assert {(round(a, 9), round(b, 9)) for a, b in expected} <= {
        (round(a, 9), round(b, 9)) for a, b in found
    }
    found_positive = scores > 0.5
    np.testing.assert_allclose(
        point.get_xydata()[0],
        [
            metrics.recall_score(labels, found_positive),
            metrics.precision_score(labels, found_positive),
        ],
        rtol=1e-12,
    )
    assert guess.get_ydata()[0] == pytest.approx(labels.mean(), rel=1e-12)
    average = metrics.average_precision_score(labels, scores)
    assert axes.get_title() == f"ill: average precision {average:.3f}"


def test_no_point_where_nothing_is_predicted_positive():
    axes = plots.precision_recall([0, 1], [0.1, 0.5]).axes[0]
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    assert texts[1] == "threshold 0.5: none is predicted positive"
    assert not axes.get_lines()[-1].get_xdata().size


@pytest.mark.parametrize(
    "form", [lambda s: s[:, None], lambda s: np.stack([1 - s, s], 1)]
)
def test_scores_of_any_binary_output(form):
    labels, scores = np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.6, 0.9])
    plain = plots.precision_recall(labels, scores).axes[0]
    other = plots.precision_recall(np.eye(2)[labels], form(scores)).axes[0]
    for a, b in zip(plain.get_lines(), other.get_lines(), strict=True):
        np.testing.assert_array_equal(a.get_xydata(), b.get_xydata())


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([0, 1], [[0.2, 0.3, 0.5]] * 2, r"binary.*\(2, 3\)"),
        ([0, 0], [0.1, 0.2], "at least one positive.*2 labels, all 0"),
        ([0, 1], [-3.0, 4.0], "sigmoid"),
        ([0, 1, 1], [0.1, 0.2], "labels=3, scores=2"),
    ],
)
def test_precision_recall_errors(labels, scores, message):
    with pytest.raises(ValueError, match=message):
        plots.precision_recall(labels, scores)


# --- worst_mistakes


def predictions(n=6):
    """Class 0 everywhere, with ever more certainty; wrong where the label is 1."""
    sure = np.linspace(0.55, 0.95, n)
    return np.zeros(n, int), np.stack([sure, 1 - sure], axis=1)


def test_worst_mistakes_come_first():
    predicted, p = predictions()
    images = np.arange(6)[:, None, None] * np.ones((6, 4, 4)) / 5
    labels = [1, 1, 0, 1, 1, 0]
    figure = plots.worst_mistakes(images, labels, predicted, p, ["cat", "dog"], count=3)
    axes = figure.axes[0]
    # Of the wrong 0, 1, 3 and 4 the cost grows with the certainty.
    shown = [image.get_array().mean() for image in axes.images]
    np.testing.assert_allclose(shown, [4 / 5, 3 / 5, 1 / 5], rtol=1e-12)
    assert words(axes) == [
        f"true dog\npredicted cat, {sure} %" for sure in (87, 79, 63)
    ]
    assert axes.get_title() == "mistakes of highest cost: 3 of 4, among 6 examples"


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (np.array([[0, 51], [102, 255]], np.uint8), [[0, 0.2], [0.4, 1]]),
        (np.array([[0.0, 0.2], [0.4, 0.5]]), [[0, 0.2], [0.4, 0.5]]),
        (np.array([[0.0, 4.0], [8.0, 16.0]]), [[0, 0.25], [0.5, 1]]),
        (np.array([[-2.0, 0.0], [0.0, 2.0]]), [[0, 0.5], [0.5, 1]]),
        (np.array([[3.0, 3.0], [3.0, 3.0]]), [[0, 0], [0, 0]]),
        (np.array([[-1.0, np.nan], [0.0, 1.0]]), [[0, 0], [0.5, 1]]),
    ],
)
def test_images_of_any_range(images, expected):
    figure = plots.worst_mistakes(images[None, ..., None], [1], [0], [0.3])
    # Percentiles of four pixels lie 3 % inside their range.
    np.testing.assert_allclose(
        figure.axes[0].images[0].get_array(), expected, atol=0.035
    )


def test_one_wild_pixel_leaves_the_others_visible():
    image = np.linspace(-1, 1, 400).reshape(20, 20)
    image[0, 0] = 300.0
    figure = plots.worst_mistakes(image[None], [1], [0], [0.3])
    shown = np.asarray(figure.axes[0].images[0].get_array())
    assert np.median(shown) == pytest.approx(0.5, abs=0.02)
    assert shown.std() > 0.2


def test_rgb_and_binary_columns():
    images = np.random.default_rng(0).uniform(size=(2, 5, 4, 3))
    figure = plots.worst_mistakes(images, [1, 0], [0, 0], [[0.25], [0.5]])
    (picture,) = figure.axes[0].images
    np.testing.assert_array_equal(picture.get_array(), images[0])
    assert words(figure.axes[0]) == ["true 1\npredicted 0, 75 %"]


def test_tiles_and_texts_do_not_overlap():
    predicted, p = predictions(25)
    names = ["a very long name of a class", "another very long name"]
    figure = plots.worst_mistakes(
        np.ones((25, 8, 8)), predicted + 1, predicted, p, names
    )
    figure.draw_without_rendering()
    axes = figure.axes[0]
    boxes = [text.get_window_extent() for text in axes.texts]
    boxes += [picture.get_window_extent() for picture in axes.images]
    overlaps = [
        (i, j)
        for i, a in enumerate(boxes)
        for j, b in enumerate(boxes[:i])
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1
        and min(a.y1, b.y1) - max(a.y0, b.y0) > 1
    ]
    assert overlaps == []
    assert figure.bbox.width <= 1100


def test_no_mistakes_are_said_so():
    predicted, p = predictions()
    figure = plots.worst_mistakes(np.ones((6, 4, 4)), predicted, predicted, p)
    assert [text.get_text() for text in figure.texts] == [
        "no mistakes among 6 examples"
    ]


@pytest.mark.parametrize(
    ("shape", "labels", "message"),
    [
        ((6, 16), [1] * 6, r"Received: shape \(6, 16\).*judge_predictions"),
        ((6, 4, 4, 2), [1] * 6, r"Received: shape \(6, 4, 4, 2\)"),
        ((5, 4, 4), [1] * 6, "images=5, labels=6, predicted=6, probabilities=6"),
        ((6, 4, 4), [2] * 6, "class numbers from 0 to 1"),
    ],
)
def test_worst_mistakes_errors(shape, labels, message):
    predicted, p = predictions()
    with pytest.raises(ValueError, match=message):
        plots.worst_mistakes(np.ones(shape), labels, predicted, p)
