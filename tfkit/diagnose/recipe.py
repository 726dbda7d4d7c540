"""The course's basic recipe as ranked actions, moved by what was already tried."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tfkit.diagnose.recipe_evidence import Tried
from tfkit.diagnose.recipe_failure import Failure

if TYPE_CHECKING:
    from tfkit.diagnose.bias_variance import BiasVariance

# Places in the order. Within one the course's order holds.
_EVIDENCE, _COURSE, _LAST = range(3)

# Change of the cost over the last fifth of the epochs, as a share of it, from which on
# it is called falling; below a tenth of that it stands still.
_STILL_FALLING = 0.02
# Rise of the dev cost above its lowest value that is more than its noise.
_DEV_RISE = 0.05
# Steps against a gap that is unclear.
_IF_REAL = 2
_WIDTH = 88
# The problem of an action against a training that did not work.
_TRAINING = "training"
# Trainable weights an example, from which on more units are unlikely to be what lacks.
_LARGE_NETWORK = 100


@dataclass(frozen=True)
class Action:
    """One thing to try against one gap.

    Args:
        problem: Name of the gap: "avoidable bias", "variance", "data mismatch",
            "overfitting to dev"; or of those that are unclear, as "to tell ..."; or
            "training", where that did not work.
        what: What to do.
        why: What was seen that speaks for it, with the number; "" where the course's
            recipe is all there is.
        where: Option of `tfkit train`, and the Keras part; "" where there is none.
    """

    problem: str
    what: str
    why: str = ""
    where: str = ""

    def to_dict(self) -> dict[str, str]:
        """Returns the fields by name."""
        return asdict(self)

    def __str__(self) -> str:
        why = f" ({self.why})" if self.why else ""
        where = f": {self.where}" if self.where else ""
        return f"{self.problem}: {self.what}{why}{where}"


class Actions(tuple[Action, ...]):
    """What to try, in this order: a tuple that prints as a numbered list.

    Example:
        >>> print(Actions([Action("variance", "dropout", "there is none")]))
        1. dropout (variance)
           why: there is none
    """

    __slots__ = ()

    @property
    def training_failed(self) -> bool:
        """Whether training did not work, so that bias and variance mean nothing."""
        return bool(self) and self[0].problem == _TRAINING

    @property
    def verdict(self) -> str:
        """The first action in one line."""
        return f"first {self[0]}" if self else "nothing to mend"

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON types, with the verdict."""
        actions = [action.to_dict() for action in self]
        return {"verdict": self.verdict, "actions": actions}

    def __str__(self) -> str:
        if not self:
            return f"{self.verdict}: no gap is high"
        return "\n".join(_listed(action, n) for n, action in enumerate(self, 1))


def _listed(action: Action, number: int) -> str:
    """An action in the list: what, then why and how, indented below it."""
    start = f"{number}. "
    lines = _wrapped(start, f"{action.what} ({action.problem})")
    for label, note in (("why", action.why), ("how", action.where)):
        lines += _wrapped(f"{' ' * len(start)}{label}: ", note) if note else []
    return "\n".join(lines)


def _wrapped(start: str, text: str) -> list[str]:
    indent = " " * len(start)
    return textwrap.wrap(text, _WIDTH, initial_indent=start, subsequent_indent=indent)


