import numpy as np
import pytest

from tfkit import plots


def test_training_curves_draw_what_there_is():
    history = {
        "loss": [3.0, 2.0, 1.0],
        "val_loss": [3.0, 2.5, 2.4],
        "accuracy": [0.1, 0.5, 0.9],
        "learning_rate": [0.1, 0.05, 0.025],
        "unrelated": [1, 2, 3],
    }
    figure = plots.training_curves(history, best_epoch=2)
    cost, accuracy, rate = figure.axes
    assert [axes.get_ylabel() for axes in figure.axes] == [
        "cost",
        "accuracy",
        "learning rate",
    ]
    train, dev, best = cost.get_lines()
    np.testing.assert_array_equal(train.get_xydata(), [[1, 3], [2, 2], [3, 1]])
    np.testing.assert_array_equal(dev.get_ydata(), history["val_loss"])
    assert set(best.get_xdata()) == {2}
    assert len(accuracy.get_lines()) == 2  # train, best epoch: no dev accuracy given
    np.testing.assert_array_equal(rate.get_lines()[0].get_ydata(), [0.1, 0.05, 0.025])


def test_nothing_to_draw():
    with pytest.raises(ValueError, match=r"at least one of loss.*Received.*mae"):
        plots.training_curves({"mae": [1.0]})


def test_a_notebook_gets_a_png():
    figure = plots.training_curves({"loss": [1.0, 0.5]})
    assert figure._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize("staircase", [False, True])
def test_learning_rate(staircase):
    figure = plots.learning_rate([0, 1, 2], [4, 2, 1], title="x", staircase=staircase)
    (line,) = figure.axes[0].get_lines()
    np.testing.assert_array_equal(line.get_xydata(), [[0, 4], [1, 2], [2, 1]])
    assert (line.get_drawstyle() == "steps-post") is staircase
    assert figure.axes[0].get_title() == "x"
