"""The rules see plain numbers here: no model, no TensorFlow."""

import math
import subprocess
import sys
from dataclasses import dataclass, field

import numpy as np
import pytest

from tfkit.callbacks.health_rules import (
    Depth,
    FirstSteps,
    HealthRules,
    NonFinite,
    Plateau,
    Spike,
    Units,
    UpdateSize,
)


@dataclass(frozen=True)
class Activation:
    dead: float | None = None
    saturated: float | None = None


@dataclass(frozen=True)
class Seen:
    """What the rules read of an observation."""

    step: int = 1
    loss: float = 1.0
    learning_rate: float = 0.1
    gradient_norm: dict = field(default_factory=dict)
    update_ratio: dict = field(default_factory=dict)
    activations: dict = field(default_factory=dict)
    total_gradient_norm: float = 1.0


def kinds_of_steps(rule, observations):
    return [[f.kind for f in rule.step(seen)] for seen in observations]


def kinds_of_epochs(rule, losses, name="loss"):
    return [[f.kind for f in rule.epoch(e, {name: v})] for e, v in enumerate(losses)]


def test_non_finite_names_cost_metric_and_first_layer():
    rule = NonFinite()
    seen = Seen(loss=math.nan, gradient_norm={"a": 1.0, "b": math.inf, "c": math.nan})
    assert [f.where for f in rule.step(seen)] == ["cost of a mini-batch", "b"]
    logs = {"loss": 1.0, "val_loss": math.inf, "accuracy": math.nan}
    assert [f.where for f in rule.epoch(0, logs)] == ["val_loss", "accuracy"]
    assert list(rule.step(Seen(gradient_norm={"a": 1.0}))) == []


def test_an_epoch_soon_after_the_start_can_jump_too():
    spikes = [
        bool(kinds) for kinds in kinds_of_epochs(Spike(), [1.0, 0.9, 1000.0, 8.0])
    ]
    assert spikes == [False, False, True, False]


def test_a_jump_is_a_spike_and_does_not_hide_the_next():
    losses = [1.0, 0.9, 0.8, 0.75, 0.7, 0.65, 9.0, 0.6, 9.0]
    spikes = [bool(kinds) for kinds in kinds_of_epochs(Spike(), losses)]
    assert spikes == [False] * 6 + [True, False, True]


@pytest.mark.parametrize(
    "losses",
    [
        [1.0, 0.9, 0.8, 0.75, 0.7, 6.0],  # below ten times the level
        [2.0] * 5 + [1e-4] * 20 + [0.1],  # 1000 times the level, and still cheap
        list(np.random.default_rng(0).lognormal(0, 1, size=200)),  # noise of any size
        list(np.linspace(1, 100, 200)),  # it rises, but does not jump
    ],
)
def test_these_are_no_spikes(losses):
    assert not any(kinds_of_epochs(Spike(), losses))


def test_the_noise_of_the_costs_is_what_a_spike_is_measured_by():
    # Median 1, MAD 0.9 -> 1 + 6 * 1.4826 * 0.9 = 9.006, below the other bound of 10.
    noisy = [0.1, 1.0, 1.9] * 5
    assert not any(kinds_of_epochs(Spike(), [*noisy, 9.9]))
    assert kinds_of_epochs(Spike(), [*noisy, 10.1])[-1] == ["spike"]
    # Median 1, MAD 2 -> 1 + 17.79, above it.
    noisy = [-1.0, 1.0, 3.0] * 5
    assert not any(kinds_of_epochs(Spike(), [*noisy, 18.7]))
    assert kinds_of_epochs(Spike(), [*noisy, 18.9])[-1] == ["spike"]


def test_mini_batches_and_epochs_have_levels_of_their_own():
    rule = Spike()
    assert not any(kinds_of_epochs(rule, [0.1] * 10))
    assert not any(kinds_of_steps(rule, [Seen(loss=5.0)] * 10))
    (finding,) = rule.step(Seen(step=77, loss=60.0))
    assert finding.where == "cost of a mini-batch"
    assert finding.message == (
        "cost of a mini-batch jumped at step 77 to 60, from about 5."
    )