def recommend(
    judgement: BiasVariance,
    *,
    model: Any = None,
    history: Any = None,
    options: Mapping[str, Any] | None = None,
    examples: int | None = None,
) -> Actions:
    """Ranks what to try next for this model: the course's recipe, moved by evidence.

    Before all, training must work. Where the train error is not low and the cost is NaN,
    rose, or ended above that of chance (`tfkit.diagnose.recipe_failure` has the rule),
    only what mends that is advised: bias and variance mean nothing until then.

    The largest high gap comes first. Against each gap, what the model, its history and
    its options speak for stands in front, with the number that does; then the course's
    order; last, what they speak against. What is already on is advised as *more* or
    *less* of it, and what cannot help is left out: no longer training when the cost
    stands still, no less regularization where there is none. Of a gap that is unclear,
    the first steps are given for the case that it is real.

    Evidence that is looked at: dropout, L1 and L2, weight decay, augmentation,
    normalization of batches and inputs, optimizer and learning rate (model or options);
    trainable weights for each training example; whether the cost got below that of
    chance (ln C, with a model and its history), still falls, jumps, or stands still at the end, and whether the dev cost has turned up (history).

    Args:
        judgement: What `bias_variance` or `measure_bias_variance` returned.
        model: The built model; None if there is none.
        history: What `fit` returned, or a mapping with the values of each epoch under
            `loss`, `val_loss`: `History.history` or the columns of `history.csv`.
        options: The tables of a run's `config.toml` as nested dicts, as
            `Experiment.to_dict` returns them. What they do not hold counts as unknown.
        examples: Number of training examples.

    Raises:
        TypeError: If `judgement` is no `BiasVariance`, or `history` or `options` is no
            mapping.
        ValueError: If the model is not built, or `examples` is below 1.

    Example:
        >>> from tfkit.diagnose import bias_variance
        >>> judgement = bias_variance(train_error=0.15, dev_error=0.16)
        >>> falling = {"loss": [2.0, 1.7, 1.4, 1.2, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5]}
        >>> actions = recommend(judgement, history=falling)
        >>> print(actions[0].what)
        train longer
        >>> print(actions[0].why)
        the cost still fell by 27 % over the last 2 of 10 epochs

    Reference:
        Course notes, "Basic Recipe for Machine Learning".
    """
    if not hasattr(judgement, "gaps"):
        raise TypeError(
            "`judgement` must be a BiasVariance. Received: "
            f"{type(judgement).__name__}. `bias_variance` and `measure_bias_variance` "
            "return one."
        )
    tried = Tried.of(model, history, options, examples)
    high = sorted(
        (gap for gap in judgement.gaps if gap.level == "high"),
        key=lambda gap: -gap.value,
    )
    bias = any(
        gap.name == "avoidable bias" and gap.level != "low" for gap in judgement.gaps
    )
    if bias and tried.failure is not None:
        # With a low train error, the weights that were kept have learnt all the same.
        return Actions(_against_failure(tried, tried.failure))
    actions: list[Action] = []
    for gap in high:
        ranked = sorted(_AGAINST[gap.name](tried), key=lambda step: step[0])
        actions += [Action(gap.name, *step[1:]) for step in ranked]
    unclear = [gap for gap in judgement.gaps if gap.level == "unclear"]
    if unclear:
        actions.append(
            Action(
                f"to tell {' and '.join(gap.name for gap in unclear)}",
                "a bigger dev set, or the errors of several splits (--seed) together",
            )
        )
    if model is not None or history is not None or options is not None:
        for gap in sorted(unclear, key=lambda gap: -gap.value):
            ranked = sorted(_AGAINST[gap.name](tried), key=lambda step: step[0])
            problem = f"{gap.name}, if it is real"
            actions += [Action(problem, *step[1:]) for step in ranked[:_IF_REAL]]
    return Actions(actions)


def _against_failure(tried: Tried, failure: Failure) -> Iterator[Action]:
    """What lets training work, in the order of how often that is it."""
    why = f"{failure.text}; bias and variance mean nothing until training works"
    if failure.diverged:
        # Two digits, and 100 rather than 1e+02.
        rate = float(f"{tried.rate / 10:.2g}") if tried.rate else 0.0
        tenth = f"--optimizer.learning-rate {rate:g}" if rate else ""
        now = f" (now {tried.rate:g})" if tried.rate and tenth else ""
        where = f"learning_rate of the optimizer{now}"
        yield Action(
            _TRAINING,
            "a lower learning rate",
            why,
            "; ".join(filter(None, (tenth, where))),
        )
    else:
        yield Action(
            _TRAINING,
            "another learning rate",
            why,
            "tfkit.diagnose.learning_rate_range proposes one",
        )
    if tried.normalized is False:
        yield Action(
            _TRAINING,
            "normalized inputs",
            "the inputs are not",
            "--normalize; tfkit.data.normalization_layer as the first layer",
        )
    if failure.diverged:
        yield Action(
            _TRAINING,
            "gradient clipping, if a lower rate is not enough",
            "",
            "--optimizer.clip-norm 1; clipnorm=1.0 of the optimizer",
        )
    yield Action(
        _TRAINING,
        "a look for other faults of data and model",
        "",
        "tfkit doctor; tfkit.diagnose.checkup",
    )


_Step = tuple[int, str, str, str]


