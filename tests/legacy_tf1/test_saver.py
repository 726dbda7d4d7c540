"""`tf.train.Saver`: what its errors say.

TensorFlow's own error of the same program is the measure: the same class, at the same
line, and it has no name of a variable in it.
"""

import pytest
import tensorflow.compat.v1 as real

import legacy_tf1.tensorflow as tf
from legacy_tf1.runner import script


def saved(folder, **shapes):
    """Saves variables and clears the graph; returns the checkpoint's path."""
    for name, shape in shapes.items():
        tf.get_variable(name, shape)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver().save(session, str(folder / "model.ckpt"))
    tf.reset_default_graph()
    return path


def restore(path, saver):
    with tf.Session() as session:
        saver.restore(session, path)


def test_a_wrong_shape_is_told_with_both_shapes_and_the_place(tmp_path):
    path = saved(tmp_path, w=[3, 4], b=[4], same=[2])
    for name, shape in {"w": [3, 5], "b": [5], "same": [2]}.items():
        tf.get_variable(name, shape)
    with pytest.raises(tf.errors.InvalidArgumentError) as told:
        restore(path, real.train.Saver())
    assert "(3, 5)" not in str(told.value)
    with pytest.raises(tf.errors.InvalidArgumentError) as told:
        restore(path, tf.train.Saver())
    first, *lines, last = str(told.value).splitlines()
    assert first == (
        f"Restoring from checkpoint failed: {path} was not saved by this network."
    )
    assert [line.partition(" (test_saver.py, line ")[0] for line in lines] == [
        "  b: (5,) in the program",
        "  w: (3, 5) in the program",
    ]
    assert lines[1].endswith("), (3, 4) in the checkpoint")
    assert "tf.train.Saver(var_list)" in last
    assert told.value.__suppress_context__


def test_a_missing_variable_is_told_with_what_there_is(tmp_path):
    path = saved(tmp_path, weights=[3], step=[])
    tf.get_variable("kernel", [3])
    tf.get_variable("step", [])
    with pytest.raises(tf.errors.NotFoundError) as told:
        restore(path, tf.train.Saver())
    lines = str(told.value).splitlines()
    assert lines[1].startswith("  kernel: (3,) in the program (")
    assert lines[1].endswith("), not in the checkpoint")
    assert lines[2] == "Only in the checkpoint: weights (3,)"


def test_names_given_to_the_saver_count(tmp_path):
    path = saved(tmp_path, old=[3])
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"  old: \(2,\) in the pr"
    ):
        restore(path, tf.train.Saver({"old": tf.get_variable("new", [2])}))


def test_a_partitioned_variable_is_told_as_the_whole(tmp_path):
    path = saved(tmp_path, table=[4, 2])
    tf.get_variable("table", [6, 2], partitioner=tf.fixed_size_partitioner(2))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"table: \(6, 2\) in the"):
        restore(path, tf.train.Saver())


def test_what_fits_is_restored(tmp_path):
    path = saved(tmp_path, w=[2, 2])
    expected = real.train.load_variable(path, "w")
    w = tf.get_variable("w", [2, 2])
    with tf.Session() as session:
        tf.train.Saver().restore(session, path)
        assert session.run(w).tolist() == expected.tolist()


def test_other_errors_are_tensorflows(tmp_path):
    tf.get_variable("w", [2])
    with pytest.raises(ValueError, match="not a valid checkpoint"):
        restore(str(tmp_path / "none.ckpt"), tf.train.Saver())


def test_a_program_shows_its_own_lines(tmp_path, capsys):
    path = saved(tmp_path, w=[3, 4])
    program = tmp_path / "program.py"
    program.write_text(
        "import tensorflow as tf\n"
        "w = tf.get_variable('w', [3, 5])\n"
        "with tf.Session() as sess:\n"
        f"    tf.train.Saver().restore(sess, {path!r})\n"
    )
    assert script.run(program) == 1
    shown = capsys.readouterr().err.splitlines()
    assert [line for line in shown if line.startswith("  File")] == [
        f'  File "{program}", line 4, in <module>'
    ]
    assert (
        "  w: (3, 5) in the program (program.py, line 2), (3, 4) in the checkpoint"
        in shown
    )
    assert len(shown) < 8