@pytest.mark.parametrize("kind", ["dead", "saturated"])
def test_units_have_to_be_so_for_a_while(kind):
    def seen(share):
        return Seen(activations={"hidden": Activation(**{kind: share})})

    shares = [0.5, 0.9, 0.4, 0.5, 0.6, 0.5, 0.49]
    found = kinds_of_steps(Units(), map(seen, shares))
    assert found == [[], [], [], [], [], [kind], []]


def test_units_without_such_an_activation_are_fine():
    assert not any(kinds_of_steps(Units(), [Seen(activations={"a": Activation()})] * 5))


def test_depth_warns_after_three_observations_alike():
    deep = Seen(gradient_norm={f"layer_{i}": 0.1**-i for i in range(4)})
    flat = Seen(gradient_norm={f"layer_{i}": 1.0 for i in range(4)})
    found = kinds_of_steps(Depth(), [deep, deep, flat, deep, deep, deep])
    assert found == [[], [], [], [], [], ["vanishing"]]
    steep = Seen(gradient_norm={f"layer_{i}": 10.0**-i for i in range(4)})
    assert kinds_of_steps(Depth(), [steep] * 3)[-1] == ["exploding"]


def test_depth_counts_only_the_layers_it_is_given():
    norms = {"a": 1.0, "norm_a": 1e-9, "b": 1.0, "norm_b": 1e9, "c": 1.0}
    seen = [Seen(gradient_norm=norms)] * 3
    assert kinds_of_steps(Depth(), seen)[-1] == ["vanishing"]
    assert kinds_of_steps(Depth({"a", "b", "c"}), seen)[-1] == []


def updates(ratio, gradient=1.0, rate=0.1):
    return Seen(
        update_ratio={"a": ratio}, gradient_norm={"a": gradient}, learning_rate=rate
    )


def test_update_sizes():
    assert kinds_of_steps(UpdateSize(), [updates(0.2)] * 5)[3:] == [
        [],
        ["update too large"],
    ]
    assert kinds_of_steps(UpdateSize(), [updates(9e-6)] * 5)[-1] == ["update too small"]
    assert not any(kinds_of_steps(UpdateSize(), [updates(1e-3)] * 9))
    # The first steps of a small network are long; the median is what counts.
    ratios = [0.5, 0.3, 0.05, 0.04, 0.03, 0.02]
    assert not any(kinds_of_steps(UpdateSize(), [updates(r) for r in ratios]))


def test_small_updates_are_fine_where_there_is_nothing_to_learn():
    decayed = [updates(1e-3)] * 5 + [updates(1e-6, rate=0.0009)] * 9
    assert not any(kinds_of_steps(UpdateSize(), decayed))
    converged = [updates(1e-3)] * 5 + [updates(1e-6, gradient=0.009)] * 9
    assert not any(kinds_of_steps(UpdateSize(), converged))
    frozen = [updates(0.0, gradient=0.0)] * 9
    assert not any(kinds_of_steps(UpdateSize(), frozen))


def play(losses, gradients, patience=5):
    rule = Plateau(patience)
    found = []
    for epoch, (loss, norm) in enumerate(zip(losses, gradients, strict=True)):
        assert list(rule.step(Seen(total_gradient_norm=norm))) == []
        found = list(rule.epoch(epoch, {"loss": loss}))
    return found


@pytest.mark.parametrize(
    ("losses", "gradients", "kind", "words"),
    [
        ([2.3] * 10, [1.0] * 10, "plateau", "not near zero"),
        ([2.0, 2.3] * 5, [1.0] * 10, "oscillation", "between 2 and 2.3"),
        ([2.3] * 10, [1.0] * 5 + [0.009] * 5, "stationary", "saddle"),
        ([2.3] * 10, [0.0] * 10, "stationary", "saddle"),
        ([2.3] + [0.1] * 10, [1.0] * 5 + [0.009] * 6, "stationary", "a minimum"),
    ],
)
def test_a_flat_cost(losses, gradients, kind, words):
    (finding,) = play(losses, gradients)
    assert finding.kind == kind
    assert words in finding.message


