"""The files of the tutorial on language models, which were importable before 1.0."""

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.models.rnn.ptb import reader as reader

__getattr__, __dir__ = _namespace.attach(__name__)
