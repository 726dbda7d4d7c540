import io

import pytest

from tfkit.diagnose import ErrorRate, bias_variance


@pytest.mark.parametrize(
    ("train", "dev"),
    [
        # All at the left end; at both ends; in the middle.
        (ErrorRate(0, 5000), ErrorRate(0, 5000)),
        (ErrorRate(0, 3000), ErrorRate(300, 3000)),
        (ErrorRate(0, 30), ErrorRate(0, 25)),
        (ErrorRate(300, 1000), ErrorRate(300, 1000)),
    ],
)
def test_words_stay_inside_and_clear_of_the_legend(train, dev):
    figure = bias_variance(train_error=train, dev_error=dev).plot()
    figure.savefig(io.BytesIO())  # lays it out
    _, gaps = figure.axes
    (legend,) = figure.legends
    box = gaps.get_window_extent()
    words = [text.get_window_extent() for text in gaps.texts]
    assert len(words) == 2
    for each in words:
        # A point of rounding.
        assert box.x0 - 1 <= each.x0
        assert each.x1 <= box.x1 + 1
        assert not each.overlaps(legend.get_window_extent())
    assert not legend.get_window_extent().overlaps(box)
    assert not legend.get_window_extent().overlaps(gaps.xaxis.label.get_window_extent())
