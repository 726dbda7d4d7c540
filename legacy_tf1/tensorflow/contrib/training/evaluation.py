"""Evaluation of checkpoints."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf
from tensorflow.python.training import checkpoint_utils, evaluation

StopAfterNEvalsHook = evaluation._StopAfterNEvalsHook
get_or_create_eval_step = evaluation._get_or_create_eval_step
evaluate_once = evaluation._evaluate_once
checkpoints_iterator = tf.train.checkpoints_iterator
wait_for_new_checkpoint = checkpoint_utils.wait_for_new_checkpoint


class SummaryAtEndHook(tf.train.SessionRunHook):
    """Writes the summaries once the evaluation is over."""

    def __init__(
        self,
        log_dir: str | None = None,
        summary_writer: Any = None,
        summary_op: Any = None,
        feed_dict: Any = None,
    ) -> None:
        if log_dir is None and summary_writer is None:
            raise ValueError("log_dir and summary_writer cannot both be None.")
        self._log_dir, self._writer = log_dir, summary_writer
        self._summary_op, self._feed_dict = summary_op, feed_dict

    def begin(self) -> None:
        """Gets the writer and the summaries."""
        if self._writer is None:
            self._writer = tf.summary.FileWriterCache.get(self._log_dir)
        if self._summary_op is None:
            self._summary_op = tf.summary.merge_all()
        self._step = tf.train.get_or_create_global_step()

    def end(self, session: Any) -> None:
        """Writes them."""
        step = session.run(self._step)
        if self._summary_op is not None:
            summary = session.run(self._summary_op, self._feed_dict)
            self._writer.add_summary(summary, step)
        self._writer.flush()
