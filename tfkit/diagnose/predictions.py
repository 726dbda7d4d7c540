"""Which classes a classifier confuses, how sure it is, and where it is most wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from tfkit._checks import check_count
from tfkit._predictions import (
    check_lengths,
    class_numbers,
    class_probabilities,
    example_costs,
    mistakes_by_cost,
    names_of,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BINS = 15  # as Guo et al. have it in their tables
# Lines of each part in the text; to_dict has all that were kept.
_ROWS, _PAIRS, _MISTAKES = 30, 10, 5


@dataclass(frozen=True)
class ClassScores:
    """How well one class, or the mean of the classes, is recognized.

    Args:
        name: Name of the class, or "macro average", "weighted average".
        precision: Share of the examples taken for the class that are of it; 0 where
            none was taken for it.
        recall: Share of the examples of the class that were found; 0 where there are
            none.
        f1: Harmonic mean of the two.
        support: Number of examples of the class.
    """

    name: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class ConfusedPair:
    """Examples of one class that were taken for another.

    Args:
        true: Name of their class.
        predicted: Name of the class they were taken for.
        count: Number of times.
    """

    true: str
    predicted: str
    count: int

    def __str__(self) -> str:
        times = "time" if self.count == 1 else "times"
        return f"{self.true} taken for {self.predicted}: {self.count} {times}"


@dataclass(frozen=True)
class Mistake:
    """One wrong prediction.

    Args:
        index: Position of the example.
        true: Name of its class.
        predicted: Name of the class it was taken for.
        probability: Probability that the model gave to the predicted class.
        cost: -log of the probability that it gave to the true class.
    """

    index: int
    true: str
    predicted: str
    probability: float
    cost: float


@dataclass(frozen=True, eq=False)
class PredictionReport:
    """What `judge_predictions` found. Printed, it is a table.

    Args:
        class_names: Name of each class.
        confusion: Number of examples by true class (row) and predicted class (column),
            int array `(classes, classes)`.
        scores: Precision, recall, F1 and support of each class.
        macro: Their mean over the classes that occur, all alike.
        weighted: Their mean, weighted by the support.
        cost: Mean of -log p(true class), the log loss.
        calibration_error: Expected calibration error, a fraction.
        confused_pairs: The pairs most often confused, the most frequent first.
        worst_mistakes: The wrong predictions of highest cost, the highest first.
        roc_auc: Area under the ROC curve; None unless there are two classes, both with
            examples.
        average_precision: Of class 1; None unless there are two classes, and examples
            of class 1.
    """

    class_names: tuple[str, ...]
    confusion: np.ndarray
    scores: tuple[ClassScores, ...]
    macro: ClassScores
    weighted: ClassScores
    cost: float
    calibration_error: float
    confused_pairs: tuple[ConfusedPair, ...]
    worst_mistakes: tuple[Mistake, ...]
    roc_auc: float | None = None
    average_precision: float | None = None

    @property
    def examples(self) -> int:
        """Number of predictions."""
        return int(self.confusion.sum())

    @property
    def errors(self) -> int:
        """Number of wrong predictions."""
        return self.examples - int(np.trace(self.confusion))

    @property
    def accuracy(self) -> float:
        """Share of right predictions."""
        return 1 - self.errors / self.examples

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON types, with the examples, errors and accuracy."""
        return {
            "examples": self.examples,
            "errors": self.errors,
            "accuracy": self.accuracy,
            # Not asdict of the whole: it would leave the matrix an array.
            **{name: _plain(value) for name, value in vars(self).items()},
        }

    def to_markdown(self) -> str:
        """Returns the report as Markdown without headings, for any place in a page."""
        lines = [f"{self._summary}.", ""]
        header, *rows = self._score_rows()
        lines += [_row(header), "| --- |" + " ---: |" * (len(header) - 1)]
        lines += [_row(row) for row in rows]
        if self._score_note:
            lines += ["", self._score_note]
        if self.confused_pairs:
            lines += ["", "Most often confused:", ""]
            lines += [
                f"- {_escaped(str(pair))}" for pair in self.confused_pairs[:_PAIRS]
            ]
        if self.worst_mistakes:
            header, *rows = self._mistake_rows(len(self.worst_mistakes))
            lines += ["", "Mistakes of highest cost, -log p(true class):", ""]
            lines += [_row(header), "| ---: | --- | --- | ---: | ---: |"]
            lines += [_row(row) for row in rows]
        return "\n".join([*lines, ""])

    def plot(self) -> Figure:
        """Draws the confusion matrix."""
        from tfkit import plots

        return plots.confusion_matrix(self.confusion, self.class_names)

    def __str__(self) -> str:
        lines = [self._summary, *_aligned(self._score_rows(), left={0})]
        lines += [f"  {self._score_note}"] if self._score_note else []
        if self.confused_pairs:
            lines.append("most often confused")
            lines += [f"  {pair}" for pair in self.confused_pairs[:_PAIRS]]
        if self.worst_mistakes:
            lines.append("mistakes of highest cost, -log p(true class)")
            lines += _aligned(self._mistake_rows(_MISTAKES), left={1, 2})
        return "\n".join(lines)

    @property
    def _summary(self) -> str:
        parts = [
            f"accuracy {100 * self.accuracy:.1f} % ({self.errors} of {self.examples} "
            f"wrong), cost {self.cost:.4g}, calibration error "
            f"{100 * self.calibration_error:.1f} %"
        ]
        if self.roc_auc is not None:
            parts.append(f"ROC AUC {self.roc_auc:.4f}")
        if self.average_precision is not None:
            parts.append(f"average precision {self.average_precision:.4f}")
        return ", ".join(parts)

    @property
    def _score_note(self) -> str:
        left_out = len(self.scores) - _ROWS
        return f"and {left_out} classes of higher F1" if left_out > 0 else ""

    def _score_rows(self) -> list[tuple[str, ...]]:
        scores = list(self.scores)
        if self._score_note:
            scores = sorted(scores, key=lambda score: score.f1)[:_ROWS]
        return [
            ("class", "precision", "recall", "F1", "examples"),
            *(
                (
                    score.name,
                    *(
                        f"{100 * value:.1f} %"
                        for value in (score.precision, score.recall, score.f1)
                    ),
                    str(score.support),
                )
                for score in (*scores, self.macro, self.weighted)
            ),
        ]

    def _mistake_rows(self, count: int) -> list[tuple[str, ...]]:
        return [
            ("example", "true", "predicted", "with", "cost"),
            *(
                (
                    str(mistake.index),
                    mistake.true,
                    mistake.predicted,
                    f"{100 * mistake.probability:.1f} %",
                    f"{mistake.cost:.2f}",
                )
                for mistake in self.worst_mistakes[:count]
            ),
        ]


