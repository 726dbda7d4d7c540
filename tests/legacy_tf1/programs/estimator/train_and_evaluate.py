"""TrainSpec and EvalSpec, hooks, checkpoints each ten steps, and an export."""

import os
import tempfile

import numpy as np
import tensorflow as tf

tf.logging.set_verbosity(tf.logging.ERROR)
folder = tempfile.mkdtemp()
x = np.arange(10.0, dtype=np.float32)


class Count(tf.train.SessionRunHook):
    runs = 0

    def after_run(self, run_context, run_values):
        self.runs += 1


def input_fn():
    return tf.data.Dataset.from_tensor_slices(({"x": x}, 3 * x)).repeat().batch(10)


regressor = tf.estimator.LinearRegressor(
    [tf.feature_column.numeric_column("x")],
    model_dir=folder,
    config=tf.estimator.RunConfig(save_checkpoints_steps=10, keep_checkpoint_max=2),
)
hook = Count()
serving = tf.estimator.export.build_parsing_serving_input_receiver_fn(
    tf.feature_column.make_parse_example_spec([tf.feature_column.numeric_column("x")])
)
tf.estimator.train_and_evaluate(
    regressor,
    tf.estimator.TrainSpec(input_fn, max_steps=30, hooks=[hook]),
    tf.estimator.EvalSpec(
        input_fn,
        steps=2,
        start_delay_secs=0,
        throttle_secs=0,
        exporters=tf.estimator.FinalExporter("final", serving),
    ),
)
assert hook.runs == 30
assert regressor.latest_checkpoint().endswith("model.ckpt-30")
assert len(tf.train.get_checkpoint_state(folder).all_model_checkpoint_paths) == 2
exported = os.listdir(os.path.join(folder, "export", "final"))
assert len(exported) == 1
tags = set()
evaluation = os.path.join(folder, "eval")
for event in tf.train.summary_iterator(
    os.path.join(evaluation, sorted(os.listdir(evaluation))[0])
):
    tags |= {value.tag for value in event.summary.value}
assert {"average_loss", "loss"} <= tags, tags
with tf.Session(graph=tf.Graph()) as session:
    path = os.path.join(folder, "export", "final", exported[0])
    graph = tf.saved_model.loader.load(session, ["serve"], path)
    assert "serving_default" in graph.signature_def
print("ok")
