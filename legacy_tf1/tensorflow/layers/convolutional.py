"""Convolutions over one to three axes, separable and transposed ones."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf
from tensorflow.python.layers import convolutional

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.compat import seeds
from legacy_tf1.tensorflow.layers._functional import Applied, functional


class _Convolution(Applied):
    """What was in the graph of a convolution besides."""

    dilation_rate: tuple[int, ...]

    def build(self, input_shape: Any) -> None:
        """Makes kernel and bias."""
        super().build(input_shape)  # type: ignore[misc]
        # TensorFlow 2 adds it only where it has an effect.
        if set(self.dilation_rate) == {1}:
            tf.constant(self.dilation_rate, tf.int32, name="dilation_rate")


class Conv1D(_Convolution, convolutional.Conv1D):
    """As `tf.layers.Conv1D` of TensorFlow 1.15; today `tf.keras.layers.Conv1D`."""


class Conv2D(_Convolution, convolutional.Conv2D):
    """As `tf.layers.Conv2D` of TensorFlow 1.15; today `tf.keras.layers.Conv2D`."""


class Conv3D(_Convolution, convolutional.Conv3D):
    """As `tf.layers.Conv3D` of TensorFlow 1.15; today `tf.keras.layers.Conv3D`."""


class SeparableConv1D(Applied, convolutional.SeparableConv1D):
    """As `tf.layers.SeparableConv1D`; today `tf.keras.layers.SeparableConv1D`."""


class SeparableConv2D(Applied, convolutional.SeparableConv2D):
    """As `tf.layers.SeparableConv2D`; today `tf.keras.layers.SeparableConv2D`."""


class Conv2DTranspose(Applied, convolutional.Conv2DTranspose):
    """As `tf.layers.Conv2DTranspose`; today `tf.keras.layers.Conv2DTranspose`."""

    def call(self, inputs: Any) -> Any:
        """Convolves in reverse, adds the bias, activates."""
        first = self.data_format == "channels_first"
        known = inputs.shape.as_list()[2:4] if first else inputs.shape.as_list()[1:3]
        # TensorFlow 1 took height and width from the shape while running, by a slice
        # of four operations, and computed each output by two or four more. TensorFlow
        # 2 makes one constant of each that it knows.
        sizes = sum(size is not None for size in known)
        seeds.count(sizes * (7 if self.padding == "valid" else 5))
        return super().call(inputs)


class Conv3DTranspose(Applied, convolutional.Conv3DTranspose):
    """As `tf.layers.Conv3DTranspose`; today `tf.keras.layers.Conv3DTranspose`."""


conv1d = functional(convolutional.conv1d, Conv1D)
conv2d = functional(convolutional.conv2d, Conv2D)
conv3d = functional(convolutional.conv3d, Conv3D)
conv2d_transpose = functional(convolutional.conv2d_transpose, Conv2DTranspose)
conv3d_transpose = functional(convolutional.conv3d_transpose, Conv3DTranspose)
separable_conv1d = functional(convolutional.separable_conv1d, SeparableConv1D)
separable_conv2d = functional(convolutional.separable_conv2d, SeparableConv2D)

Convolution1D, Convolution2D, Convolution3D = Conv1D, Conv2D, Conv3D
Convolution2DTranspose, Convolution3DTranspose = Conv2DTranspose, Conv3DTranspose
Deconvolution2D, Deconvolution3D = Conv2DTranspose, Conv3DTranspose
Deconv2D, Deconv3D = Conv2DTranspose, Conv3DTranspose
SeparableConvolution1D, SeparableConvolution2D = SeparableConv1D, SeparableConv2D
convolution1d, convolution2d, convolution3d = conv1d, conv2d, conv3d
convolution2d_transpose, convolution3d_transpose = conv2d_transpose, conv3d_transpose
deconvolution2d, deconvolution3d = conv2d_transpose, conv3d_transpose
deconv2d, deconv3d = conv2d_transpose, conv3d_transpose
separable_convolution2d = separable_conv2d

__getattr__, __dir__ = _namespace.attach(__name__)