def judge_predictions(
    labels: ArrayLike,
    probabilities: ArrayLike,
    class_names: Sequence[str] | None = None,
    *,
    keep: int = 25,
) -> PredictionReport:
    r"""Judges the predictions of a classifier class by class.

    The predicted class is the most probable one; with one sigmoid unit, class 1 above
    0.5. Of $n$ examples with label $y_i$, of which the model predicts class $\hat y_i$
    with the probability $\hat p_i$ (its confidence),

    - the cost is $-\frac1n \sum_i \log p_i(y_i)$, with probabilities clipped at 1e-7
      as Keras's losses do, so that one mistake costs at most 16.1;
    - the expected calibration error says how far confidence is from accuracy. With
      $B_b$ the examples whose confidence lies in $((b-1)/15, b/15]$,

      $$\mathrm{ECE} = \sum_{b=1}^{15} \frac{|B_b|}{n}
        \left|\frac1{|B_b|}\sum_{i \in B_b} 1[\hat y_i = y_i]
        - \frac1{|B_b|}\sum_{i \in B_b} \hat p_i\right|$$

      It is 0 for a model that is right in 80 % of the cases in which it is 80 % sure.

    Precision, recall and F1 are scikit-learn's with `zero_division=0`: a class that is
    never predicted counts as 0 in the averages, and stands out there.

    Args:
        labels: Class numbers, `(n,)` or `(n, 1)`; or one-hot rows `(n, classes)`.
        probabilities: Shape `(n, classes)`, each row summing to 1; or `(n,)` or
            `(n, 1)`, the probability of class 1.
        class_names: Name of each class. Default: their numbers.
        keep: How many of the mistakes, and of the confused pairs, are kept. Int >= 1.

    Raises:
        ValueError: If shapes do not fit, a probability is NaN or outside [0, 1], a row
            does not sum to 1 within 1e-3, or a label has no column.

    Example:
        >>> labels = [0, 0, 1, 1, 2, 2]
        >>> probabilities = [
        ...     [0.9, 0.1, 0.0],
        ...     [0.8, 0.1, 0.1],
        ...     [0.2, 0.7, 0.1],
        ...     [0.1, 0.3, 0.6],
        ...     [0.0, 0.1, 0.9],
        ...     [0.0, 0.2, 0.8],
        ... ]
        >>> report = judge_predictions(labels, probabilities, ["cat", "dog", "fox"])
        >>> print(report)
        accuracy 83.3 % (1 of 6 wrong), cost 0.3696, calibration error 25.0 %
          class             precision   recall       F1  examples
          cat                 100.0 %  100.0 %  100.0 %         2
          dog                 100.0 %   50.0 %   66.7 %         2
          fox                  66.7 %  100.0 %   80.0 %         2
          macro average        88.9 %   83.3 %   82.2 %         6
          weighted average     88.9 %   83.3 %   82.2 %         6
        most often confused
          dog taken for fox: 1 time
        mistakes of highest cost, -log p(true class)
          example  true  predicted    with  cost
                3  dog   fox        60.0 %  1.20
        >>> [mistake.index for mistake in report.worst_mistakes]
        [3]

    Reference:
        Guo et al., 2017, https://arxiv.org/abs/1706.04599, eq. 3.
    """
    from sklearn import metrics  # takes a second to import

    keep = check_count("keep", keep, hint="The default is 25.")
    p = class_probabilities(probabilities)
    classes = p.shape[1]
    y = class_numbers(labels, classes)
    check_lengths(labels=y, probabilities=p)
    names = names_of(class_names, classes)
    predicted = p.argmax(axis=1)
    confusion = metrics.confusion_matrix(y, predicted, labels=range(classes))
    # Both need examples of what they are about; scikit-learn warns and answers NaN.
    ranked = classes == 2 and len(np.unique(y)) == 2
    return PredictionReport(
        class_names=names,
        confusion=confusion,
        scores=_class_scores(y, predicted, names),
        macro=_average(y, predicted, "macro"),
        weighted=_average(y, predicted, "weighted"),
        cost=float(example_costs(y, p).mean()),
        calibration_error=_calibration_error(y == predicted, p.max(axis=1)),
        confused_pairs=_confused_pairs(confusion, names, keep),
        worst_mistakes=_worst_mistakes(y, predicted, p, names, keep),
        roc_auc=float(metrics.roc_auc_score(y, p[:, 1])) if ranked else None,
        average_precision=(
            float(metrics.average_precision_score(y, p[:, 1]))
            if classes == 2 and y.any()
            else None
        ),
    )


