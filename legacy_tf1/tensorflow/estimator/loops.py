"""Training, evaluation and prediction on monitored sessions.

Both families of estimators, `tf.estimator` and `tf.contrib.learn`, run on these three.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.python.training import evaluation

from legacy_tf1.compat import seeds
from legacy_tf1.tensorflow import _saver

#: A graph's part of a run: the spec of the model and the hooks that its input needs.
Build = Callable[[], tuple[Any, list[Any]]]


class Place(NamedTuple):
    """Where and how a run goes on."""

    model_dir: str
    config: Any
    session_config: Any


class DatasetInitializer(tf.train.SessionRunHook):
    """Starts a dataset's iterator as soon as there is a session."""

    def __init__(self, iterator: Any) -> None:
        self._initializer = iterator.initializer

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Initializes the iterator."""
        session.run(self._initializer)


def as_features_and_labels(result: Any) -> tuple[Any, Any, list[Any]]:
    """Takes apart what an `input_fn` returned, and tells the hooks that it needs."""
    hooks: list[Any] = []
    if isinstance(result, tf.data.Dataset):
        seeds.count(3)  # TensorFlow 1 added the steps of its optimizer to the graph
        iterator = tf.data.make_initializable_iterator(result)
        hooks.append(DatasetInitializer(iterator))
        result = iterator.get_next()
    if isinstance(result, (list, tuple)):
        if len(result) != 2:
            raise ValueError(
                "input_fn should return (features, labels) as a len 2 tuple. "
                f"Received {len(result)} values."
            )
        return result[0], result[1], hooks
    return result, None, hooks


def train(
    place: Place, build: Build, hooks: Sequence[Any], listeners: Sequence[Any] = ()
) -> Any:
    """Runs the train op until a hook or the end of the input stops it.

    Returns:
        The loss of the last step, None where there was no step.
    """
    config = place.config
    with tf.Graph().as_default() as graph, graph.device(config.device_fn):
        tf.set_random_seed(config.tf_random_seed)
        global_step = tf.train.create_global_step(graph)
        spec, input_hooks = build()
        if not any(
            s.op.name == "loss" for s in tf.get_collection(tf.GraphKeys.SUMMARIES)
        ):
            tf.summary.scalar("loss", spec.loss)
        tf.add_to_collection(tf.GraphKeys.LOSSES, spec.loss)
        worker_hooks = [*input_hooks, *hooks, tf.train.NanTensorHook(spec.loss)]
        if config.log_step_count_steps is not None:
            worker_hooks.append(
                tf.train.LoggingTensorHook(
                    {"loss": spec.loss, "step": global_step},
                    every_n_iter=config.log_step_count_steps,
                )
            )
        worker_hooks.extend(spec.training_hooks)
        scaffold = spec.scaffold or tf.train.Scaffold()
        if not (scaffold.saver or tf.get_collection(tf.GraphKeys.SAVERS)):
            saver = _saver.Saver(
                sharded=True,
                max_to_keep=config.keep_checkpoint_max,
                keep_checkpoint_every_n_hours=config.keep_checkpoint_every_n_hours,
                defer_build=True,
                save_relative_paths=True,
            )
            tf.add_to_collection(tf.GraphKeys.SAVERS, saver)
        chief_hooks = list(spec.training_chief_hooks)
        savers = _checkpoint_savers(place, scaffold, worker_hooks, chief_hooks)
        if listeners:
            if not savers:
                raise ValueError(
                    "There should be a CheckpointSaverHook to use saving_listeners. "
                    "Please set one of the RunConfig.save_checkpoints_steps or "
                    "RunConfig.save_checkpoints_secs."
                )
            savers[0]._listeners.extend(
                one for one in listeners if one not in savers[0]._listeners
            )
        loss = None
        with tf.train.MonitoredTrainingSession(
            checkpoint_dir=place.model_dir,
            scaffold=scaffold,
            hooks=worker_hooks,
            chief_only_hooks=chief_hooks,
            save_checkpoint_secs=0,  # the hook above does it
            save_summaries_steps=config.save_summary_steps,
            config=place.session_config,
            log_step_count_steps=config.log_step_count_steps,
        ) as session:
            steps_done = False
            while not session.should_stop():
                _, loss = session.run([spec.train_op, spec.loss])
                steps_done = True
        if not steps_done:
            tf.logging.warning(
                "Training with estimator made no steps. Perhaps input is empty or "
                "misspecified."
            )
        return loss


def _checkpoint_savers(
    place: Place, scaffold: Any, worker_hooks: list[Any], chief_hooks: list[Any]
) -> list[Any]:
    """The hooks that save checkpoints; one is added where the model brings none."""
    savers = [
        hook
        for hook in (*worker_hooks, *chief_hooks)
        if isinstance(hook, tf.train.CheckpointSaverHook)
    ]
    config = place.config
    if savers or not (config.save_checkpoints_secs or config.save_checkpoints_steps):
        return savers
    hook = tf.train.CheckpointSaverHook(
        place.model_dir,
        save_secs=config.save_checkpoints_secs,
        save_steps=config.save_checkpoints_steps,
        scaffold=scaffold,
    )
    chief_hooks.insert(0, hook)
    return [hook]


def evaluate(
    place: Place,
    build: Build,
    hooks: Sequence[Any],
    *,
    steps: int | None,
    checkpoint: str | None,
    output_dir: str,
) -> dict[str, Any]:
    """Runs the metrics' updates over the input and returns their values."""
    with tf.Graph().as_default() as graph:
        tf.set_random_seed(place.config.tf_random_seed)
        global_step = tf.train.create_global_step(graph)
        spec, input_hooks = build()
        metrics = dict(spec.eval_metric_ops)
        if tf.GraphKeys.GLOBAL_STEP in metrics:
            raise ValueError(
                "Metric with name `global_step` is not allowed, because Estimator "
                "already defines a default metric with the same name."
            )
        values = {name: value for name, (value, _) in sorted(metrics.items())}
        updates = [update for _, (_, update) in sorted(metrics.items())]
        values[tf.GraphKeys.GLOBAL_STEP] = global_step
        all_hooks = [*input_hooks, *hooks, *getattr(spec, "evaluation_hooks", ())]
        results = _run_evaluation(
            tf.group(*updates) if updates else None,
            values,
            all_hooks,
            steps,
            tf.train.ChiefSessionCreator(
                checkpoint_filename_with_path=checkpoint,
                scaffold=_with_default_local_init(spec.scaffold),
                config=place.session_config,
            ),
        )
    write_results(output_dir, results, checkpoint)
    return results


