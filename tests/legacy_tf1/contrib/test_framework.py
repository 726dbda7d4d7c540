"""`tf.contrib.framework`: argument scopes, variables by scope, checkpoints."""

import numpy as np
import pytest

import legacy_tf1.tensorflow as tf

framework = tf.contrib.framework


@framework.add_arg_scope
def power(base, exponent=2, offset=0):
    return base**exponent + offset


def test_scopes_nest_and_end():
    with framework.arg_scope([power], exponent=3):
        with framework.arg_scope([power], offset=1) as inner:
            assert power(2) == 9
            assert power(2, exponent=1) == 3
        assert power(2) == 8
    assert power(2) == 4
    with framework.arg_scope(inner):
        assert power(2) == 9
    assert framework.arg_scoped_arguments(power) == ("exponent", "offset")


def test_scope_ends_with_an_error():
    with pytest.raises(KeyError), framework.arg_scope([power], exponent=3):
        raise KeyError
    assert power(2) == 4


def test_scope_errors_say_what_to_do():
    with (
        pytest.raises(ValueError, match="not decorated with @add_arg_scope"),
        framework.arg_scope([len], x=1),
    ):
        pass
    with pytest.raises(TypeError, match="list or tuple"), framework.arg_scope(power):
        pass
    with (
        pytest.raises(ValueError, match="second arg_scope"),
        framework.arg_scope({}, x=1),
    ):
        pass


def names(variables):
    return [variable.op.name for variable in variables]


def test_variables_are_found_by_scope_suffix_and_collection():
    with tf.variable_scope("net"):
        framework.model_variable("w", [2])
        framework.variable("b", [2])
    framework.local_variable(0.0, name="count")
    framework.global_variable(1.0, name="rate")
    assert names(framework.get_variables()) == ["net/w", "net/b", "rate"]
    assert names(framework.get_variables("net")) == ["net/w", "net/b"]
    assert names(framework.get_model_variables()) == ["net/w"]
    assert names(framework.get_local_variables()) == ["count"]
    assert names(framework.get_trainable_variables()) == ["net/w", "net/b"]
    assert names(framework.get_variables_by_name("b")) == ["net/b"]
    assert names(framework.get_variables_by_suffix("w")) == ["net/w"]
    assert names(framework.get_variables_to_restore(exclude=["net"])) == ["rate"]
    assert names(framework.get_variables_to_restore(include=["net/b"])) == ["net/b"]
    found = framework.filter_variables(tf.global_variables(), ["net"], ["w"])
    assert names(found) == ["net/b"]
    assert framework.get_unique_variable("net/w").op.name == "net/w"
    with pytest.raises(ValueError, match="Couldn't find variable 'net'"):
        framework.get_unique_variable("net")


def test_penalty_of_a_model_variable_is_added_once():
    penalty = tf.contrib.layers.l2_regularizer(0.1)
    framework.model_variable("w", [2], regularizer=penalty)
    assert len(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)) == 1


def test_values_are_assigned():
    v = tf.get_variable("v", [2])
    operation, feed = framework.assign_from_values({"v": np.array([1.0, 2.0])})
    with tf.Session() as session:
        session.run(operation, feed)
        assert session.run(v).tolist() == [1, 2]


def test_checkpoints_are_read_by_name(tmp_path):
    a = tf.get_variable("a", initializer=[1.0, 2.0])
    tf.get_variable("b", initializer=3.0)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver().save(session, str(tmp_path / "model"), global_step=7)
    assert framework.list_variables(path) == [("a", [2]), ("b", [])]
    assert framework.load_variable(str(tmp_path), "b") == 3.0

    other = tf.get_variable("other", [2])
    missing = tf.get_variable("missing", [2])
    operation, feed = framework.assign_from_checkpoint(path, {"a": [a, other]})
    restore = framework.assign_from_checkpoint_fn(
        path, [a, missing], ignore_missing_vars=True
    )
    with tf.Session() as session:
        session.run(operation, feed)
        assert session.run([a, other])[1].tolist() == [1, 2]
        session.run(a.assign([0.0, 0.0]))
        restore(session)
        assert session.run(a).tolist() == [1, 2]
    with pytest.raises(ValueError, match=r"missing variable \[missing\]"):
        framework.assign_from_checkpoint(path, [missing])
    with pytest.raises(ValueError, match=r"shape \(2,\)"):
        framework.assign_from_checkpoint(path, {"b": other})


def test_tensor_helpers():
    x = tf.placeholder(tf.float32, [None, 1])
    labels = tf.placeholder(tf.float32, [None])
    squeezed, _ = framework.remove_squeezable_dimensions(x, labels)
    checked = framework.with_shape([2, 1], x)
    total = framework.reduce_sum_n([x, x])
    assert squeezed.shape.as_list() == [None]
    with tf.Session() as session:
        assert session.run(total, {x: [[1.0], [2.0]]}) == 6
        assert session.run(checked, {x: [[1.0], [2.0]]}).tolist() == [[1], [2]]
        with pytest.raises(tf.errors.InvalidArgumentError, match="Wrong shape"):
            session.run(checked, {x: [[1.0]]})
    with pytest.raises(ValueError, match=r"expected \[2, 3\]"):
        framework.with_shape([2, 3], x)


def test_python_function_with_structures():
    def both(values):
        return {"sum": values["a"] + values["b"], "double": values["a"] * 2}

    outputs = framework.py_func(
        both,
        args=({"a": tf.constant(2.0), "b": tf.constant(3.0)},),
        output_types={"sum": tf.float32, "double": tf.float32},
    )
    with tf.Session() as session:
        assert session.run(outputs) == {"sum": 5.0, "double": 4.0}
