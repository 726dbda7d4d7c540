import numpy as np
import pytest
from scipy import stats

from tfkit.diagnose.distribution_shift.power import visible_effect


@pytest.mark.parametrize(("size_a", "size_b"), [(200, 200), (400, 100)])
def test_the_visible_effect_is_seen_in_nine_of_ten_cases(size_a, size_b):
    # Oracle: Mann-Whitney's test itself, 2000 times; the standard error is 0.7 points.
    effect = visible_effect(size_a, size_b, alpha=0.05, tests=10)
    generator = np.random.default_rng(0)
    a = generator.normal(size=(2000, size_a))
    b = generator.normal(effect, size=(2000, size_b))
    found = (stats.mannwhitneyu(a, b, axis=1).pvalue <= 0.05 / 10).mean()
    assert 0.87 <= found <= 0.93
