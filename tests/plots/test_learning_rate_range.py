import pytest

from tfkit.plots.learning_rate_range import learning_rate_curve


def test_rates_are_marked_and_a_divergence_does_not_flatten_the_rest():
    (axes,) = learning_rate_curve(
        [0.01, 0.1, 1.0],
        [2.0, 1.0, 1e6],
        [2.0, 1.0, 1e3],
        suggestion=0.05,
        steepest=0.03,
        start=2.1,
        diverged_at=2.0,
    ).axes
    marks = {line.get_label(): line.get_xdata()[0] for line in axes.lines[3:]}
    assert marks == {
        "suggested (valley): 0.05": 0.05,
        "steepest descent: 0.03": 0.03,
        "diverged: 2": 2.0,
    }
    assert axes.get_ylim()[1] < 4


def test_lengths():
    with pytest.raises(ValueError, match="same length"):
        learning_rate_curve([0.1], [1.0, 2.0], [1.0, 2.0])
