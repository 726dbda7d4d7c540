import json

import keras
import numpy as np
import pytest

import tfkit
from tfkit.diagnose import ErrorRate, bias_variance
from tfkit.diagnose.recipe import Action, recommend

BIAS = bias_variance(train_error=0.15, dev_error=0.16)
VARIANCE = bias_variance(train_error=0.01, dev_error=0.11)


def whats(actions):
    return [action.what for action in actions]


def find(actions, start):
    (action,) = [each for each in actions if each.what.startswith(start)]
    return action


def test_without_evidence_it_is_the_course():
    # Course notes, "Basic Recipe for Machine Learning", in the notes' order; the last
    # line of the first is from the section on regularization.
    assert whats(recommend(BIAS)) == [
        "a bigger network (more hidden units, more layers)",
        "train longer",
        "another optimization algorithm or learning rate",
        "another architecture",
        "less regularization, if any is on",
    ]
    assert whats(recommend(VARIANCE)) == [
        "more data, or data augmentation",
        "regularization: L2, dropout, early stopping",
        "another architecture",
    ]
    assert recommend(bias_variance(train_error=0, dev_error=0)) == ()


def test_the_larger_gap_comes_first():
    actions = recommend(bias_variance(train_error=0.1, dev_error=0.4))
    problems = [action.problem for action in actions]
    assert problems == sorted(problems, reverse=True)  # variance, avoidable bias


@pytest.mark.parametrize(
    ("loss", "first", "why"),
    [
        # medians of (0.6, 0.5) and (0.8, 0.7): a fall by 0.2 / 0.75
        (
            [2.0, 1.7, 1.4, 1.2, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5],
            "train longer",
            "fell by 27 % over the last 2 of 10",
        ),
        (
            [2.0, 1.0, 1.5, 0.9, 1.4, 0.8, 1.3, 0.7, 1.2, 0.9],
            "a lower learning rate",
            "in 4 of 10 epochs",
        ),
        (
            [2.0, 1.0, float("nan"), float("nan"), float("nan")],
            "a lower learning rate",
            "from epoch 3 on",
        ),
    ],
)
def test_the_cost_decides(loss, first, why):
    actions = recommend(BIAS, history={"loss": loss})
    assert actions[0].what == first
    assert why in actions[0].why
    if first != "train longer":
        assert "train longer" not in whats(actions)


def test_a_cost_that_stands_still_asks_for_no_longer_training():
    flat = {"loss": [2.0, 1.0, *[0.5] * 18], "learning_rate": [0.1] * 20}
    actions = recommend(BIAS, history=flat, options={"decay": {"name": "none"}})
    assert actions[0].what == "learning-rate decay"
    assert "train longer" not in whats(actions)
    del flat["learning_rate"]
    decayed = recommend(BIAS, history=flat, options={"decay": {"name": "staircase"}})
    assert "learning-rate decay" not in whats(decayed)


def test_early_stopping_that_came_too_soon():
    history = {"loss": [2.0, 1.7, 1.4, 1.2, 1.0]}
    options = {"training": {"epochs": 60}, "early_stopping": {"patience": 3}}
    action = recommend(BIAS, history=history, options=options)[0]
    assert action.what == "train longer"
    assert "patience (now 3)" in action.where


def test_regularization_that_is_on_is_lowered_first_against_bias():
    options = {"model": {"keep_prob": [0.9, 0.5]}, "regularization": {"lambd": 0.7}}
    action = recommend(BIAS, options=options)[0]
    assert action.what == "less regularization"
    assert "dropout of 50 %" in action.why
    assert "L2 0.7" in action.why
    off = {
        "model": {"keep_prob": 1.0},
        "regularization": {"lambd": 0.0},
        "data": {"augmentation": "none"},
    }
    assert not any("less regul" in what for what in whats(recommend(BIAS, options=off)))


def test_what_is_on_is_raised_not_advised_anew():
    on = {"model": {"keep_prob": [0.8]}, "regularization": {"lambd": 0.7}}
    actions = recommend(VARIANCE, options=on)
    assert find(actions, "a stronger weight penalty").why == "now L2 0.7"
    assert "--lambd 2.1" in find(actions, "a stronger weight penalty").where
    assert "--keep-prob 0.6" in find(actions, "more dropout").where
    assert not {"dropout", "L2 regularization"} & set(whats(actions))
    off = {"model": {"keep_prob": [1.0]}, "regularization": {"lambd": 0.0}}
    actions = recommend(VARIANCE, options=off)
    assert whats(actions)[:2] == ["L2 regularization", "dropout"]


