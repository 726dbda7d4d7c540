import json
import shutil
import warnings

import numpy as np
import pytest
from PIL import Image

from tfkit.experiment import saved_run, steps
from tfkit.run_folder import RunFolder


@pytest.fixture
def copied(finished, tmp_path):
    """A run folder that a test may damage."""
    shutil.copytree(finished.folder.path, tmp_path / "run")
    return RunFolder(tmp_path / "run")


IMAGES = {
    "input_shape": [8, 8, 1],
    "input_range": [0.0, 16.0],
    "input_dtype": "float32",
}


def test_evaluate_repeats_the_judgement(finished):
    evaluation = saved_run.evaluate(finished.folder)
    assert evaluation.errors == finished.errors
    assert evaluation.judgement == finished.judgement


def test_a_run_is_loaded_with_its_model_and_data(finished):
    run = saved_run.load(finished.folder)
    assert run.experiment.training == finished.experiment.training
    x = run.data.parts()["dev"].x
    expected = finished.model.predict(x, verbose=0)
    np.testing.assert_array_equal(run.model.predict(x, verbose=0), expected)


def test_changed_data_are_noticed(copied):
    record = json.loads(copied.data.read_text())
    record["sha256"]["train"] = "0" * 64
    copied.data.write_text(json.dumps(record))
    # Not pytest.warns: it raises what Keras and h5py warn of besides.
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        saved_run.evaluate(copied)
    told = [w for w in caught if "data of 'wine' have changed" in str(w.message)]
    assert len(told) == 1


@pytest.mark.parametrize("header", ["", "abcdefghijklm"])
def test_csv_npz_and_arrays_predict_alike(finished, tmp_path, header):
    x = steps.prepare_data(finished.experiment).splits.test.x
    rows = "\n".join(",".join(f"{value:.9g}" for value in row) for row in x)
    names = ",".join(header) + "\n" if header else ""
    (tmp_path / "x.csv").write_text(names + rows)
    np.savez(tmp_path / "x.npz", x=x)
    expected = finished.model.predict(x, verbose=0)
    for name in ("x.csv", "x.npz"):
        predictions = saved_run.predict(finished.folder, tmp_path / name)
        # One batch of 36 here, two batches there: matrix products round differently.
        np.testing.assert_allclose(predictions.probabilities, expected, rtol=1e-5)
    table = predictions.table
    assert list(table["class"]) == [
        predictions.class_names[i] for i in expected.argmax(1)
    ]


def test_an_image_is_resized_and_scaled_to_the_range_of_the_data(tmp_path):
    pixels = np.zeros((16, 16, 3), "uint8")
    pixels[:, 8:] = 255
    Image.fromarray(pixels).save(tmp_path / "half.png")
    x = saved_run.read_examples(tmp_path / "half.png", IMAGES)
    assert x.shape == (1, 8, 8, 1)
    # Away from the edge, which resampling blurs, white is the data's 16 and black its 0.
    np.testing.assert_allclose(x[0, :, :2, 0], 0.0, atol=0.5)
    np.testing.assert_allclose(x[0, :, -2:, 0], 16.0, atol=0.5)


def test_an_image_for_data_around_zero(tmp_path):
    Image.new("L", (8, 8), 0).save(tmp_path / "black.png")
    Image.new("L", (8, 8), 255).save(tmp_path / "white.png")
    record = {**IMAGES, "input_range": [-1.0, 1.0]}
    for name, value in (("black", -1.0), ("white", 1.0)):
        x = saved_run.read_examples(tmp_path / f"{name}.png", record)
        # One float32 rounding.
        np.testing.assert_allclose(x, value, rtol=1e-6)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.array(["a", "b"]), r"`x` of .*x\.npz must hold numbers.*x\.dtype=<U1"),
        (np.float32(3), r"must hold numbers, an example a row.*x\.shape=\(\)"),
        (np.zeros((0, 4)), r"x\.npz must hold at least one example"),
        (np.zeros(4), r"shape \(4,\)\. Received: .*shape \(\)"),
    ],
)
def test_archives_without_examples(tmp_path, x, message):
    np.savez(tmp_path / "x.npz", x=x)
    with pytest.raises(ValueError, match=message):
        saved_run.read_examples(tmp_path / "x.npz", {"input_shape": [4]})


