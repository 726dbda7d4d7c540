"""Writes an estimator's SavedModel."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import tensorflow.compat.v1 as tf
from tensorflow.python.saved_model import model_utils

from legacy_tf1.tensorflow.estimator.model_fn import ModeKeys


def write(
    model_fn: Callable[..., Any],
    base: str,
    receivers: dict[str, Callable[[], Any]],
    checkpoint: str,
    *,
    config: Any,
    session_config: Any,
    assets_extra: dict[str, str] | None,
    as_text: bool,
) -> bytes:
    """Writes a SavedModel with a graph for each mode; returns its folder.

    Args:
        model_fn: `model_fn(features, labels, mode, config)`.
        base: The folder in which one named by the time is made.
        receivers: The function that makes the inputs, by mode.
        checkpoint: The variables.
        config: The estimator's settings.
        session_config: Those of the session.
        assets_extra: Files to copy, by their path in `assets.extra`.
        as_text: Whether the graph is written as text.
    """
    if not any(receivers.values()):
        raise ValueError("An input_receiver_fn must be defined.")
    target = model_utils.get_timestamped_export_dir(base)
    temporary = model_utils.get_temp_export_dir(target)
    builder = tf.saved_model.Builder(temporary)
    first = True
    for mode in (ModeKeys.TRAIN, ModeKeys.EVAL, ModeKeys.PREDICT):
        if receivers.get(mode):
            _add_graph(
                builder, model_fn, receivers[mode], mode, checkpoint, config,
                session_config, first,
            )  # fmt: skip
            first = False
    builder.save(as_text)
    extra = os.path.join(tf.compat.as_bytes(temporary), b"assets.extra")
    for name, source in (assets_extra or {}).items():
        destination = os.path.join(extra, tf.compat.as_bytes(name))
        tf.gfile.MakeDirs(os.path.dirname(destination))
        tf.gfile.Copy(source, destination)
    tf.gfile.Rename(temporary, target)
    return target


def _add_graph(
    builder: Any,
    model_fn: Callable[..., Any],
    receiver_fn: Callable[[], Any],
    mode: str,
    checkpoint: str,
    config: Any,
    session_config: Any,
    with_variables: bool,
) -> None:
    with tf.Graph().as_default() as graph:
        tf.train.create_global_step(graph)
        tf.set_random_seed(config.tf_random_seed)
        receiver = receiver_fn()
        spec = model_fn(
            features=receiver.features,
            labels=getattr(receiver, "labels", None),
            mode=mode,
            config=config,
        )
        outputs = model_utils.export_outputs_for_mode(
            mode=mode,
            serving_export_outputs=spec.export_outputs,
            predictions=spec.predictions,
            loss=spec.loss,
            metrics=spec.eval_metric_ops,
        )
        signatures = model_utils.build_all_signature_defs(
            receiver.receiver_tensors,
            outputs,
            getattr(receiver, "receiver_tensors_alternatives", None),
            serving_only=mode == ModeKeys.PREDICT,
        )
        with tf.Session(config=session_config) as session:
            init = spec.scaffold.local_init_op
            if init is None:
                init = tf.train.Scaffold.default_local_init_op()
            saver = spec.scaffold.saver or tf.train.Saver(sharded=True)
            saver.restore(session, checkpoint)
            builder._add_train_op(spec.train_op)
            arguments = {
                "tags": model_utils.EXPORT_TAG_MAP[mode],
                "signature_def_map": signatures,
                "assets_collection": tf.get_collection(tf.GraphKeys.ASSET_FILEPATHS),
                "main_op": init,
                "saver": saver,
                "strip_default_attrs": True,
            }
            if with_variables:
                builder.add_meta_graph_and_variables(session, **arguments)
            else:
                builder.add_meta_graph(**arguments)
