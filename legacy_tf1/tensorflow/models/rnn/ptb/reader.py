"""Reading the Penn Treebank for a language model, as `tensorflow.models.rnn.ptb.reader`.

Today: `keras.layers.TextVectorization` and `tf.data.Dataset.window`.
"""

from __future__ import annotations

import collections
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf

from legacy_tf1.compat import namespace as _namespace

__all__ = ["ptb_iterator", "ptb_producer", "ptb_raw_data"]


def ptb_raw_data(
    data_path: Any = None,
) -> tuple[list[int], list[int], list[int], int]:
    """Reads ptb.train.txt, ptb.valid.txt and ptb.test.txt of a folder.

    Returns:
        The three texts as numbers of words, most frequent first, and how many words
        there are. What the training text lacks is left out of the other two.
    """
    paths = [
        os.path.join(data_path or "", f"ptb.{part}.txt")
        for part in ("train", "valid", "test")
    ]
    numbers = _build_vocab(paths[0])
    train, valid, test = (_file_to_word_ids(path, numbers) for path in paths)
    return train, valid, test, len(numbers)


def ptb_producer(
    raw_data: Any, batch_size: int, num_steps: int, name: str | None = None
) -> tuple[Any, Any]:
    """Returns tensors of the next inputs, and of the targets one word further on.

    They are (batch_size, num_steps), by a queue; after the last ones come the first.
    """
    with tf.name_scope(name, "PTBProducer", [raw_data, batch_size, num_steps]):
        words = tf.convert_to_tensor(raw_data, name="raw_data", dtype=tf.int32)
        length = tf.size(words) // batch_size
        rows = tf.reshape(words[: batch_size * length], [batch_size, length])
        size = (length - 1) // num_steps
        enough = tf.assert_positive(
            size, message="epoch_size == 0, decrease batch_size or num_steps"
        )
        with tf.control_dependencies([enough]):
            size = tf.identity(size, name="epoch_size")
        i = tf.train.range_input_producer(size, shuffle=False).dequeue()
        x, y = (
            tf.strided_slice(
                rows, [0, i * num_steps + by], [batch_size, (i + 1) * num_steps + by]
            )
            for by in (0, 1)
        )
        for each in (x, y):
            each.set_shape([batch_size, num_steps])
        return x, y


def ptb_iterator(
    raw_data: Any, batch_size: int, num_steps: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Gives the inputs and targets of one epoch as arrays, as it was before 0.12."""
    words = np.array(raw_data, dtype=np.int32)
    length = len(words) // batch_size
    rows = words[: batch_size * length].reshape(batch_size, length)
    size = (length - 1) // num_steps
    if size == 0:
        raise ValueError(
            "epoch_size == 0, decrease batch_size or num_steps. Received: "
            f"{len(words)} words, batch_size={batch_size}, num_steps={num_steps}."
        )
    for i in range(0, size * num_steps, num_steps):
        yield rows[:, i : i + num_steps], rows[:, i + 1 : i + num_steps + 1]


def _read_words(filename: str) -> list[str]:
    with tf.gfile.GFile(filename, "r") as file:
        text: str = file.read()
    return text.replace("\n", "<eos>").split()


def _build_vocab(filename: str) -> dict[str, int]:
    counts = collections.Counter(_read_words(filename))
    # Of words that are as frequent, the first in the alphabet comes first.
    words = sorted(counts, key=lambda word: (-counts[word], word))
    return {word: number for number, word in enumerate(words)}


def _file_to_word_ids(filename: str, word_to_id: dict[str, int]) -> list[int]:
    return [word_to_id[word] for word in _read_words(filename) if word in word_to_id]


__getattr__, __dir__ = _namespace.attach(__name__)
