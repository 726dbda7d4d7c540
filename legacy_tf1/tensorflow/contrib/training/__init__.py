"""`tf.contrib.training`: hyperparameters, train ops and loops."""

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.contrib.training.evaluation import (
    StopAfterNEvalsHook,
    SummaryAtEndHook,
    checkpoints_iterator,
    evaluate_once,
    get_or_create_eval_step,
    wait_for_new_checkpoint,
)
from legacy_tf1.tensorflow.contrib.training.hparam import HParams, parse_values
from legacy_tf1.tensorflow.contrib.training.training import (
    add_gradients_summaries,
    clip_gradient_norms,
    clip_gradient_norms_fn,
    create_train_op,
    multiply_gradients,
    train,
)

__all__ = [
    "HParams",
    "StopAfterNEvalsHook",
    "SummaryAtEndHook",
    "add_gradients_summaries",
    "checkpoints_iterator",
    "clip_gradient_norms",
    "clip_gradient_norms_fn",
    "create_train_op",
    "evaluate_once",
    "get_or_create_eval_step",
    "multiply_gradients",
    "parse_values",
    "train",
    "wait_for_new_checkpoint",
]

__getattr__, __dir__ = _namespace.attach(__name__)
