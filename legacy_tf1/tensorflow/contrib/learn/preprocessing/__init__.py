"""Documents as word ids, as `tf.contrib.learn.preprocessing`.

Today `keras.layers.TextVectorization`.
"""

from legacy_tf1.tensorflow.contrib.learn.preprocessing.categorical_vocabulary import (
    CategoricalVocabulary,
)
from legacy_tf1.tensorflow.contrib.learn.preprocessing.text import (
    ByteProcessor,
    VocabularyProcessor,
    tokenizer,
)

__all__ = ["ByteProcessor", "CategoricalVocabulary", "VocabularyProcessor", "tokenizer"]