def _class_scores(
    y: np.ndarray, predicted: np.ndarray, names: Sequence[str]
) -> tuple[ClassScores, ...]:
    from sklearn import metrics

    columns = metrics.precision_recall_fscore_support(
        y, predicted, labels=range(len(names)), zero_division=0.0
    )
    return tuple(
        ClassScores(name, float(precision), float(recall), float(f1), int(support))
        for name, precision, recall, f1, support in zip(names, *columns, strict=True)
    )


def _average(y: np.ndarray, predicted: np.ndarray, kind: str) -> ClassScores:
    from sklearn import metrics

    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        y, predicted, average=kind, zero_division=0.0
    )
    return ClassScores(
        f"{kind} average", float(precision), float(recall), float(f1), len(y)
    )


def _calibration_error(right: np.ndarray, confidence: np.ndarray) -> float:
    # Bins are closed above, so that a confidence of 1 belongs to the last.
    bins = np.clip(np.ceil(confidence * _BINS).astype(int) - 1, 0, _BINS - 1)
    # |B|/n |accuracy - confidence| of a bin is its |sum of differences| / n.
    gaps = np.bincount(bins, weights=right - confidence)
    return float(np.abs(gaps).sum() / len(right))


def _confused_pairs(
    confusion: np.ndarray, names: Sequence[str], keep: int
) -> tuple[ConfusedPair, ...]:
    mistakes = confusion - np.diag(np.diag(confusion))
    order = np.argsort(-mistakes, axis=None, kind="stable")[:keep]
    pairs = np.transpose(np.unravel_index(order, mistakes.shape))
    return tuple(
        ConfusedPair(names[true], names[predicted], int(mistakes[true, predicted]))
        for true, predicted in pairs
        if mistakes[true, predicted]
    )


def _worst_mistakes(
    y: np.ndarray,
    predicted: np.ndarray,
    p: np.ndarray,
    names: Sequence[str],
    keep: int,
) -> tuple[Mistake, ...]:
    costs = example_costs(y, p)
    return tuple(
        Mistake(
            index=int(i),
            true=names[y[i]],
            predicted=names[predicted[i]],
            probability=float(p[i, predicted[i]]),
            cost=float(costs[i]),
        )
        for i in mistakes_by_cost(y, predicted, p)[:keep]
    )


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, (ClassScores, ConfusedPair, Mistake)):
        return asdict(value)
    return value


def _aligned(rows: Sequence[Sequence[str]], *, left: set[int]) -> list[str]:
    """Returns the rows as lines, columns padded; those in `left` start at the left."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  "
        + "  ".join(
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_escaped(cell) for cell in cells) + " |"


def _escaped(text: str) -> str:
    return text.replace("|", r"\|")
