import math

import numpy as np
import pytest

from tfkit.experiment import comparison_plot

SMALL = {"loss": [1.0, 0.8, 0.7], "val_loss": [1.1, 0.9, 1.0]}
BIG = {"loss": [0.9], "val_loss": [1.2]}


def lines(figure):
    return [line for line in figure.axes[0].lines if len(line.get_xdata()) > 0]


def test_each_run_has_its_color_and_both_curves():
    figure = comparison_plot.costs({"small": SMALL, "big": BIG})
    drawn = lines(figure)
    assert [list(line.get_ydata()) for line in drawn] == [
        SMALL["loss"],
        SMALL["val_loss"],
        BIG["loss"],
        BIG["val_loss"],
    ]
    assert list(drawn[0].get_xdata()) == [1, 2, 3]
    assert [line.get_linestyle() for line in drawn] == ["--", "-", "--", "-"]
    colors = [line.get_color() for line in drawn]
    assert colors[0] == colors[1] != colors[2] == colors[3]
    # One point is no line: it has a marker.
    assert [line.get_marker() for line in drawn] == ["None", "None", ".", "."]
    assert figure.axes[0].get_yscale() == "linear"


def test_the_best_epoch_is_marked_on_the_dev_cost():
    figure = comparison_plot.costs(
        {"small": SMALL, "big": BIG}, best_epochs={"small": 2, "big": None}
    )
    (dot,) = [line for line in lines(figure) if line.get_marker() == "o"]
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (2, 0.9)
    texts = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert texts == ["small", "big", "dev", "train", "best epoch"]


def test_a_run_that_exploded_does_not_flatten_the_others():
    wild = {"loss": [5.0, 400.0, math.nan], "val_loss": [4.0, math.inf]}
    figure = comparison_plot.costs({"small": SMALL, "wild": wild})
    assert figure.axes[0].get_yscale() == "log"
    figure.canvas.draw()  # NaN and infinity are gaps, no warnings
    assert np.isfinite(figure.axes[0].get_ylim()).all()


def test_costs_below_zero_have_no_logarithm():
    figure = comparison_plot.costs({"a": {"loss": [-100.0, 100.0]}})
    assert figure.axes[0].get_yscale() == "linear"


@pytest.mark.parametrize("histories", [{}, {"a": {}}, {"a": {"loss": [math.nan]}}])
def test_nothing_to_draw(histories):
    with pytest.raises(ValueError, match=r"a finite `loss` or `val_loss`.*Train for"):
        comparison_plot.costs(histories)
