"""Do two sets of data come from one distribution?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from tfkit._checks import check_count, check_number
from tfkit.diagnose.distribution_shift.classes import class_tests, paired_classes
from tfkit.diagnose.distribution_shift.classifier_test import classifier_test
from tfkit.diagnose.distribution_shift.feature_tests import (
    TESTS,
    ColumnTest,
    column_tests,
    holm,
)
from tfkit.diagnose.distribution_shift.features import (
    as_rows,
    classifier_inputs,
    compared_features,
    is_frame,
)
from tfkit.diagnose.distribution_shift.power import visible_effect
from tfkit.diagnose.distribution_shift.report import (
    ClassDifference,
    DistributionShift,
    FeatureDifference,
    ShiftTest,
)


def distribution_shift(
    a: Any,
    b: Any,
    *,
    labels_a: ArrayLike | None = None,
    labels_b: ArrayLike | None = None,
    feature_names: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
    alpha: float = 0.05,
    smallest_effect: float = 0.5,
    max_examples: int = 5_000,
    seed: int = 0,
    names: tuple[str, str] = ("train", "dev"),
) -> DistributionShift:
    r"""Says whether two sets of data come from one distribution, and where they differ.

    Two tests, or three with labels, look for a difference:

    - *features*: each one alone, by Kolmogorov-Smirnov's test and Mann-Whitney's of the
      values and of their distances from the median (a chi-squared test takes the place
      of the first for 20 different values or fewer, and of all for categories; missing
      values are a feature of their own), Holm's correction for their number;
    - *classifier*: a discriminant with means, variances and correlations, whose out-
      of-fold scores are compared with those of 999 permutations of a and b;
    - *classes*: chi-squared tests of their shares, of all and of each (Holm).

    Each of the $t$ tests has the level $\alpha/t$, so that the verdict "different" is
    a false alarm in at most a share $\alpha$ of the cases (Bonferroni). Features and
    classes are named at that level, too. Where nothing is found, the verdict is "same"
    if a shift of `smallest_effect` standard deviations in a single feature would have
    been found with 90 % probability, and "not enough data to say" if not.

    Images are compared by their brightness, contrast, edges, mean of each channel and
    ten principal components; the classifier sees fifty.

    The examples are taken to be independent. Copies (`find_duplicates`) and several
    examples of one person or scene make differences out of nothing.

    Args:
        a: The first set, as a rule the training data: array `(examples, features)` or
            `(examples,)`, images `(examples, height, width[, channels])`, or a pandas
            DataFrame, whose text columns are categories. NaN is a missing value, in
            tables.
        b: The second, of the same shape but for the number of examples.
        labels_a: Classes of a, `(examples,)`, numbers or names; or one-hot rows.
        labels_b: Classes of b.
        feature_names: Name of each column. Default: the DataFrame's, or numbers.
        class_names: Name of each class number. Default: the labels themselves.
        alpha: Share of false alarms allowed, in (0, 0.5].
        smallest_effect: The difference that "same" is to rule out, in standard
            deviations of one feature (of being of one class). The default is Cohen's
            "medium" one.
        max_examples: Of each set; of more, so many are drawn at random, and the report
            says so. Labels are counted all.
        seed: Of that draw, and of the folds and permutations of the classifier.
        names: What to call the two sets.

    Raises:
        TypeError: If a or b does not hold numbers.
        ValueError: If shapes do not fit, a value is infinite, an image holds NaN, there
            are fewer than two examples in one of them, or labels of one only.

    Example:
        >>> generator = np.random.default_rng(0)
        >>> train = generator.normal(size=(500, 3))
        >>> dev = generator.normal(size=(500, 3)) + [0.0, 0.5, 0.0]
        >>> report = distribution_shift(train, dev, feature_names=["x", "y", "z"])
        >>> report.verdict
        'different: dev is not distributed as train (small effect: y)'
        >>> report.features[0].name, round(report.features[0].shift, 2)
        ('y', 0.41)
        >>> distribution_shift(train[:250], train[250:]).outcome
        'same'

    Reference:
        Course notes, "Train / Dev / Test sets". Lopez-Paz & Oquab, 2017,
        https://arxiv.org/abs/1610.06545 (classifier two-sample tests). Rabanser et al.,
        2019, https://arxiv.org/abs/1810.11953.
    """
    alpha = check_number(
        "alpha", alpha, exclusive=True, maximum=0.5, hint="The usual one is 0.05."
    )
    smallest_effect = check_number(
        "smallest_effect", smallest_effect, exclusive=True, hint="The default is 0.5."
    )
    max_examples = check_count(
        "max_examples", max_examples, minimum=2, hint="The default is 5000."
    )
    generator = np.random.default_rng(
        check_count("seed", seed, minimum=0, hint="Use 0.")
    )
    names = _names(names)
    a, b = as_rows(a, names[0]), as_rows(b, names[1])
    sizes = (len(a), len(b))
    if min(sizes) < 2:
        raise ValueError(
            "Both sets must have two examples or more. Received: "
            f"{sizes[0]} of {names[0]!r} and {sizes[1]} of {names[1]!r}. Hundreds are "
            "needed to see a difference of medium size."
        )
    counts = paired_classes(labels_a, labels_b, sizes, class_names, names)
    a, b = (_drawn(part, max_examples, generator) for part in (a, b))
    features = compared_features(a, b, feature_names, names)
    columns = column_tests(features)
    classified = classifier_test(classifier_inputs(features), len(a), generator)
    corrected_columns = holm([column.p_value for column in columns])
    p_values = {
        "features": float(corrected_columns.min(initial=1.0)),
        "classifier": classified.p_value,
    }
    classes = None
    if counts is not None:
        classes = class_tests(counts)
        p_values["classes"] = classes.p_value
    tests = tuple(
        ShiftTest(name, p, min(1.0, p * len(p_values)), p * len(p_values) <= alpha)
        for name, p in p_values.items()
    )
    visible = visible_effect(
        len(a), len(b), alpha=alpha, tests=TESTS * max(1, len(columns)) * len(tests)
    )
    if counts is not None:
        visible_share = visible_effect(
            *sizes, alpha=alpha, tests=2 * len(counts.names) * len(tests)
        )
        visible = max(visible, visible_share)
    outcome: Literal["different", "same", "unclear"] = (
        "different"
        if any(test.differs for test in tests)
        else "same"
        if visible <= smallest_effect
        else "unclear"
    )
    return DistributionShift(
        names=names,
        sizes=sizes,
        used=(len(a), len(b)),
        kind=features.kind,
        outcome=outcome,
        alpha=alpha,
        smallest_effect=smallest_effect,
        visible_effect=visible,
        tests=tests,
        auc=classified.auc,
        auc_sees=classified.sees,
        features=_feature_differences(columns, corrected_columns * len(tests), alpha),
        classes=()
        if classes is None
        else tuple(
            ClassDifference(
                name,
                share_a,
                share_b,
                min(1.0, p * len(tests)),
                p * len(tests) <= alpha,
            )
            for name, share_a, share_b, p in classes.by_p_value()
        ),
    )


def _names(names: Any) -> tuple[str, str]:
    if (
        isinstance(names, str)
        or len(names) != 2
        or not all(isinstance(name, str) and name for name in names)
        or names[0] == names[1]
    ):
        raise ValueError(
            "`names` must be two different names of the sets. Received: "
            f"names={names!r}. The default is ('train', 'dev')."
        )
    return str(names[0]), str(names[1])


def _drawn(rows: Any, limit: int, generator: np.random.Generator) -> Any:
    """Returns at most so many rows, drawn without replacement, in their order."""
    if len(rows) <= limit:
        return rows
    chosen = np.sort(generator.choice(len(rows), limit, replace=False))
    return rows.iloc[chosen] if is_frame(rows) else rows[chosen]


def _feature_differences(
    columns: Sequence[ColumnTest], p_values: np.ndarray, alpha: float
) -> tuple[FeatureDifference, ...]:
    found = [
        FeatureDifference(
            name=column.name,
            mean_a=column.mean_a,
            mean_b=column.mean_b,
            shift=column.shift,
            distance=column.distance,
            p_value=min(1.0, float(p)),
            differs=bool(p <= alpha),
        )
        for column, p in zip(columns, p_values, strict=True)
    ]
    return tuple(sorted(found, key=lambda item: (item.p_value, -item.distance)))