def _against_bias(tried: Tried) -> Iterator[_Step]:
    regularized = tried.regularized
    if regularized:
        yield (
            _EVIDENCE,
            "less regularization",
            f"{regularized} is on",
            "--keep-prob 1, --lambd 0, --augmentation none; one at a time",
        )
    yield _bigger(tried)
    yield from _longer(tried)
    yield from _other_rate(tried)
    if tried.normalized is False:
        yield (
            _EVIDENCE,
            "normalized inputs",
            "the inputs are not",
            "--normalize; tfkit.data.normalization_layer as the first layer",
        )
    if tried.batch_norm is False and tried.weights != 0:
        yield (
            _COURSE,
            "batch normalization of the hidden layers",
            "there is none",
            "--batch-norm; tfkit.layers.BatchNormalization before the activation",
        )
    yield (
        _COURSE,
        "another architecture",
        "images without a convolution"
        if tried.images and tried.convolutional is False
        else "",
        "keras.layers.Conv2D" if tried.images and not tried.convolutional else "",
    )
    if regularized is None:
        yield _COURSE, "less regularization, if any is on", "", ""


def _bigger(tried: Tried) -> _Step:
    what = "a bigger network (more hidden units, more layers)"
    now = "" if not tried.hidden else f" (now {' '.join(map(str, tried.hidden))})"
    where = f"--hidden{now}; more units or layers of keras.layers"
    if tried.hidden == ():
        return (
            _EVIDENCE,
            what,
            "it has no hidden layer, so its boundaries are straight",
            "--hidden 64; keras.layers.Dense before the last layer",
        )
    ratio = tried.weights_per_example
    if ratio is None:
        return _COURSE, what, "", where if tried.hidden or tried.weights else ""
    size = f"{tried.weights:,} weights for {tried.examples:,} examples"
    if ratio > _LARGE_NETWORK:
        return _LAST, what, f"though it is large already: {size}", where
    return _EVIDENCE if ratio < 1 else _COURSE, what, size, where


def _longer(tried: Tried) -> Iterator[_Step]:
    what, where = "train longer", "--epochs; epochs of fit"
    fall, epochs = tried.fall, len(tried.loss)
    if tried.spiky:
        return  # a longer run at this learning rate only jumps on
    if fall is None:
        yield _COURSE, what, "", "" if tried.epochs is None else where
        return
    change = f"over the last {tried.tail} of {epochs} epochs"
    if fall > _STILL_FALLING:
        stopped = tried.epochs is not None and epochs < tried.epochs
        if stopped:
            where = f"--early-stopping.patience (now {tried.patience}), then --epochs"
        yield (
            _EVIDENCE,
            what,
            f"the cost still fell by {100 * fall:.0f} % {change}",
            where,
        )
    elif fall > _STILL_FALLING / 10:
        yield _LAST, what, f"the cost fell by only {100 * fall:.1f} % {change}", where


def _other_rate(tried: Tried) -> Iterator[_Step]:
    rate = f"--optimizer.learning-rate {tried.rate / 3:.2g}" if tried.rate else ""
    now = f", at a rate of {tried.rate:g}" if tried.rate else ""
    keras_part = "learning_rate of the optimizer"
    where = "; ".join(filter(None, (rate, keras_part)))
    seen = False
    if tried.spiky:
        seen = True
        yield (
            _EVIDENCE,
            "a lower learning rate",
            f"the cost jumped up by a tenth or more in {tried.jumps} of "
            f"{len(tried.loss)} epochs{now}",
            where,
        )
    plain = tried.optimizer in ("gradientdescent", "sgd")
    if plain:
        seen = True
        yield (
            _EVIDENCE,
            "Adam in place of plain gradient descent",
            f"the optimizer is {tried.optimizer}",
            "--optimizer.name adam; tfkit.optimizers.Adam",
        )
    stands = tried.fall is not None and abs(tried.fall) <= _STILL_FALLING / 10
    if stands and tried.decayed is False:
        seen = True
        yield (
            _EVIDENCE,
            "learning-rate decay",
            f"the cost stands still ({100 * (tried.fall or 0.0):+.2f} % over the last "
            f"{tried.tail} of {len(tried.loss)} epochs), the rate is constant",
            "--decay.name exponential; tfkit.callbacks.LearningRateDecay",
        )
    if not seen:
        yield (
            _COURSE,
            "another optimization algorithm or learning rate",
            f"{tried.optimizer}{now} is one choice of many" if tried.optimizer else "",
            "tfkit.diagnose.learning_rate_range proposes a rate"
            if tried.optimizer
            else "",
        )


