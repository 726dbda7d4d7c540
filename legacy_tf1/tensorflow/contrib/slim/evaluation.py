"""Evaluation of checkpoints; today `model.load_weights` and `model.evaluate`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow.compat.v1 as tf
from tensorflow.python.training import evaluation

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow import _saver

__all__ = [
    "checkpoints_iterator",
    "evaluate_once",
    "evaluation_loop",
    "wait_for_new_checkpoint",
]

_USE_DEFAULT = 0  # where None has a meaning

checkpoints_iterator = tf.train.checkpoints_iterator


def wait_for_new_checkpoint(
    checkpoint_dir: str,
    last_checkpoint: str | None = None,
    seconds_to_sleep: float = 1,
    timeout: float | None = None,
) -> str | None:
    """As `slim.evaluation.wait_for_new_checkpoint`; None once the time is up."""
    found = checkpoints_iterator(
        checkpoint_dir, min_interval_secs=seconds_to_sleep, timeout=timeout
    )
    return next((path for path in found if path != last_checkpoint), None)


class _SummaryAtEnd(tf.train.SessionRunHook):
    """Writes a summary of the whole evaluation under the checkpoint's step."""

    def __init__(self, log_dir: str, summary_op: Any, feed_dict: Any) -> None:
        self._log_dir, self._summary_op, self._feed_dict = (
            log_dir,
            summary_op,
            feed_dict,
        )

    def begin(self) -> None:
        self._global_step = tf.train.get_or_create_global_step()

    def end(self, session: Any) -> None:
        step = tf.train.global_step(session, self._global_step)
        with tf.summary.FileWriter(self._log_dir) as writer:
            summary = session.run(self._summary_op, self._feed_dict)
            writer.add_summary(summary, step)


def evaluate_once(
    master: str,
    checkpoint_path: str,
    logdir: str,
    num_evals: int = 1,
    initial_op: Any = None,
    initial_op_feed_dict: Mapping[Any, Any] | None = None,
    eval_op: Any = None,
    eval_op_feed_dict: Mapping[Any, Any] | None = None,
    final_op: Any = None,
    final_op_feed_dict: Mapping[Any, Any] | None = None,
    summary_op: Any = _USE_DEFAULT,
    summary_op_feed_dict: Mapping[Any, Any] | None = None,
    variables_to_restore: Any = None,
    session_config: Any = None,
    hooks: Sequence[Any] | None = None,
) -> Any:
    """As `slim.evaluation.evaluate_once` of TensorFlow 1.15.

    Args:
        num_evals: How often `eval_op` is run.
        final_op: Run once at the end; its value is returned.
        summary_op: Written to `logdir` at the end; left out, all summaries; None, none.
    """
    if isinstance(summary_op, int) and summary_op == _USE_DEFAULT:
        summary_op = tf.summary.merge_all()
    # The count of evaluations is TensorFlow's own: there is no public hook for it.
    all_hooks: list[Any] = [evaluation._StopAfterNEvalsHook(num_evals)]
    if summary_op is not None:
        all_hooks.append(_SummaryAtEnd(logdir, summary_op, summary_op_feed_dict))
    saver = None
    if variables_to_restore is not None:
        saver = _saver.Saver(variables_to_restore)
    scaffold = tf.train.Scaffold(
        init_op=initial_op, init_feed_dict=initial_op_feed_dict, saver=saver
    )
    return evaluation._evaluate_once(
        checkpoint_path,
        master=master,
        scaffold=scaffold,
        eval_ops=eval_op,
        feed_dict=eval_op_feed_dict,
        final_ops=final_op,
        final_ops_feed_dict=final_op_feed_dict,
        hooks=[*all_hooks, *(hooks or ())],
        config=session_config,
    )


def evaluation_loop(
    master: str,
    checkpoint_dir: str,
    logdir: str,
    num_evals: int = 1,
    initial_op: Any = None,
    initial_op_feed_dict: Mapping[Any, Any] | None = None,
    init_fn: Callable[..., None] | None = None,
    eval_op: Any = None,
    eval_op_feed_dict: Mapping[Any, Any] | None = None,
    final_op: Any = None,
    final_op_feed_dict: Mapping[Any, Any] | None = None,
    summary_op: Any = _USE_DEFAULT,
    summary_op_feed_dict: Mapping[Any, Any] | None = None,
    variables_to_restore: Any = None,
    eval_interval_secs: float = 60,
    max_number_of_evaluations: int | None = None,
    session_config: Any = None,
    timeout: float | None = None,
    timeout_fn: Callable[[], bool] | None = None,
    hooks: Sequence[Any] | None = None,
) -> Any:
    """As `slim.evaluation.evaluation_loop` of TensorFlow 1.15.

    Evaluates each new checkpoint of a folder; returns the last one's `final_op`.

    Args:
        init_fn: Not supplied here: `initial_op` initializes what is not restored.
        max_number_of_evaluations: How many checkpoints; None for no end.
        timeout: Seconds without a new checkpoint before `timeout_fn` is asked, or it
            stops; None waits for ever.
    """
    if init_fn is not None:
        raise ValueError(
            "`init_fn` is not supplied here. Use initial_op, or variables_to_restore."
        )
    result = None
    paths = checkpoints_iterator(
        checkpoint_dir,
        min_interval_secs=eval_interval_secs,
        timeout=timeout,
        timeout_fn=timeout_fn,
    )
    for number, path in enumerate(paths, start=1):
        result = evaluate_once(
            master,
            path,
            logdir,
            num_evals,
            initial_op,
            initial_op_feed_dict,
            eval_op,
            eval_op_feed_dict,
            final_op,
            final_op_feed_dict,
            summary_op,
            summary_op_feed_dict,
            variables_to_restore,
            session_config,
            hooks,
        )
        if number == max_number_of_evaluations:
            break
    return result


__getattr__, __dir__ = _namespace.attach(__name__)