def test_dev_cost_that_has_turned_up():
    history = {"loss": [1, 0.5, 0.3, 0.2, 0.1], "val_loss": [1, 0.5, 0.6, 0.8, 1.0]}
    action = recommend(VARIANCE, history=history)[0]
    assert action.what == "early stopping"
    # median of 0.8 and 1.0 against 0.5
    assert "after epoch 2 of 5" in action.why
    assert "by 80 %" in action.why
    stopped = {"early_stopping": {"patience": 5}}
    actions = recommend(VARIANCE, history=history, options=stopped)
    assert "early stopping" not in whats(actions)


def test_size_against_data():
    small = tfkit.mlp((10,), 2, hidden=(32,), batch_norm=False, keep_prob=1.0)
    weights = sum(int(np.prod(w.shape)) for w in small.trainable_weights)
    action = recommend(BIAS, model=small, examples=10_000)[0]
    assert action.what.startswith("a bigger network")
    assert f"{weights} weights for 10,000 examples" in action.why
    # More than a hundred weights an example: units are not what lacks.
    assert whats(recommend(BIAS, model=small, examples=1))[-1] == action.what
    softmax = recommend(BIAS, options={"model": {"hidden": []}})[0]
    assert "no hidden layer" in softmax.why


@pytest.mark.parametrize(
    ("optimizer", "adam"),
    [
        (keras.optimizers.SGD(0.1), True),
        (tfkit.optimizers.GradientDescent(0.1), True),
        (keras.optimizers.SGD(0.1, momentum=0.9), False),
        (keras.optimizers.Adam(0.1), False),
    ],
)
def test_plain_gradient_descent(optimizer, adam):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    model.compile(optimizer, "mse")
    found = any(what.startswith("Adam") for what in whats(recommend(BIAS, model=model)))
    assert found is adam
    options = {"optimizer": {"name": "gradient_descent", "learning_rate": 0.1}}
    assert recommend(BIAS, options=options)[0].what.startswith("Adam")


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.block = keras.Sequential(
            [
                keras.layers.RandomFlip(seed=0),
                keras.layers.Conv2D(2, 3, kernel_regularizer="l2"),
                keras.layers.BatchNormalization(),
                keras.layers.SpatialDropout2D(0.3),
                keras.layers.Flatten(),
                keras.layers.Dense(2),
            ]
        )

    def call(self, x, training=False):
        return self.block(x, training=training)


@pytest.mark.parametrize("nested", [False, True])
def test_parts_of_a_model_are_seen(nested):
    model = Subclassed()
    model(np.zeros((1, 8, 8, 1)))
    if nested:
        model = keras.Sequential([keras.Input((8, 8, 1)), model])
    before = model.get_weights()
    less = recommend(BIAS, model=model)[0]
    assert less.why == "dropout of 30 %, L2 0.01, augmentation is on"
    more = recommend(VARIANCE, model=model)
    assert find(more, "stronger or other data augmentation")
    assert "0.3" not in find(more, "more dropout").where  # from 0.7 to 0.4
    assert "--keep-prob 0.4" in find(more, "more dropout").where
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_course_parts_are_seen():
    model = tfkit.mlp((4,), 2, hidden=(3,), keep_prob=0.9, lambd=0.7, examples=10)
    assert "dropout of 10 %, L2 lambda 0.7" in recommend(BIAS, model=model)[0].why


def test_options_of_a_run_and_keras_history_are_taken():
    options = tfkit.experiment.Experiment(dataset="iris").to_dict()
    history = keras.callbacks.History()
    history.history = {"loss": [2.0, 1.5, 1.0, 0.5]}
    both = bias_variance(train_error=0.1, dev_error=0.3)
    actions = recommend(both, history=history, options=options)
    assert "keep_prob is 0.8" in find(actions, "more dropout").why
    assert find(actions, "train longer").why
    assert all(isinstance(action, Action) for action in actions)


def test_text_and_dict():
    action = Action("variance", "dropout", "there is none", "--keep-prob 0.8")
    assert str(action) == "variance: dropout (there is none): --keep-prob 0.8"
    assert action.to_dict()["where"] == "--keep-prob 0.8"


