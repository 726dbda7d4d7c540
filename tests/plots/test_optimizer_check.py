import numpy as np

import tfkit.plots.optimizer_check
from tfkit.diagnose.optimizer_check import check_optimizer


def test_the_title_says_the_finding_and_lines_hold_the_differences():
    right = check_optimizer("sgd", steps=3).plot().axes[0]
    assert right.get_title() == "SGD updates as its formula says"
    wrong = check_optimizer("sgd", lambda s, w, dw, t: (w, s), steps=3)
    axes = tfkit.plots.optimizer_check.update_differences(wrong).axes[0]
    assert axes.get_title().startswith("SGD parts from its formula in step 1 (")
    lines = axes.get_lines()[: len(wrong.variables)]
    assert [line.get_label() for line in lines] == list(wrong.variables)
    # All of a change against none: 1.
    np.testing.assert_array_equal(lines[0].get_ydata(), np.ones(3))
    np.testing.assert_array_equal(lines[0].get_xdata(), [1, 2, 3])
