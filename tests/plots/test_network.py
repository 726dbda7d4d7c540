import keras
import numpy as np
import pytest

from tfkit import plots


def shown(figure):
    return [np.asarray(image.get_array()) for image in figure.axes[0].images]


def words(figure):
    return [text.get_text() for text in figure.axes[0].texts]


# --- first_layer_filters


def test_a_unit_of_a_dense_layer_is_the_image_it_answers_to_most():
    model = keras.Sequential(
        [keras.Input((3, 4)), keras.layers.Flatten(), keras.layers.Dense(5)]
    )
    rng = np.random.default_rng(0)
    kernel = rng.normal(size=(12, 5)).astype("float32")
    model.layers[-1].set_weights([kernel, np.zeros(5)])
    figure = plots.first_layer_filters(model.layers[-1].kernel, (3, 4))
    norms = (kernel**2).sum(axis=0)
    order = np.argsort(-norms)
    assert words(figure) == [f"unit {unit}" for unit in order]
    # Of all images of one norm, a unit's own gets the largest answer: its norm squared.
    answers = np.asarray(model(np.stack(shown(figure))))
    # float32 sums of twelve products.
    np.testing.assert_allclose(answers[range(5), order], norms[order], rtol=1e-5)


def test_the_largest_64_share_a_symmetric_scale():
    kernel = np.random.default_rng(0).normal(size=(64, 100))
    kernel *= np.linspace(1, 3, 100)
    figure = plots.first_layer_filters(kernel, (8, 8, 1))
    norms = np.linalg.norm(kernel, axis=0)
    assert words(figure) == [f"unit {unit}" for unit in np.argsort(-norms)[:64]]
    limits = {image.get_clim() for image in figure.axes[0].images}
    largest = np.abs(kernel[:, np.argsort(-norms)[:64]]).max()
    assert limits == {(-largest, largest)}
    assert figure.axes[1].get_ylabel() == "weight"  # the colorbar
    assert figure.bbox.width <= 1100


def test_filters_of_a_convolution():
    kernel = np.random.default_rng(0).normal(size=(5, 3, 1, 4))
    figure = plots.first_layer_filters(kernel, (None, None, 1))
    order = np.argsort(-np.linalg.norm(kernel.reshape(-1, 4), axis=0))
    for image, number in zip(shown(figure), order, strict=True):
        np.testing.assert_array_equal(image, kernel[:, :, 0, number])
    assert words(figure) == [f"filter {number}" for number in order]
    assert (
        figure.axes[0].get_title().startswith("first layer: weights of all 4 filters")
    )


@pytest.mark.parametrize("dense", [True, False])
def test_three_channels_are_colours_around_grey(dense):
    kernel = np.zeros((2, 2, 3, 1))
    kernel[0, 0, :, 0] = [2.0, 0.0, -2.0]
    kernel[1, 1, :, 0] = [0.0, 1.0, 0.0]
    weights = kernel.reshape(12, 1) if dense else kernel
    (image,) = shown(plots.first_layer_filters(weights, (2, 2, 3)))
    np.testing.assert_array_equal(image[0, 0], [1.0, 0.5, 0.0])
    np.testing.assert_array_equal(image[1, 1], [0.5, 0.75, 0.5])
    np.testing.assert_array_equal(image[0, 1], [0.5, 0.5, 0.5])


def test_other_channels_are_averaged_and_the_title_says_so():
    kernel = np.random.default_rng(0).normal(size=(3, 3, 4, 1))
    figure = plots.first_layer_filters(kernel, (8, 8, 4))
    np.testing.assert_allclose(
        shown(figure)[0], kernel[..., 0].mean(axis=2), rtol=1e-12
    )
    assert figure.axes[0].get_title().endswith("mean over 4 input channels")


