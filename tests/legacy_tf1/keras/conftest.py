"""TensorFlow's own copy of Keras 2 recommends TensorFlow 2 by warnings; see `_frozen`."""

import pytest


def pytest_collection_modifyitems(items):
    for item in items:
        if "legacy_tf1/keras" in item.path.as_posix():
            item.add_marker(
                pytest.mark.filterwarnings(
                    "ignore::UserWarning:tensorflow.python.keras"
                )
            )