def test_data_that_are_gone(copied):
    config = copied.config.read_text().replace('"wine"', '"gone.csv"')
    copied.config.write_text(config)
    with pytest.raises(
        ValueError, match=r"No such file or folder: 'gone\.csv' \(looked"
    ):
        saved_run.evaluate(copied)


def test_unreadable_examples_are_named(tmp_path):
    record = {"input_shape": [4]}
    (tmp_path / "x.npz").write_bytes(b"PK\x03\x04 truncated")
    with pytest.raises(ValueError, match=r"x\.npz' is not a whole NumPy archive"):
        saved_run.read_examples(tmp_path / "x.npz", record)
    np.savez(tmp_path / "y.npz", inputs=np.zeros((1, 4)))
    with pytest.raises(ValueError, match=r"array named `x`. Received: \['inputs'\]"):
        saved_run.read_examples(tmp_path / "y.npz", record)
    (tmp_path / "x.csv").write_text("1,2,three,4\n5,6,seven,8\n")
    with pytest.raises(ValueError, match=r"x\.csv must hold numbers only"):
        saved_run.read_examples(tmp_path / "x.csv", record)
    (tmp_path / "x.csv").write_text("1,2,3\n")
    with pytest.raises(ValueError, match=r"shape \(4,\). Received: .*shape \(3,\)"):
        saved_run.read_examples(tmp_path / "x.csv", record)
    (tmp_path / "x.csv").write_text("1,2,nan,inf\n")
    with pytest.raises(ValueError, match=r"holds 2 values that are NaN or infinite"):
        saved_run.read_examples(tmp_path / "x.csv", record)
    (tmp_path / "x.png").write_bytes(b"\x89PNG truncated")
    with pytest.raises(ValueError, match=r"x\.png' is not a whole"):
        saved_run.read_examples(tmp_path / "x.png", IMAGES)
    with pytest.raises(ValueError, match=r"shape \(4,\), not images"):
        saved_run.read_examples(tmp_path / "x.png", record)
    (tmp_path / "x.txt").write_text("1 2 3 4")
    with pytest.raises(ValueError, match=r"expected one of \.npz, \.csv.*\.txt"):
        saved_run.read_examples(tmp_path / "x.txt", record)
    with pytest.raises(FileNotFoundError, match="There is no file"):
        saved_run.read_examples(tmp_path / "none.csv", record)


def test_a_damaged_model_is_named(copied, tmp_path):
    (tmp_path / "x.csv").write_text(",".join("1" * 13) + "\n")
    whole = copied.model.read_bytes()
    for damage in (b"", whole[: len(whole) // 2], b"PK\x05\x06" + bytes(18)):
        copied.model.write_bytes(damage)
        with pytest.raises(ValueError, match=r"model\.keras (is damaged|could not be)"):
            saved_run.predict(copied, tmp_path / "x.csv")
    copied.model.unlink()
    with pytest.raises(FileNotFoundError, match="no model file"):
        saved_run.evaluate(copied)


def test_a_run_without_data_record(copied, tmp_path):
    (tmp_path / "x.csv").write_text(",".join("1" * 13) + "\n")
    copied.data.unlink()
    with pytest.raises(FileNotFoundError, match=r"did not get as far as training"):
        saved_run.predict(copied, tmp_path / "x.csv")


NAMED = {"input_shape": [2], "feature_names": ["height", "width"]}


def test_columns_go_by_name_where_there_are_names(tmp_path):
    (tmp_path / "x.csv").write_text("kind,width,height\noak,2,1\nelm,4,3\n")
    x = saved_run.read_examples(tmp_path / "x.csv", NAMED)
    np.testing.assert_array_equal(x, [[1, 2], [3, 4]])


def test_without_a_header_columns_go_by_place(tmp_path):
    (tmp_path / "x.csv").write_text("1,2\n3,4\n")
    x = saved_run.read_examples(tmp_path / "x.csv", NAMED)
    np.testing.assert_array_equal(x, [[1, 2], [3, 4]])


def test_a_missing_column_is_named(tmp_path):
    (tmp_path / "x.csv").write_text("height,breadth\n1,2\n")
    with pytest.raises(ValueError, match=r"trained on: height, width.*missing: width"):
        saved_run.read_examples(tmp_path / "x.csv", NAMED)