def test_bad_arguments():
    with pytest.raises(TypeError, match=r"must be a BiasVariance.*float"):
        recommend(0.1)
    with pytest.raises(TypeError, match=r"`history` must be a mapping.*list"):
        recommend(BIAS, history=[1, 2])
    with pytest.raises(TypeError, match=r"`options` must be a mapping.*str"):
        recommend(BIAS, options="config.toml")
    with pytest.raises(TypeError, match=r"keras.Model, or None.*str"):
        recommend(BIAS, model="model")
    with pytest.raises(ValueError, match=r"must be built"):
        recommend(BIAS, model=keras.Sequential([keras.layers.Dense(1)]))
    with pytest.raises(ValueError, match=r"`examples`.*Received: examples=0"):
        recommend(BIAS, examples=0)


def test_the_list_in_words():
    judgement = bias_variance(train_error=0.1, dev_error=0.3)
    actions = recommend(judgement, history={"loss": [2.0, 1.7, 1.4, 1.0, 0.6]})
    lines = str(actions).splitlines()
    assert lines[0] == f"1. {actions[0].what} ({actions[0].problem})"
    assert max(map(len, lines)) <= 88
    assert actions.to_dict()["actions"][0] == actions[0].to_dict()
    assert json.loads(json.dumps(actions.to_dict()))["verdict"] == actions.verdict
    assert str(recommend(bias_variance(train_error=0, dev_error=0))).startswith(
        "nothing to mend"
    )


def test_unclear_gaps_have_steps_for_the_case_that_they_are_real():
    judgement = bias_variance(
        train_error=ErrorRate(9, 1078), dev_error=ErrorRate(15, 360)
    )
    assert [gap.level for gap in judgement.gaps] == ["low", "unclear"]
    options = tfkit.experiment.Experiment(dataset="digits").to_dict()
    actions = recommend(judgement, options=options)
    assert actions[0].problem == "to tell variance"
    assert [action.problem for action in actions[1:]] == 2 * ["variance, if it is real"]
    # Without anything known of the model there is nothing to say that is its own.
    assert len(recommend(judgement)) == 1


def classifier(units, loss, activation="softmax"):
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(units, activation=activation)]
    )
    model.compile(keras.optimizers.SGD(20.0), loss)
    return model


BLOWN_UP = {"loss": [1890.0, 4.1, 3.3, 3.0]}


@pytest.mark.parametrize(
    ("units", "loss", "chance"),
    [
        (10, "sparse_categorical_crossentropy", "ln 10 = 2.3"),
        (3, keras.losses.CategoricalCrossentropy(), "ln 3 = 1.1"),
        (1, keras.losses.binary_crossentropy, "ln 2 = 0.69"),
    ],
)
def test_a_training_that_blew_up_comes_before_all(units, loss, chance):
    bad = bias_variance(train_error=0.9, dev_error=0.9)
    actions = recommend(bad, model=classifier(units, loss), history=BLOWN_UP)
    assert actions.training_failed
    assert actions[0].what == "a lower learning rate"
    assert f"is 3 at the end, against {chance} for chance" in actions[0].why
    assert "bias and variance mean nothing until training works" in actions[0].why
    assert actions[0].where.startswith("--optimizer.learning-rate 2;")
    assert {action.problem for action in actions} == {"training"}
    assert not any("network" in what for what in whats(actions))


@pytest.mark.parametrize(
    "loss", ["mse", "categorical_hinge", lambda y, p: keras.ops.mean(p - y)]
)
def test_a_cost_that_is_no_cross_entropy_has_no_chance(loss):
    actions = recommend(BIAS, model=classifier(10, loss), history=BLOWN_UP)
    assert not actions.training_failed


def test_a_low_train_error_is_judged_whatever_the_cost():
    # The best weights were kept, from before the cost became NaN.
    history = {"loss": [2.0, 0.1, float("nan")]}
    assert not recommend(VARIANCE, history=history).training_failed
    assert recommend(BIAS, history=history).training_failed


def test_a_cost_that_stands_above_chance_asks_for_another_rate():
    model = classifier(10, "sparse_categorical_crossentropy")
    actions = recommend(BIAS, model=model, history={"loss": [2.6, 2.6, 2.6]})
    assert actions[0].what == "another learning rate"
    assert "stands at 2.6" in actions[0].why


def test_the_rate_at_the_start_counts_not_what_a_decay_left():
    model = classifier(10, "sparse_categorical_crossentropy")
    options = {"optimizer": {"learning_rate": 1000.0}}
    actions = recommend(BIAS, model=model, history=BLOWN_UP, options=options)
    assert "--optimizer.learning-rate 100;" in actions[0].where
    assert "now 1000" in actions[0].where
