import io
import math

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image
from tensorboard.backend.event_processing import plugin_event_accumulator
from tensorboard.plugins.histogram import summary_v2 as histogram_summary
from tensorboard.plugins.scalar import summary_v2 as scalar_summary
from tensorboard.util import tensor_util

from tfkit.callbacks.events import summaries


@pytest.fixture
def written(write, read):
    """Returns a function: values -> tag, array and metadata as TensorBoard reads them."""

    def write_and_read(values):
        reader = read(write({"r": values}))
        reader = read(reader.path + "/r")
        return {
            tag: (
                tensor_util.make_ndarray(reader.Tensors(tag)[0].tensor_proto),
                reader.SummaryMetadata(tag),
            )
            for tag in reader.Tags()["tensors"]
        }

    return write_and_read


def decoded(tensor):
    return [np.asarray(Image.open(io.BytesIO(file))) for file in tensor[2:]]


class TestScalars:
    def test_equal_tensorboards_own(self):
        ours = summaries.scalars({"a/b": 0.1, "c": 3}, description="*cost*")
        for value, (tag, number) in zip(ours, [("a/b", 0.1), ("c", 3)], strict=True):
            theirs = scalar_summary.scalar_pb(tag, number, "*cost*").value[0]
            assert value.tag == theirs.tag
            assert value.metadata == theirs.metadata
            assert value.tensor.dtype == theirs.tensor.dtype
            np.testing.assert_array_equal(
                tensor_util.make_ndarray(value.tensor),
                tensor_util.make_ndarray(theirs.tensor),
            )

    def test_read_back_as_float32(self, written):
        numbers = {
            "int": 3,
            "float": 0.1,
            "numpy": np.float64(-2.5e-30),
            "array": np.array(7.0),
            "nan": math.nan,
            "inf": -math.inf,
        }
        read = written(summaries.scalars(numbers))
        assert list(read) == list(numbers)
        for tag, (array, metadata) in read.items():
            assert array.shape == ()
            np.testing.assert_array_equal(array, np.float32(numbers[tag]))
            assert metadata.plugin_data.plugin_name == "scalars"

    def test_scalars_tab_finds_them(self, write):
        folder = write({"r": summaries.scalars({"cost": 0.5})})
        reader = plugin_event_accumulator.EventAccumulator(str(folder / "r")).Reload()
        assert list(reader.PluginTagToContent("scalars")) == ["cost"]

    @pytest.mark.parametrize("value", ["a", None, [1.0, 2.0], np.ones(2)])
    def test_not_a_number(self, value):
        with pytest.raises((TypeError, ValueError)):
            summaries.scalars({"x": value})


class TestHistogram:
    @pytest.mark.parametrize("seed", range(3))
    def test_equals_tensorboards_own(self, seed):
        values = np.random.default_rng(seed).normal(size=(50, 7)).astype("float32")
        ours = summaries.histogram("w", values, "by layer", buckets=12)[0]
        theirs = histogram_summary.histogram_pb("w", values, 12, "by layer").value[0]
        assert (ours.tag, ours.metadata) == (theirs.tag, theirs.metadata)
        # Both find the edges in float64, each in its own order of operations.
        np.testing.assert_allclose(
            tensor_util.make_ndarray(ours.tensor),
            tensor_util.make_ndarray(theirs.tensor),
            rtol=1e-12,
            atol=1e-14,
        )

    @pytest.mark.parametrize("values", [[], [3.0, 3.0], [0.0], [-1e300] * 3])
    def test_empty_and_constant_equal_tensorboards_own(self, values):
        theirs = histogram_summary.histogram_pb("w", values).value[0].tensor
        np.testing.assert_array_equal(
            tensor_util.make_ndarray(summaries.histogram("w", values)[0].tensor),
            tensor_util.make_ndarray(theirs),
        )

    @pytest.mark.parametrize(
        "values",
        [
            [1.0, np.nextafter(1.0, 2)],
            [np.nextafter(2.0, 1), 2.0],
            [0.0, 5e-324],
            [-1.7e308, 1.7e308],
            [1.0, 1 + 2.0**-50],
        ],
    )
    def test_ranges_without_room_for_edges(self, values, written):
        table, _ = written(summaries.histogram("w", values))["w"]
        assert np.isfinite(table).all()
        assert table[:, 2].sum() == 2
        assert table[0, 0] == min(values)
        assert table[-1, 1] == max(values)

    def test_values_that_are_not_finite_are_counted(self, written):
        values = [math.nan, 1.0, math.inf, 2.0, -math.inf]
        table, metadata = written(summaries.histogram("w", values, "Weights."))["w"]
        assert table[0, 0] == 1.0
        assert table[-1, 1] == 2.0
        assert table[:, 2].sum() == 2
        assert metadata.summary_description == (
            "Weights.\n\n3 of 5 values are NaN or infinite."
        )
        assert metadata.plugin_data.plugin_name == "histograms"

    def test_only_nan(self, written):
        table, metadata = written(summaries.histogram("w", [math.nan] * 4))["w"]
        np.testing.assert_array_equal(table, np.zeros((30, 3)))
        assert metadata.summary_description.startswith("4 of 4")


