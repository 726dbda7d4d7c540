"""From documents to arrays of word ids."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf

from legacy_tf1.tensorflow.contrib.learn.preprocessing.categorical_vocabulary import (
    CategoricalVocabulary,
)

#: Words; capitals that run together are taken apart, as in "HTMLParser".
TOKENIZER_RE = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z][a-z]+(?=[A-Z])|[\'\w\-]+")


def tokenizer(iterator: Iterable[str]) -> Iterator[list[str]]:
    """Yields the words of each document."""
    for document in iterator:
        yield TOKENIZER_RE.findall(document)


class VocabularyProcessor:
    """Documents as word ids of fixed length, as the class of this name in `learn`.

    Args:
        max_document_length: Longer documents are cut, shorter ones filled with 0.
        min_frequency: Words as rare as this or rarer are unknown.
        vocabulary: A `CategoricalVocabulary` to go on with.
        tokenizer_fn: From documents to lists of words.

    Example:
        >>> processor = VocabularyProcessor(4)
        >>> print(*processor.fit_transform(["so it goes", "it is what it is"]))
        [1 2 3 0] [2 4 5 2]
    """

    def __init__(
        self,
        max_document_length: int,
        min_frequency: int = 0,
        vocabulary: CategoricalVocabulary | None = None,
        tokenizer_fn: Callable[[Iterable[str]], Iterable[Any]] | None = None,
    ) -> None:
        self.max_document_length = max_document_length
        self.min_frequency = min_frequency
        self.vocabulary_ = vocabulary or CategoricalVocabulary()
        self._tokenizer = tokenizer_fn or tokenizer

    def fit(self, raw_documents: Iterable[str], unused_y: Any = None) -> Any:
        """Learns the words; then the vocabulary is frozen."""
        for tokens in self._tokenizer(raw_documents):
            for token in tokens:
                self.vocabulary_.add(token)
        if self.min_frequency > 0:
            self.vocabulary_.trim(self.min_frequency)
        self.vocabulary_.freeze()
        return self

    def fit_transform(
        self, raw_documents: Iterable[str], unused_y: Any = None
    ) -> Iterator[np.ndarray]:
        """Learns the words and yields the ids."""
        self.fit(raw_documents)
        return self.transform(raw_documents)

    def transform(self, raw_documents: Iterable[str]) -> Iterator[np.ndarray]:
        """Yields an array of ids for each document."""
        for tokens in self._tokenizer(raw_documents):
            word_ids = np.zeros(self.max_document_length, np.int64)
            for i, token in enumerate(tokens):
                if i >= self.max_document_length:
                    break
                word_ids[i] = self.vocabulary_.get(token)
            yield word_ids

    def reverse(self, documents: Iterable[Iterable[int]]) -> Iterator[str]:
        """Yields the words of each array of ids."""
        for word_ids in documents:
            yield " ".join(str(self.vocabulary_.reverse(i)) for i in word_ids)

    def save(self, filename: str) -> None:
        """Pickles the processor into a file."""
        with tf.gfile.Open(filename, "wb") as file:
            file.write(pickle.dumps(self))

    @classmethod
    def restore(cls, filename: str) -> Any:
        """Reads a processor that `save` wrote."""
        with tf.gfile.Open(filename, "rb") as file:
            return pickle.loads(file.read())


class ByteProcessor:
    """Documents as bytes of fixed length."""

    def __init__(self, max_document_length: int) -> None:
        self.max_document_length = max_document_length

    def fit(self, x: Iterable[str]) -> None:
        """There is nothing to learn."""

    def fit_transform(self, x: Iterable[str]) -> Iterator[np.ndarray]:
        """The same as `transform`."""
        return self.transform(x)

    def transform(self, x: Iterable[Any]) -> Iterator[np.ndarray]:
        """Yields an array of bytes for each document."""
        for document in x:
            data = document.encode("utf-8") if isinstance(document, str) else document
            data = bytes(data[: self.max_document_length])
            yield np.frombuffer(data.ljust(self.max_document_length, b"\0"), np.uint8)

    def reverse(self, x: Iterable[np.ndarray]) -> Iterator[str]:
        """Yields the text of each array, an empty one if it is cut in a character."""
        for data in x:
            try:
                yield (
                    np.trim_zeros(data.astype(np.uint8), "b").tobytes().decode("utf-8")
                )
            except UnicodeDecodeError:
                yield ""
