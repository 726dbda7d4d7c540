"""Words and their ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable


class CategoricalVocabulary:
    """Gives ids to words as they come; 0 is the unknown word.

    Example:
        >>> vocabulary = CategoricalVocabulary()
        >>> [vocabulary.get(word) for word in ("to", "be", "or", "not", "to", "be")]
        [1, 2, 3, 4, 1, 2]
        >>> vocabulary.freeze()
        >>> vocabulary.get("that"), vocabulary.reverse(4), len(vocabulary)
        (0, 'not', 5)
    """

    def __init__(
        self, unknown_token: str = "<UNK>", support_reverse: bool = True
    ) -> None:
        self._unknown_token = unknown_token
        self._support_reverse = support_reverse
        self._freq: Counter[Hashable] = Counter()
        self._freeze = False
        self._number([])

    def _number(self, words: list[Hashable]) -> None:
        self._reverse_mapping: list[Hashable] = [self._unknown_token, *words]
        self._mapping = {word: i for i, word in enumerate(self._reverse_mapping)}

    def __len__(self) -> int:
        return len(self._mapping)

    def freeze(self, freeze: bool = True) -> None:
        """From now on new words are unknown."""
        self._freeze = freeze

    def get(self, category: Hashable) -> int:
        """The id of a word; a new one gets the next, unless the vocabulary is frozen."""
        if category not in self._mapping:
            if self._freeze:
                return 0
            self._mapping[category] = len(self._mapping)
            self._reverse_mapping.append(category)
        return self._mapping[category]

    def add(self, category: Hashable, count: int = 1) -> None:
        """Counts a word."""
        if self.get(category) > 0:
            self._freq[category] += count

    def trim(self, min_frequency: int, max_frequency: int = -1) -> None:
        """Keeps the words counted more often than `min_frequency`, frequent ones first."""
        words = sorted(self._freq, key=lambda word: (isinstance(word, str), word))
        words.sort(key=lambda word: self._freq[word], reverse=True)
        kept = [
            word
            for word in words
            if self._freq[word] > min_frequency
            and not 0 < max_frequency <= self._freq[word]
        ]
        self._number(kept)
        self._freq = Counter({word: self._freq[word] for word in kept})

    def reverse(self, class_id: int) -> Hashable:
        """The word of an id."""
        if not self._support_reverse:
            raise ValueError(
                "This vocabulary wasn't initialized with support_reverse to support "
                "reverse() function."
            )
        return self._reverse_mapping[class_id]
