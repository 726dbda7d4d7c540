"""`tf.contrib.legacy_seq2seq`: models of sequences as lists of steps.

Before TensorFlow 1.0 this was `tf.nn.seq2seq`.
"""

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.contrib.legacy_seq2seq._decoders import (
    attention_decoder,
    embedding_attention_decoder,
    embedding_rnn_decoder,
    rnn_decoder,
)
from legacy_tf1.tensorflow.contrib.legacy_seq2seq._decoders import (
    feed_previous_symbol as _extract_argmax_and_embed,
)
from legacy_tf1.tensorflow.contrib.legacy_seq2seq._losses import (
    model_with_buckets,
    sequence_loss,
    sequence_loss_by_example,
)
from legacy_tf1.tensorflow.contrib.legacy_seq2seq._models import (
    basic_rnn_seq2seq,
    embedding_attention_seq2seq,
    embedding_rnn_seq2seq,
    embedding_tied_rnn_seq2seq,
    one2many_rnn_seq2seq,
    tied_rnn_seq2seq,
)

__all__ = [
    "_extract_argmax_and_embed",
    "attention_decoder",
    "basic_rnn_seq2seq",
    "embedding_attention_decoder",
    "embedding_attention_seq2seq",
    "embedding_rnn_decoder",
    "embedding_rnn_seq2seq",
    "embedding_tied_rnn_seq2seq",
    "model_with_buckets",
    "one2many_rnn_seq2seq",
    "rnn_decoder",
    "sequence_loss",
    "sequence_loss_by_example",
    "tied_rnn_seq2seq",
]

__getattr__, __dir__ = _namespace.attach(__name__)
