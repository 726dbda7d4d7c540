import io

import pytest

from tfkit.plots.batch_size import batch_size_curve


def test_speed_by_size():
    (axes,) = batch_size_curve(
        [32, 64], [100.0, 200.0], suggestion=64, target=0.85
    ).axes
    speed, level, mark = axes.lines
    assert speed.get_ydata().tolist() == [100.0, 200.0]
    assert level.get_ydata()[0] == 170.0
    assert mark.get_xdata()[0] == 64
    assert axes.get_ylim()[0] == 0


@pytest.mark.parametrize("suggestion", [32, 512, 1024])
def test_no_line_runs_through_the_legend(suggestion):
    sizes = [32, 64, 128, 256, 512, 1024]
    rates = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    figure = batch_size_curve(sizes, rates, suggestion=suggestion, target=0.85)
    figure.savefig(io.BytesIO())  # lays it out
    (axes,) = figure.axes
    legend = axes.get_legend().get_window_extent()
    assert not legend.overlaps(axes.get_window_extent())
    assert not legend.overlaps(axes.xaxis.label.get_window_extent())


def test_lengths():
    with pytest.raises(ValueError, match="same length"):
        batch_size_curve([32], [1.0, 2.0])
