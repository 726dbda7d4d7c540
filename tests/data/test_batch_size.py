"""Advice on the batch size follows the course's rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfkit.data import batch_size_advice


@pytest.mark.parametrize(
    ("examples", "size"),
    [(1, 1), (1999, 1999), (2000, 64), (12_799, 64), (12_800, 128), (60_000, 512)],
)
def test_rule(examples, size):
    advice = batch_size_advice(examples)
    assert advice.batch_size == size
    assert str(examples) in advice.reason


@given(
    examples=st.integers(1, 10**7),
    bytes_per_example=st.integers(1, 10**6),
    memory=st.integers(10**6, 10**9),
)
def test_fits_and_is_a_power_of_two_where_it_matters(
    examples, bytes_per_example, memory
):
    advice = batch_size_advice(
        examples, bytes_per_example=bytes_per_example, memory_bytes=memory
    )
    size = advice.batch_size
    assert size * bytes_per_example <= memory
    assert size == examples or (size & (size - 1) == 0 and size <= 1024)
    assert (
        (advice.steps_per_epoch - 1) * size < examples <= advice.steps_per_epoch * size
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"examples": 0}, r"`examples` must be an int >= 1.*=0"),
        ({"examples": 9, "memory_bytes": 5}, r"given together.*memory_bytes=5"),
        (
            {"examples": 9, "bytes_per_example": 6, "memory_bytes": 5},
            r"At least one example must fit",
        ),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        batch_size_advice(**arguments)