@pytest.mark.parametrize(
    ("per_epoch", "flat"),
    # Means of 5 epochs, 5 apart: the improvement is 1 - q^5; 1e-3 is q = 0.99979995.
    [(0.9997, False), (0.99979, False), (0.99981, True), (1.0001, True)],
)
def test_the_bound_between_flat_and_falling(per_epoch, flat):
    losses = [per_epoch**epoch for epoch in range(10)]
    assert bool(play(losses, [1.0] * 10)) == flat


def test_a_plateau_takes_twice_the_patience():
    assert play([2.3] * 9, [1.0] * 9) == []


def test_all_rules_on_a_healthy_training_are_silent():
    rules = HealthRules(patience=3)
    for epoch in range(40):
        seen = Seen(
            step=epoch,
            loss=0.95**epoch,
            gradient_norm={f"layer_{i}": 1.0 + 0.1 * i for i in range(4)},
            update_ratio={f"layer_{i}": 1e-3 for i in range(4)},
            activations={"layer_0": Activation(dead=0.1)},
        )
        assert rules.step(seen) == []
        assert rules.epoch(epoch, {"loss": 0.95**epoch, "accuracy": 0.9}) == []


def test_the_rules_load_no_tensorflow():
    program = (
        "import sys, tfkit.callbacks.health_rules as rules; rules.HealthRules();"
        "print({'tensorflow', 'keras'} & set(sys.modules) or 'none')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "none"


def first_steps(losses, ratio, epoch_loss=None):
    """What is found in steps with these costs, the first with this update."""
    rule = FirstSteps()
    found = []
    for step, loss in enumerate(losses, 1):
        seen = Seen(step, loss, 1000.0, update_ratio={"small": 1e-3, "large": ratio})
        found += rule.step(seen)
    if epoch_loss is not None:
        found += rule.epoch(0, {"loss": epoch_loss})
    return found, rule


def test_first_steps_that_make_the_cost_rise_are_of_too_high_a_rate():
    (finding,), _ = first_steps([2.3, 80.0, 40.0, 90.0], 15.0)
    assert finding.kind == "learning rate"
    assert finding.message == (
        "The learning rate 1000 is far too high: step 1 changed the weights of 'large' "
        "by 15 times their size (about 0.001 is usual), and the cost of a mini-batch "
        "was 2.3 before it, in the 3 steps after it the lowest was 40."
    )
    assert finding.advice.startswith("Begin anew with 100 or less")
    # One look an epoch, at its first step: the epoch's mean is all there is.
    (finding,), _ = first_steps([2.3], 15.0, epoch_loss=2182.0)
    assert "in epoch 1 the mean was 2182" in finding.message
    (finding,), _ = first_steps([2.3], 15.0, epoch_loss=math.nan)
    assert "was nan" in finding.message


@pytest.mark.parametrize(
    ("losses", "ratio", "epoch_loss"),
    [
        ([2.3, 80.0, 40.0, 90.0], 0.05, 80.0),  # small steps: the data, not the rate
        ([2.3, 9.0, 2.2, 2.1], 15.0, 2.2),  # one mini-batch that is harder
        ([2.3, 3.0, 3.1, 2.9], 15.0, 1.0),  # a rise, but not to twice the cost
        ([2.3], 15.0, 1.5),  # weights near 0, which first steps replace
    ],
)
def test_these_first_steps_are_sound(losses, ratio, epoch_loss):
    found, _ = first_steps(losses, ratio, epoch_loss)
    assert found == []


def test_a_gradient_that_fails_after_a_step_that_replaced_the_weights():
    _, rule = first_steps([2.3], 470.0)
    (finding,) = rule.failed()
    assert "470" in finding.message or "4.7e+02" in finding.message
    assert "NaN or infinite" in finding.message
    _, gentle = first_steps([2.3], 0.5)
    assert list(gentle.failed()) == []
    _, later = first_steps([2.3], 470.0, epoch_loss=1.0)
    assert list(later.failed()) == []
