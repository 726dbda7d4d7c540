"""Documents as word ids."""

import os
import tempfile

import numpy as np
from tensorflow.contrib import learn

texts = ["I love NLP, don't you?", "you love long-ish words", "HTMLParser love love"]
processor = learn.preprocessing.VocabularyProcessor(5)
ids = np.array(list(processor.fit_transform(texts)))
assert ids.tolist() == [[1, 2, 3, 4, 5], [5, 2, 6, 7, 0], [8, 9, 2, 2, 0]], ids
assert len(processor.vocabulary_) == 10
path = os.path.join(tempfile.mkdtemp(), "vocabulary")
processor.save(path)
again = learn.preprocessing.VocabularyProcessor.restore(path)
assert next(iter(again.transform(["you unknown love"]))).tolist() == [5, 0, 2, 0, 0]
assert list(again.reverse([[1, 2, 3]])) == ["I love NLP"]
assert again.vocabulary_._mapping["love"] == 2
rare = learn.preprocessing.VocabularyProcessor(3, min_frequency=1)
list(rare.fit_transform(texts))
assert len(rare.vocabulary_) == 3
assert rare.vocabulary_.reverse(1) == "love"
print("ok")
