"""`tf.keras.datasets.imdb`."""

from legacy_tf1.tensorflow.keras.datasets import _download

__all__ = ["get_word_index", "load_data"]

load_data = _download.function("imdb")
get_word_index = _download.function("imdb", "get_word_index")