class TestImage:
    def test_floats_are_brightnesses(self, written):
        # 0.5 * 255 = 127.5, to the even neighbour; outside of [0, 1] cut off.
        array, metadata = written(
            summaries.image("p", [[0.0, 0.5, 1.0], [-1.0, 2.0, math.nan]], "A *grid*")
        )["p"]
        assert list(array[:2]) == [b"3", b"2"]
        assert decoded(array)[0].tolist() == [[0, 128, 255], [0, 255, 0]]
        assert metadata.plugin_data.plugin_name == "images"
        assert metadata.summary_description == "A *grid*"

    @pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1), (4, 5, 3), (4, 5, 4)])
    def test_uint8_is_kept(self, written, shape):
        pixels = np.random.default_rng(0).integers(0, 256, shape, "uint8")
        array, _ = written(summaries.image("p", pixels))["p"]
        assert list(array[:2]) == [b"5", b"4"]
        np.testing.assert_array_equal(
            decoded(array)[0], pixels[..., 0] if shape[-1] == 1 else pixels
        )

    def test_several_under_one_tag(self, written):
        pixels = np.random.default_rng(0).integers(0, 256, (3, 4, 5, 3), "uint8")
        array, _ = written(summaries.image("p", pixels))["p"]
        np.testing.assert_array_equal(decoded(array), pixels)

    def test_a_file_is_passed_on(self, written):
        file = summaries.png(np.full((2, 7, 3), 9, "uint8"))
        array, _ = written(summaries.image("p", file))["p"]
        assert list(array) == [b"7", b"2", file]

    def test_booleans(self, written):
        array, _ = written(summaries.image("p", np.eye(2, dtype=bool)))["p"]
        assert decoded(array)[0].tolist() == [[255, 0], [0, 255]]

    @pytest.mark.parametrize(
        "shape", [(3,), (4, 4, 2), (3, 4, 5), (0, 4), (1, 2, 3, 4, 1)]
    )
    def test_shape(self, shape):
        with pytest.raises(ValueError, match=rf"shape=\({shape[0]}"):
            summaries.image("p", np.zeros(shape))

    def test_type(self):
        with pytest.raises(ValueError, match=r"dtype=int64.*astype"):
            summaries.image("p", np.zeros((2, 2), "int64"))

    def test_bytes(self):
        with pytest.raises(ValueError, match=r"PNG file.*b'GIF89a'"):
            summaries.image("p", b"GIF89a")


class TestFigure:
    def test_size_and_content(self, written):
        figure = Figure(figsize=(3, 2), facecolor=(1.0, 0.0, 0.0))
        array, _ = written(summaries.figure("f", figure, dpi=50))["f"]
        assert list(array[:2]) == [b"150", b"100"]
        assert decoded(array)[0][0, 0].tolist() == [255, 0, 0, 255]

    def test_neither_pyplot_nor_the_figure_change(self):
        figure = Figure()
        figure.add_subplot().plot([0, 1])
        canvas, backend = figure.canvas, matplotlib.rcParams["backend"]
        first = summaries.figure("f", figure)
        assert figure.canvas is canvas
        assert matplotlib.rcParams["backend"] == backend
        assert summaries.figure("f", figure) == first


class TestText:
    def test_read_back(self, written):
        array, metadata = written(summaries.text("t", "# Größe\n\n*ok*", "why"))["t"]
        assert array.item().decode() == "# Größe\n\n*ok*"
        assert metadata.plugin_data.plugin_name == "text"
        assert metadata.summary_description == "why"

    def test_not_a_text(self):
        with pytest.raises(TypeError, match="markdown=3"):
            summaries.text("t", 3)


@given(
    st.lists(
        st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=50),
        min_size=1,
        max_size=5,
    )
)
def test_histograms_at_once_are_those_one_by_one(lists):
    arrays = [np.array(values, np.float32) for values in lists]
    tags = [str(number) for number in range(len(arrays))]
    together = summaries.Histograms(tags)(arrays)
    for value, tag, array in zip(together.value, tags, arrays, strict=True):
        table = tensor_util.make_ndarray(value.tensor)
        alone = tensor_util.make_ndarray(summaries.histogram(tag, array)[0].tensor)
        assert value.tag == tag
        np.testing.assert_allclose(table[:, :2], alone[:, :2], rtol=1e-9, atol=1e-9)
        # A value on an edge may fall to either side of it by a rounding.
        assert abs(table[:, 2] - alone[:, 2]).sum() <= 2 * len(np.unique(array))
        assert table[:, 2].sum() == array.size


def test_histogram_counts_are_numpys():
    values = np.random.default_rng(0).normal(size=5000)
    (value,) = summaries.Histograms(["w"])([values]).value
    counts, edges = np.histogram(values, 30)
    table = tensor_util.make_ndarray(value.tensor)
    # Of 5000 random values none lies on an edge.
    np.testing.assert_array_equal(table[:, 2], counts)
    np.testing.assert_allclose(table[:, 0], edges[:-1], rtol=1e-12)
    np.testing.assert_allclose(table[:, 1], edges[1:], rtol=1e-12)


def test_a_series_exchanges_its_numbers():
    series = summaries.Series(["a", "b"], {"a": "The first."})
    for numbers in ([1.0, 2.0], [3.0, float("nan")]):
        values = series(numbers).value
        assert [value.tag for value in values] == ["a", "b"]
        np.testing.assert_array_equal(
            [tensor_util.make_ndarray(value.tensor) for value in values],
            np.float32(numbers),
        )
    assert values[0].metadata.summary_description == "The first."
    with pytest.raises(ValueError, match="zip"):
        series([1.0])