def _run_evaluation(
    updates: Any,
    values: dict[str, Any],
    hooks: list[Any],
    steps: int | None,
    creator: Any,
) -> dict[str, Any]:
    """Runs the updates until the input or the steps end, then the values."""
    done = evaluation._get_or_create_eval_step()
    count = tf.assign_add(done, 1, use_locking=True)
    to_run = {"count": count} if updates is None else {"count": count, "all": updates}
    if steps is not None:
        stop = evaluation._StopAfterNEvalsHook(num_evals=steps)
        stop._set_evals_completed_tensor(count)
        hooks = [*hooks, stop]
    final = tf.train.FinalOpsHook(values)
    tf.logging.info(
        "Starting evaluation at %s", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    )
    with tf.train.MonitoredSession(creator, hooks=[*hooks, final]) as session:
        while not session.should_stop():
            session.run(to_run)
    tf.logging.info(
        "Finished evaluation at %s", time.strftime("%Y-%m-%d-%H:%M:%S", time.gmtime())
    )
    return final.final_ops_values


def _with_default_local_init(scaffold: Any) -> Any:
    """The scaffold, whose own `local_init_op` must not replace that of the metrics."""
    if scaffold is None or scaffold.local_init_op is None:
        return scaffold
    evaluation._get_or_create_eval_step()
    both = tf.group(scaffold.local_init_op, tf.train.Scaffold.default_local_init_op())
    return tf.train.Scaffold(local_init_op=both, copy_from_scaffold=scaffold)


def predict(
    place: Place,
    build: Callable[[], tuple[Any, Any, list[Any]]],
    hooks: Sequence[Any],
    checkpoint: str | None,
) -> Iterator[Any]:
    """Yields the predictions of one batch after another.

    Args:
        place: Where and how.
        build: Returns the spec, the predictions to run and the hooks of the input.
        hooks: Those of the caller.
        checkpoint: The path to restore, None to start from initial values.
    """
    with tf.Graph().as_default() as graph:
        tf.set_random_seed(place.config.tf_random_seed)
        tf.train.create_global_step(graph)
        spec, predictions, input_hooks = build()
        with tf.train.MonitoredSession(
            session_creator=tf.train.ChiefSessionCreator(
                checkpoint_filename_with_path=checkpoint,
                scaffold=spec.scaffold,
                config=place.session_config,
            ),
            hooks=[*input_hooks, *hooks, *getattr(spec, "prediction_hooks", ())],
        ) as session:
            while not session.should_stop():
                yield session.run(predictions)


def examples(batch: Any) -> Iterator[Any]:
    """Takes a batch of predictions apart."""
    if not isinstance(batch, dict):
        yield from batch
        return
    lengths = {name: len(value) for name, value in batch.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(
            f"Batch length of predictions should be same. Received lengths: {lengths}"
        )
    for i in range(min(lengths.values(), default=0)):
        yield {name: value[i] for name, value in batch.items()}


def chosen(predictions: Any, keys: Any) -> Any:
    """Those predictions that were asked for by name."""
    if not keys:
        return predictions
    if not isinstance(predictions, dict):
        raise ValueError(
            "predict_keys argument is not valid in case of non-dict predictions."
        )
    result = {name: value for name, value in predictions.items() if name in keys}
    if not result:
        raise ValueError(
            f"Expected to run at least one output from {list(predictions)}, provided {keys}."
        )
    return result


def write_results(
    output_dir: str, results: dict[str, Any], checkpoint: str | None
) -> None:
    """Logs the metrics and writes them as scalars to the folder's event file."""
    step = results[tf.GraphKeys.GLOBAL_STEP]
    texts = (
        f"{name} = {value!s}"
        for name, value in sorted(results.items())
        if not isinstance(value, bytes)
    )
    tf.logging.info("Saving dict for global step %d: %s", step, ", ".join(texts))
    summary = tf.Summary()
    for name, value in results.items():
        if name == tf.GraphKeys.GLOBAL_STEP or value is None:
            continue
        if isinstance(value, bytes):  # a summary of the model's own, such as an image
            for i, one in enumerate(tf.Summary.FromString(value).value):
                summary.value.add().CopyFrom(one)
                summary.value[-1].tag = f"{name}/{i}"
        elif np.ndim(value) == 0:
            summary.value.add(tag=name, simple_value=float(value))
        else:
            entry = summary.value.add(tag=name, node_name=name)
            entry.tensor.CopyFrom(tf.make_tensor_proto(value))
    writer = tf.summary.FileWriterCache.get(output_dir)
    writer.add_summary(summary, step)
    writer.flush()
    if checkpoint:
        tf.logging.info(
            "Saving 'checkpoint_path' summary for global step %d: %s", step, checkpoint
        )


def evaluation_dir(model_dir: str, name: str | None) -> str:
    """The folder of an evaluation's event file."""
    return os.path.join(model_dir, f"eval_{name}" if name else "eval")
