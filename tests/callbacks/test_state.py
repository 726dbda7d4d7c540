import keras
import ml_dtypes
import numpy as np
import pytest

from tfkit.callbacks import CallbackState


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", ml_dtypes.bfloat16])
def test_file_gives_back_what_went_in(tmp_path, dtype):
    state = CallbackState(
        {"best": 0.25, "curve": [1, 2.5], "none": None},
        {"weights/0": np.arange(6).reshape(2, 3).astype(dtype), "step": np.array(3)},
    )
    state.save(tmp_path / "state.npz")
    loaded = CallbackState.load(tmp_path / "state.npz")
    assert loaded.values == state.values
    assert loaded.arrays["weights/0"].dtype == np.dtype(dtype)
    for name, array in state.arrays.items():
        np.testing.assert_array_equal(loaded.arrays[name], array)
    keras.Variable(loaded.arrays["weights/0"])  # usable as weights


def test_failed_save_leaves_the_old_file(tmp_path):
    path = tmp_path / "state.npz"
    CallbackState({"epoch": 1}).save(path)
    with pytest.raises(TypeError, match="not JSON serializable"):
        CallbackState({"epoch": object()}).save(path)
    assert CallbackState.load(path).values == {"epoch": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_other_suffix_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"must end in '\.npz' .*state\.json"):
        CallbackState({}).save(tmp_path / "state.json")