def test_zero_weights_can_be_drawn():
    figure = plots.first_layer_filters(np.zeros((4, 2)), (2, 2))
    assert figure._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("shape", "input_shape", "message"),
    [
        ((12, 5), (3, 3), r"height \* width \* channels rows.*\(12, 5\)"),
        ((12, 5), (None, 4, 1), r"height \* width \* channels rows"),
        ((12, 5), (12,), r"`input_shape` must be.*batch axis"),
        ((3, 3, 1, 5), (8, 8, 3), r"Conv2D.*\(3, 3, 1, 5\), input_shape=\(8, 8, 3\)"),
        ((3, 5, 5), (8, 8), r"Received: kernel of shape \(3, 5, 5\)"),
    ],
)
def test_filters_errors(shape, input_shape, message):
    with pytest.raises(ValueError, match=message):
        plots.first_layer_filters(np.ones(shape), input_shape)


def test_filters_that_diverged():
    with pytest.raises(ValueError, match=r"finite.*in 1 weights.*learning rate"):
        plots.first_layer_filters([[1.0], [np.nan]], (1, 2))


# --- layer_profile


def test_layer_profile_draws_each_layer_from_the_top():
    figure = plots.layer_profile({"first": 3.0, "second": 0.5}, "gradient norm", "L2")
    axes = figure.axes[0]
    (line,) = axes.get_lines()
    np.testing.assert_array_equal(line.get_xydata(), [[3.0, 0], [0.5, 1]])
    assert axes.get_xscale() == "log"
    assert axes.yaxis_inverted()
    assert axes.get_xlabel() == "gradient norm (L2)"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["first", "second"]
    assert axes.get_legend() is None


def test_the_slope_is_the_least_squares_line_of_the_logarithms():
    depth = np.arange(8)
    values = 10 ** (-0.5 * depth + np.random.default_rng(0).normal(size=8))
    figure = plots.layer_profile(
        dict(zip("abcdefgh", values, strict=True)), "norm", slope=True
    )
    axes = figure.axes[0]
    y = np.log10(values)
    rise = ((depth - depth.mean()) @ y) / ((depth - depth.mean()) ** 2).sum()
    start = y.mean() - rise * depth.mean()
    line = axes.get_lines()[1]
    # Two ways to solve a well conditioned problem in float64.
    np.testing.assert_allclose(
        line.get_xdata(), 10 ** (start + rise * np.array([0, 7])), rtol=1e-9
    )
    (text,) = axes.get_legend().get_texts()
    assert text.get_text() == f"× {10**rise:.3g} per layer towards the output"
    assert axes.get_xlabel() == "norm"


def test_zeros_and_nan_are_marked_at_the_edge():
    values = {"a": 1.0, "b": 0.0, "c": float("nan"), "d": 0.01, "e": float("inf")}
    figure = plots.layer_profile(values, "gradient norm", slope=True)
    axes = figure.axes[0]
    assert [(t.get_text(), t.get_position()[1]) for t in axes.texts] == [
        ("0", 1),
        ("NaN", 2),
        ("inf", 4),
    ]
    # The layers between have no part in the slope: a factor of 100 over three layers.
    (text,) = axes.get_legend().get_texts()
    assert text.get_text() == f"× {10 ** (-2 / 3):.3g} per layer towards the output"


@pytest.mark.parametrize("values", [{"a": 0.0, "b": 0.0}, {"a": 1.0}])
def test_no_slope_of_less_than_two_values(values):
    figure = plots.layer_profile(values, "gradient norm", slope=True)
    assert figure.axes[0].get_legend() is None
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_a_very_deep_network_has_numbers_for_names():
    values = {f"block_{k}_convolution": 1.0 + k for k in range(200)}
    figure = plots.layer_profile(values, "gradient norm")
    figure.draw_without_rendering()
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert "block_0_convolution" not in labels
    assert figure.bbox.height <= 1400


@pytest.mark.parametrize("values", [{}, {"a": -1.0}])
def test_layer_profile_errors(values):
    with pytest.raises(ValueError, match=r"at least one layer. Received: \{"):
        plots.layer_profile(values, "gradient norm")
