import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from tfkit.averages import ExponentiallyWeightedAverage, ewa, window

BETAS = st.floats(0.0, 0.9999)
SERIES = arrays(
    np.float64,
    array_shapes(min_dims=1, max_dims=2, min_side=1, max_side=30),
    elements=st.floats(-1e3, 1e3),
)


def closed_form(values, beta, corrected):
    """sum_k (1 - beta) beta**(t - k) theta_k / (1 - beta**t), term by term."""
    values = np.asarray(values, np.float64)
    rows = []
    for t in range(1, len(values) + 1):
        weights = (1 - beta) * beta ** (t - np.arange(1, t + 1, dtype=np.float64))
        total = np.tensordot(weights, values[:t], axes=1)
        # The weights' sum is 1 - beta**t; summed, it does not cancel near beta = 1.
        rows.append(total / weights.sum() if corrected else total)
    return np.stack(rows)


@given(values=SERIES, beta=BETAS, corrected=st.booleans())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_equals_the_weighted_sum(values, beta, corrected):
    np.testing.assert_allclose(
        ewa(values, beta, bias_correction=corrected),
        closed_form(values, beta, corrected),
        # Terms up to 1e3 that may cancel; 1 - beta**t keeps 12 digits at 0.9999.
        rtol=1e-10,
        atol=1e-8,
    )


@given(values=SERIES, beta=BETAS, corrected=st.booleans())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_streaming_equals_the_function(values, beta, corrected):
    average = ExponentiallyWeightedAverage(beta, bias_correction=corrected)
    streamed = np.stack([average.update(value) for value in values])
    # The same recursion; only SciPy's order of the two products differs.
    np.testing.assert_allclose(
        streamed, ewa(values, beta, bias_correction=corrected), rtol=1e-12, atol=1e-9
    )


@given(values=SERIES, beta=BETAS)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_stays_between_the_extremes(values, beta):
    averages = ewa(values, beta)
    slack = 1e-9 * (1 + np.abs(values).max())  # rounding of up to 30 terms
    assert np.all(averages <= np.maximum.accumulate(values) + slack)
    assert np.all(averages >= np.minimum.accumulate(values) - slack)


def test_temperatures_of_the_notes():
    temperatures = [40, 49, 45]
    # float64 rounding of numbers near 10.
    np.testing.assert_allclose(
        ewa(temperatures, 0.9, bias_correction=False), [4, 8.5, 12.15], rtol=1e-14
    )
    # Seven printed decimals.
    np.testing.assert_allclose(
        ewa(temperatures, 0.9), [40, 44.7368421, 44.8339483], rtol=0, atol=5.1e-8
    )


def test_quiz_of_the_course():
    np.testing.assert_array_equal(ewa([10, 10], 0.5, bias_correction=False), [5, 7.5])
    np.testing.assert_array_equal(ewa([10, 10], 0.5), [10, 10])


def test_constant_series_is_its_own_average():
    # The notes' feedback of the corrected value gives 3904 at the end.
    np.testing.assert_allclose(ewa(np.ones(20), 0.9), 1.0, rtol=1e-14)  # rounding


def test_is_float64_and_leaves_the_input_alone():
    values = np.arange(3, dtype=np.int32)
    assert ewa(values, 0.5).dtype == np.float64
    np.testing.assert_array_equal(values, [0, 1, 2])


def test_empty_series():
    assert ewa([], 0.9).shape == (0,)
    assert ewa(np.empty((0, 3)), 0.9).shape == (0, 3)


def test_arrays_of_any_shape():
    values = np.random.default_rng(0).normal(size=(7, 2, 3))
    averages = ewa(values, 0.8)
    for i in range(2):
        for j in range(3):
            np.testing.assert_array_equal(averages[:, i, j], ewa(values[:, i, j], 0.8))


@pytest.mark.parametrize(
    ("beta", "entries"), [(0.0, 1), (0.5, 2), (0.9, 10), (0.98, 50)]
)
def test_window(beta, entries):
    assert window(beta) == pytest.approx(entries, rel=1e-12)  # rounding of 1 - beta


def test_resumes_exactly_through_json():
    values = np.random.default_rng(0).normal(size=(20, 3))
    whole = ExponentiallyWeightedAverage(0.9)
    expected = [whole.update(value) for value in values]
    first, second = ExponentiallyWeightedAverage(0.9), ExponentiallyWeightedAverage(0.9)
    for value in values[:8]:
        first.update(value)
    second.set_state(json.loads(json.dumps(first.get_state())))
    assert second.count == 8
    resumed = [second.update(value) for value in values[8:]]
    np.testing.assert_array_equal(resumed, expected[8:])


def test_state_before_the_first_value():
    average = ExponentiallyWeightedAverage(0.9)
    state = average.get_state()
    average.update(1.0)
    average.set_state(state)
    assert average.count == 0


def test_scalars_are_floats_and_arrays_are_copies():
    average = ExponentiallyWeightedAverage(0.5)
    assert isinstance(average.update(np.float32(2.0)), float)
    average.reset()
    average.update(np.ones(2))[:] = 7.0
    average.uncorrected[:] = 7.0
    np.testing.assert_array_equal(average.average, [1.0, 1.0])


@pytest.mark.parametrize("beta", [1.0, -0.1, 2, float("nan")])
@pytest.mark.parametrize(
    "use", [window, lambda beta: ewa([1.0], beta), ExponentiallyWeightedAverage]
)
def test_refuses_a_beta_out_of_range(use, beta):
    with pytest.raises(ValueError, match=rf"`beta` must be in \[0, 1\).*beta={beta}"):
        use(beta)


@pytest.mark.parametrize("beta", ["0.9", None, True])
def test_refuses_a_beta_that_is_no_number(beta):
    with pytest.raises(
        TypeError, match=r"`beta` must be a number in \[0, 1\).*Received"
    ):
        window(beta)


def test_refuses_a_lone_number():
    with pytest.raises(
        ValueError, match=r"`values` must be a series.*Received: values=3"
    ):
        ewa(3.0, 0.9)


def test_refuses_a_change_of_shape():
    average = ExponentiallyWeightedAverage(0.9)
    average.update(np.ones(2))
    with pytest.raises(ValueError, match=r"shape of the values before, \(2,\).*\(3,\)"):
        average.update(np.ones(3))


def test_refuses_to_average_nothing():
    average = ExponentiallyWeightedAverage(0.9)
    with pytest.raises(ValueError, match="no average of no values"):
        _ = average.average


@pytest.mark.parametrize(
    "state", [{}, {"count": -1, "uncorrected": 1.0}, {"count": 2, "uncorrected": None}]
)
def test_refuses_a_broken_state(state):
    with pytest.raises(
        ValueError, match=r"`state` must be what get_state\(\) returned"
    ):
        ExponentiallyWeightedAverage(0.9).set_state(state)


def test_loads_no_tensorflow():
    script = (
        "import sys, tfkit.averages; print({'tensorflow', 'keras'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