def _against_variance(tried: Tried) -> Iterator[_Step]:
    if len(tried.dev_loss) >= 4 and np.isfinite(tried.dev_loss).any():
        yield from _stop_early(tried)
    ratio = tried.weights_per_example
    data = (
        ""
        if tried.examples is None
        else f"{tried.examples:,} examples"
        + ("" if ratio is None else f", {ratio:.3g} weights for each")
    )
    # Where nothing is known about the inputs, both in one line as the course has it.
    if tried.augmented:
        yield _COURSE, "more data", data, "tfkit.diagnose.learning_curve says how much"
        yield (
            _COURSE,
            "stronger or other data augmentation",
            "augmentation is on",
            "--augmentation; tfkit.layers.augmentation",
        )
    elif tried.images and tried.augmented is False:
        yield _COURSE, "more data", data, "tfkit.diagnose.learning_curve says how much"
        yield (
            _EVIDENCE,
            "data augmentation",
            "the inputs are images, and none is on",
            "--augmentation photos or digits; tfkit.layers.augmentation",
        )
    else:
        yield (
            _COURSE,
            "more data, or data augmentation",
            data,
            "tfkit.diagnose.learning_curve says how much" if data else "",
        )
    yield from _regularization(tried)
    yield _COURSE, "another architecture", "", ""
    if tried.regularized:
        yield (
            _LAST,
            "the average of several models",
            f"{tried.regularized} is on and the variance is still high",
            "tfkit.ensembles.Ensemble, tfkit.callbacks.SnapshotEnsemble",
        )


def _stop_early(tried: Tried) -> Iterator[_Step]:
    dev = np.where(np.isfinite(tried.dev_loss), tried.dev_loss, np.inf)
    best, epochs = int(np.argmin(dev)), len(dev)
    end = float(np.median(dev[-2:]))
    rise = (end - dev[best]) / max(abs(dev[best]), 1e-12)
    # With early stopping on the weights are those of the best epoch already.
    if tried.patience is None and rise > _DEV_RISE and epochs - best > 2:
        yield (
            _EVIDENCE,
            "early stopping",
            f"the dev cost was lowest after epoch {best + 1} of {epochs} and has risen "
            f"by {100 * rise:.0f} % since",
            "--early-stopping.patience; tfkit.callbacks.EarlyStopping",
        )


def _regularization(tried: Tried) -> Iterator[_Step]:
    if tried.penalty is None and tried.dropout is None:
        yield _COURSE, "regularization: L2, dropout, early stopping", "", ""
        return
    if tried.penalty is not None:
        more = f" {3 * tried.lambd:.2g}" if tried.lambd else " 0.1"
        where = f"--lambd{more}; tfkit.regularizers.L2 as kernel_regularizer"
        if tried.penalty:
            yield _COURSE, "a stronger weight penalty", f"now {tried.penalty}", where
        else:
            yield _EVIDENCE, "L2 regularization", "there is no penalty", where
    if tried.dropout is not None:
        # 0.9 to 0.8, 0.8 to 0.6, 0.5 to 0.3: the course's range, never all units.
        keep = max(0.3, 1 - 2 * tried.dropout) if tried.dropout else 0.8
        where = f"--keep-prob {keep:g}; tfkit.layers.InvertedDropout"
        if not tried.dropout:
            yield _EVIDENCE, "dropout", "there is none", where
        elif 1 - tried.dropout > keep:
            kept = f"keep_prob is {1 - tried.dropout:g}"
            yield _COURSE, "more dropout", kept, where


def _against_mismatch(tried: Tried) -> Iterator[_Step]:
    del tried
    yield (
        _COURSE,
        "look at the dev errors: what do these examples have that training lacks?",
        "",
        "",
    )
    yield _COURSE, "training data that resembles the dev set", "", ""


def _against_dev_overfitting(tried: Tried) -> Iterator[_Step]:
    del tried
    yield _COURSE, "a bigger dev set", "", ""


_AGAINST = {
    "avoidable bias": _against_bias,
    "variance": _against_variance,
    "data mismatch": _against_mismatch,
    "overfitting to dev": _against_dev_overfitting,
}
