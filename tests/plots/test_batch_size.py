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


def test_lengths():
    with pytest.raises(ValueError, match="same length"):
        batch_size_curve([32], [1.0, 2.0])
