"""Dropout masks drawn outside the step: the numbers of Keras's own layers."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from tfkit.layers import InvertedDropout
from tfkit.training import masks

STEPS, BATCH = 3, 8


class MyDropout(layers.Dropout):
    """A subclass may draw as it likes."""


LAYERS = {
    "dropout": (lambda: layers.Dropout(0.4, seed=5), (6,)),
    "noise shape": (lambda: layers.Dropout(0.4, (None, 1, 6), seed=5), (4, 6)),
    "whole shape": (lambda: layers.Dropout(0.4, (BATCH, 1), seed=5), (6,)),
    "spatial 1": (lambda: layers.SpatialDropout1D(0.4, seed=5), (4, 6)),
    "spatial 2": (lambda: layers.SpatialDropout2D(0.4, seed=5), (4, 4, 6)),
    "spatial 3": (lambda: layers.SpatialDropout3D(0.4, seed=5), (2, 2, 2, 6)),
    "inverted": (lambda: InvertedDropout(0.6, seed=5), (6,)),
    "inverted, noise shape": (
        lambda: InvertedDropout(0.6, seed=5, noise_shape=(None, 1, None)),
        (4, 6),
    ),
}


def recorded(stand_ins, model, spec, calls=1):
    def forward(x):
        for _ in range(calls):
            model(x, training=True)

    with stand_ins.recorded() as draws:
        tf.function(forward, autograph=False).get_concrete_function(spec)
    return draws


@pytest.mark.parametrize("calls", [1, 2])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float64"])
@pytest.mark.parametrize("name", LAYERS)
def test_equal_what_the_layer_draws(name, dtype, calls):
    make, shape = LAYERS[name]
    model, theirs = (
        keras.Sequential([keras.Input(shape), keras.Sequential([make()])])
        for _ in range(2)
    )
    for each in (model, theirs):
        each.layers[0].layers[0].dtype_policy = keras.DTypePolicy(dtype)
    x = tf.ones((BATCH, *shape), dtype)

    stand_ins = masks.Masks(model)
    assert stand_ins
    layer, reference = (each.layers[0].layers[0] for each in (model, theirs))
    draws = recorded(stand_ins, layer, tf.TensorSpec(x.shape, x.dtype), calls)
    assert [draw.number for draw in draws] == list(range(calls))
    drawn = masks.drawn(draws, masks.seeds(draws, STEPS))
    for step in range(STEPS):
        with stand_ins.given(draws, [mask[step] for mask in drawn]):
            ours = [layer(x, training=True) for _ in range(calls)]
        for output in ours:
            # To the last bit: the same uniform numbers and the same scaling.
            np.testing.assert_array_equal(output, reference(x, training=True))
    masks.advance(draws, tf.constant(STEPS))
    np.testing.assert_array_equal(
        layer.seed_generator.state, reference.seed_generator.state
    )
    # The layer draws for itself again, and goes on where it stands.
    np.testing.assert_array_equal(layer(x, training=True), reference(x, training=True))


def test_which_layers_draw_inside():
    inputs = keras.Input((4,))
    parts = {
        "drawn": layers.Dropout(0.5),
        "mine": MyDropout(0.5),
        "noise": layers.GaussianNoise(0.1),
        "off": layers.Dropout(0.0),
        "all": layers.Dropout(1.0),
        "inverted off": InvertedDropout(1.0),
        "inverted": InvertedDropout(0.5),
    }
    model = keras.Sequential([inputs, *parts.values()])

    def names(found):
        return {name for name, part in parts.items() if part in found}

    assert names(masks.layers_that_draw(model)) == {"drawn", "inverted"}
    assert {"mine", "noise"} <= names(masks.draws_inside(model))
    assert not names(masks.draws_inside(model)) & {"drawn", "inverted", "off"}


def test_a_fixed_mask_stays_the_layers_own():
    layer = InvertedDropout(0.5, seed=0)
    model = keras.Sequential([keras.Input((4,)), layer])
    with layer.fixed_mask():
        assert not masks.Masks(model)
    assert masks.Masks(model)


def test_a_layer_called_in_a_loop_is_left_alone():
    drop, other = layers.Dropout(0.5, seed=1), layers.Dropout(0.5, seed=2)

    class Looped(keras.Layer):
        def __init__(self):
            super().__init__()
            self.drop = drop

        def call(self, x, training=False):
            return tf.while_loop(
                lambda i, _: i < 3,
                lambda i, h: (i + 1, self.drop(h, training=training)),
                (0, x),
            )[1]

    model = keras.Sequential([keras.Input((4,)), other, Looped()])
    stand_ins = masks.Masks(model)
    draws = recorded(stand_ins, model, tf.TensorSpec((8, 4)))
    assert [draw.layer for draw in draws] == [other]
    # Each round of the loop has a mask of its own: of 8 * 32 units 1/8 stay, not 1/2.
    x = tf.ones((8, 32))
    model = keras.Sequential([keras.Input((32,)), Looped()])
    stand_ins = masks.Masks(model)
    assert recorded(stand_ins, model, tf.TensorSpec(x.shape)) == []
    with stand_ins.given([], []):
        kept = np.count_nonzero(model(x, training=True))
    # 32 expected, standard deviation 5.3; one mask for all rounds would leave 128.
    assert 5 < kept < 70


def test_a_mask_of_unknown_shape_is_left_alone():
    drop = layers.Dropout(0.5)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Lambda(lambda x: tf.boolean_mask(x, x[:, 0] > 0)),
            drop,
        ]
    )
    assert recorded(masks.Masks(model), model, tf.TensorSpec((8, 4))) == []


def test_layers_are_themselves_again_after_an_error():
    layer = layers.Dropout(0.5)
    model = keras.Sequential([keras.Input((4,)), layer])
    before, during = layer.call, []

    def fail():
        with masks.Masks(model).recorded():
            during.append(layer.call)
            raise RuntimeError("oops")

    with pytest.raises(RuntimeError, match="oops"):
        fail()
    assert during != [before]
    assert layer.call == before
