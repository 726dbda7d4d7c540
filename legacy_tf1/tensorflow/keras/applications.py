"""`tf.keras.applications`: the networks are not supplied here, their helpers are.

Their weights come from the network, and Keras 3 has every one of these networks for a
program of today.
"""

from __future__ import annotations

from typing import Any

_NETWORKS = (
    "DenseNet121",
    "DenseNet169",
    "DenseNet201",
    "InceptionResNetV2",
    "InceptionV3",
    "MobileNet",
    "MobileNetV2",
    "NASNetLarge",
    "NASNetMobile",
    "ResNet101",
    "ResNet152",
    "ResNet50",
    "VGG16",
    "VGG19",
    "Xception",
)
#: Modules that programs import, as `keras.applications.vgg16`.
MODULES = (
    "densenet",
    "imagenet_utils",
    "inception_resnet_v2",
    "inception_v3",
    "mobilenet",
    "mobilenet_v2",
    "nasnet",
    "resnet",
    "resnet50",
    "vgg16",
    "vgg19",
    "xception",
)


def _network(name: str) -> Any:
    def build(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(
            f"keras.applications.{name} is not supplied for TensorFlow-1 programs: its "
            "weights are on the network, and Keras 3 loads them into models of its own. "
            f"In a program of today: keras.applications.{name}(weights='imagenet')."
        )

    build.__name__ = name
    return build


def __getattr__(name: str) -> Any:
    if name in _NETWORKS:
        return _network(name)
    if name in ("preprocess_input", "decode_predictions"):
        import keras

        return getattr(keras.applications.imagenet_utils, name)
    from legacy_tf1.compat import missing

    raise missing.error(f"tensorflow.keras.applications.{name}")
