"""Embeddings of ids; today `tf.keras.layers.Embedding`."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.compat import seeds
from legacy_tf1.tensorflow.contrib.framework import variables

__all__ = [
    "bow_encoder",
    "embed_sequence",
    "embedding_lookup_unique",
    "safe_embedding_lookup_sparse",
]


def embed_sequence(
    ids: Any,
    vocab_size: int | None = None,
    embed_dim: int | None = None,
    unique: bool = False,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    scope: Any = None,
    reuse: Any = None,
) -> Any:
    """As `tf.contrib.layers.embed_sequence` of TensorFlow 1.15.

    Args:
        ids: Whole numbers, of any shape.
        unique: Whether each id is looked up once only, for batches with many repeats.
    """
    if not (reuse or (vocab_size and embed_dim)):
        raise ValueError(
            "Must specify vocab size and embedding dimension when not reusing. "
            f"Received: vocab_size={vocab_size} and embed_dim={embed_dim}."
        )
    with tf.variable_scope(scope, "EmbedSequence", [ids], reuse=reuse):
        known = vocab_size is not None and embed_dim is not None
        embeddings = variables.model_variable(
            "embeddings",
            shape=[vocab_size, embed_dim] if known else None,
            initializer=initializer,
            regularizer=regularizer,
            trainable=trainable,
        )
        if unique:
            return embedding_lookup_unique(embeddings, ids)
        return tf.nn.embedding_lookup(embeddings, ids)


def bow_encoder(
    ids: Any,
    vocab_size: int,
    embed_dim: int,
    sparse_lookup: bool = True,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    scope: Any = None,
    reuse: Any = None,
) -> Any:
    """As `tf.contrib.layers.bow_encoder` of TensorFlow 1.15: the mean of embeddings."""
    if not vocab_size or not embed_dim:
        raise ValueError(
            "Must specify vocab size and embedding dimension. "
            f"Received: vocab_size={vocab_size} and embed_dim={embed_dim}."
        )
    with tf.variable_scope(scope, "bow_encoder", [ids], reuse=reuse):
        embeddings = variables.model_variable(
            "embeddings",
            shape=[vocab_size, embed_dim],
            initializer=initializer,
            regularizer=regularizer,
            trainable=trainable,
        )
        sparse = isinstance(ids, tf.SparseTensor)
        if sparse_lookup:
            return safe_embedding_lookup_sparse(
                [embeddings],
                ids if sparse else _dense_to_sparse(ids),
                combiner="mean",
                default_id=0,
            )
        if sparse:
            raise TypeError(
                "ids are expected to be dense Tensor without sparse_lookup. "
                f"Received: {ids}. Use tf.sparse.to_dense."
            )
        return tf.reduce_mean(tf.nn.embedding_lookup(embeddings, ids), axis=1)


def _dense_to_sparse(ids: Any) -> Any:
    with tf.name_scope("DenseToSparseTensor"):
        ids = tf.convert_to_tensor(ids)
        nothing = "" if ids.dtype == tf.string else ids.dtype.as_numpy_dtype()
        nothing = tf.cast(nothing, ids.dtype, name="ignore_value")
        indices = tf.where(tf.not_equal(ids, nothing), name="indices")
        return tf.SparseTensor(
            indices=indices,
            values=tf.gather_nd(ids, indices, name="values"),
            dense_shape=tf.shape(ids, out_type=tf.int64, name="dense_shape"),
        )


def safe_embedding_lookup_sparse(
    embedding_weights: Any,
    sparse_ids: Any,
    sparse_weights: Any = None,
    combiner: str | None = None,
    default_id: int | None = None,
    name: str | None = None,
    partition_strategy: str = "div",
    max_norm: float | None = None,
) -> Any:
    """As `tf.contrib.layers.safe_embedding_lookup_sparse` of TensorFlow 1.15.

    Today `tf.nn.safe_embedding_lookup_sparse`, whose combiner is "mean" also.
    """
    # TensorFlow 2 looks the ids up by one operation, TensorFlow 1 by six: each once.
    seeds.count(5)
    return tf.nn.safe_embedding_lookup_sparse(
        embedding_weights,
        sparse_ids,
        sparse_weights,
        combiner=combiner or "mean",
        default_id=default_id,
        name=name,
        partition_strategy=partition_strategy,
        max_norm=max_norm,
    )


def embedding_lookup_unique(
    params: Any, ids: Any, partition_strategy: str = "mod", name: str | None = None
) -> Any:
    """As `tf.contrib.layers.embedding_lookup_unique` of TensorFlow 1.15."""
    with tf.name_scope(name, "EmbeddingLookupUnique", [params, ids]):
        ids = tf.convert_to_tensor(ids)
        shape = tf.shape(ids)
        flat = tf.reshape(ids, tf.reduce_prod(shape, keepdims=True))
        unique, index = tf.unique(flat)
        found = tf.nn.embedding_lookup(params, unique, partition_strategy)
        spread = tf.gather(found, index)
        embeddings = tf.reshape(spread, tf.concat([shape, tf.shape(found)[1:]], 0))
        embeddings.set_shape(ids.shape.concatenate(found.shape[1:]))
        return embeddings


__getattr__, __dir__ = _namespace.attach(__name__)
