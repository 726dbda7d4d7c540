"""What the face itself changes: flags, sessions, counts of operations, `--report`."""

import subprocess
import sys

import numpy as np
import pytest

import legacy_tf1.tensorflow as tf
from legacy_tf1.compat import seeds
from legacy_tf1.tensorflow import flags as face_flags


@pytest.fixture
def flags(monkeypatch):
    """`tf.app.flags` with no flags, and a command line."""
    values = face_flags._FlagValues()
    monkeypatch.setattr(face_flags, "FLAGS", values)
    monkeypatch.setattr(
        sys, "argv", ["program", "--rate=0.5", "--unknown=1", "--nofast", "rest"]
    )
    return tf.app.flags


def test_flags_are_parsed_when_one_is_read(flags):
    flags.DEFINE_float("rate", 0.1, "Rate.")
    flags.DEFINE_boolean("fast", True, "Fast.")
    flags.DEFINE_string(flag_name="log_dir", default_value="/tmp", docstring="Logs.")
    assert (flags.FLAGS.rate, flags.FLAGS.fast, flags.FLAGS.log_dir) == (
        0.5,
        False,
        "/tmp",
    )


def test_flags_of_before_1_5(flags):
    flags.DEFINE_float("rate", 0.1, "Rate.")
    flags.DEFINE_integer("steps", 3, "Steps.")
    flags.FLAGS._parse_flags()
    shown = [f"{name}={value}" for name, value in sorted(flags.FLAGS.__flags.items())]
    assert shown == ["rate=0.5", "steps=3"]


def test_a_flag_may_be_defined_again(flags):
    flags.DEFINE_float("rate", 0.1, "Rate.")
    assert flags.FLAGS.rate == 0.5
    flags.DEFINE_float("rate", 0.2, "Rate.")
    assert flags.FLAGS.rate == 0.5
    flags.FLAGS.rate = 0.7
    assert flags.FLAGS.rate == 0.7


def test_app_run_gives_main_the_rest_and_exits_with_its_result(flags, monkeypatch):
    flags.DEFINE_float("rate", 0.1, "Rate.")
    flags.DEFINE_boolean("fast", True, "Fast.")
    given = []
    with pytest.raises(SystemExit) as exit_:
        tf.app.run(main=lambda argv: given.extend(argv) or 3)
    assert exit_.value.code == 3
    assert given == ["program", "--unknown=1", "rest"]
    main = lambda _: None  # noqa: E731 - as __main__ has it
    monkeypatch.setattr(sys.modules["__main__"], "main", main, raising=False)
    with pytest.raises(SystemExit) as exit_:
        tf.app.run()
    assert exit_.value.code is None


def test_app_run_shows_the_flags_for_help(flags, monkeypatch, capsys):
    flags.DEFINE_float("rate", 0.1, "The learning rate.")
    monkeypatch.setattr(sys, "argv", ["program", "--help"])
    with pytest.raises(SystemExit):
        tf.app.run(main=lambda _: None)
    assert "The learning rate." in capsys.readouterr().out


def test_old_paths_of_flags_are_the_same_module():
    from legacy_tf1.tensorflow.python.platform import app
    from legacy_tf1.tensorflow.python.platform import flags as platform_flags

    assert platform_flags is tf.flags is tf.app.flags
    assert app is tf.app


@pytest.mark.parametrize("session", [tf.Session, tf.InteractiveSession])
def test_what_asks_for_a_gpu_runs_without_one(session):
    with tf.device("/gpu:0"):
        x = tf.constant(2.0) * 3.0
    config = tf.ConfigProto(intra_op_parallelism_threads=1)
    running = session(config=config)
    assert running.run(x) == 6.0
    running.close()
    assert not config.allow_soft_placement  # the program's own is not touched


def test_dropout_scales_what_it_keeps():
    tf.set_random_seed(3)
    x = tf.ones([1000])
    kept, noise, all_ = (
        tf.nn.dropout(x, 0.8),
        tf.nn.dropout(tf.ones([4, 5]), keep_prob=0.5, noise_shape=[4, 1]),
        tf.nn.dropout(x, 1.0),
    )
    with tf.Session() as session:
        kept, noise, all_ = session.run([kept, noise, all_])
    assert set(np.unique(kept)) == {np.float32(0), np.float32(1.25)}
    # 800 are expected; the standard deviation of the number is 12.6.
    assert abs(np.count_nonzero(kept) - 800) < 5 * 12.6
    assert all(len(set(row)) == 1 for row in noise)
    assert (all_ == 1).all()


def test_dropout_refuses_what_it_cannot_do():
    with pytest.raises(ValueError, match="Exactly one"):
        tf.nn.dropout(tf.ones([2]))
    with pytest.raises(ValueError, match="keep_prob"):
        tf.nn.dropout(tf.ones([2]), -0.5)
    with pytest.raises(ValueError, match="floating-point"):
        tf.nn.dropout(tf.constant([1, 2]), 0.5)


#: How many operations each adds, and TensorFlow 1.15.5 added.
COUNTS = {
    "dropout": (17, lambda x: tf.nn.dropout(x, 0.5)),
    "split": (4, lambda x: tf.split(x, 2, 1)),
    "linspace": (5, lambda x: tf.linspace(0.0, 1.0, 3)),
    "eye": (3, lambda x: tf.eye(3)),
    "matrix_diag": (2, tf.matrix_diag),
    "clip_by_global_norm": (21, lambda x: tf.clip_by_global_norm([x], 1.0)),
    "swish": (5, tf.nn.swish),
    "random_uniform": (8, lambda x: tf.random_uniform([2])),
    "reduce_mean": (5, lambda x: tf.reduce_mean(tf.reduce_sum(x))),
    "mean_squared_error": (34, lambda x: tf.losses.mean_squared_error(x, x + x)),
    "regularizer": (
        12,
        lambda x: tf.get_variable("w", [2, 3], regularizer=tf.nn.l2_loss),
    ),
}


@pytest.mark.parametrize("name", COUNTS)
def test_functions_count_for_as_many_operations_as_they_had(name):
    expected, build = COUNTS[name]
    build(tf.placeholder(tf.float32, [4, 4]))
    assert seeds.operations(tf.get_default_graph()) == expected


def test_a_regularizer_that_gives_none_adds_no_loss():
    with tf.variable_scope("scope", regularizer=tf.no_regularizer):
        tf.get_variable("v", [2])
    with tf.variable_scope("other", regularizer=tf.nn.l2_loss):
        tf.get_variable("w", [2])
        tf.get_variable("u", [2], regularizer=tf.no_regularizer)
    losses = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    assert [loss.name for loss in losses] == ["other/w/Regularizer/L2Loss:0"]


def test_report_tells_what_the_program_used_and_no_more():
    code = """
import legacy_tf1.tensorflow as tf
from legacy_tf1.compat import usage
assert not usage.used()
usage.record()
assert tf.pack is tf.stack
for _ in range(3):
    tf.train.AdamOptimizer
from legacy_tf1.tensorflow.python.platform import gfile
gfile.Exists
told = {use.name: (use.count, use.since) for use in usage.used()}
assert told == {
    "tf.pack": (1, "1.0"),
    "tf.stack": (1, ""),
    "tf.train.AdamOptimizer": (3, "2.0"),
    "tf.gfile.Exists": (1, "2.0"),
}, told
"""
    subprocess.run([sys.executable, "-c", code], check=True)
