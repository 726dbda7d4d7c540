import json
import subprocess
import sys

import keras
import numpy as np
import pytest
from sklearn import metrics

from tfkit.diagnose import PredictionReport, judge_predictions


def random_predictions(classes, examples=200, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, examples)
    logits = rng.normal(size=(examples, classes)) + 2 * np.eye(classes)[labels]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return labels, p


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_confusion_and_scores_are_counts_and_their_ratios(classes):
    labels, p = random_predictions(classes)
    report = judge_predictions(labels, p)
    predicted = p.argmax(axis=1)
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (labels, predicted), 1)
    np.testing.assert_array_equal(report.confusion, counts)
    precision = np.diag(counts) / counts.sum(axis=0)
    recall = np.diag(counts) / counts.sum(axis=1)
    f1 = 2 * precision * recall / (precision + recall)
    support = counts.sum(axis=1)
    # Ratios of small integers, in float64 on both sides.
    np.testing.assert_allclose(
        [[s.precision, s.recall, s.f1, s.support] for s in report.scores],
        np.transpose([precision, recall, f1, support]),
        rtol=1e-12,
    )
    np.testing.assert_allclose(
        [report.macro.precision, report.macro.recall, report.macro.f1],
        [precision.mean(), recall.mean(), f1.mean()],
        rtol=1e-12,
    )
    weights = support / support.sum()
    np.testing.assert_allclose(
        [report.weighted.precision, report.weighted.recall, report.weighted.f1],
        [weights @ precision, weights @ recall, weights @ f1],
        rtol=1e-12,
    )
    assert report.accuracy == pytest.approx(np.mean(predicted == labels), rel=1e-12)
    assert report.errors == np.sum(predicted != labels)


def test_cost_is_sklearns_and_keras_s():
    labels, p = random_predictions(4)
    p[0] = np.roll(np.eye(4), 1, axis=1)[labels[0]]  # sure, and wrong
    cost = judge_predictions(labels, p).cost
    clipped = np.clip(p, 1e-7, 1)
    clipped /= clipped.sum(axis=1, keepdims=True)
    # Renormalizing after the clip, which scikit-learn wants, moves log p by 3e-7.
    assert cost == pytest.approx(metrics.log_loss(labels, clipped), abs=1e-6)
    keras_cost = keras.losses.SparseCategoricalCrossentropy()(labels, p)
    # Keras computes in float32.
    assert cost == pytest.approx(float(keras_cost), rel=1e-5)


def test_binary_ranking_scores():
    labels, p = random_predictions(2)
    report = judge_predictions(labels, p[:, 1])
    positive, negative = p[labels == 1, 1], p[labels == 0, 1]
    # The area is the share of pairs in the right order (no ties here).
    assert report.roc_auc == pytest.approx(
        np.mean(positive[:, None] > negative), rel=1e-12
    )
    ranked = labels[np.argsort(-p[:, 1])]
    precision = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
    assert report.average_precision == pytest.approx(
        precision[ranked == 1].mean(), rel=1e-12
    )


@pytest.mark.parametrize(
    ("labels", "ranks", "finds"), [([0, 0], False, False), ([1, 1], False, True)]
)
def test_ranking_scores_need_examples_of_what_they_are_about(labels, ranks, finds):
    report = judge_predictions(labels, [0.2, 0.7])
    assert (report.roc_auc is not None) is ranks
    assert (report.average_precision is not None) is finds


def test_three_classes_have_no_ranking_scores():
    report = judge_predictions(*random_predictions(3))
    assert report.roc_auc is None
    assert report.average_precision is None


def test_calibration_error_by_hand():
    # Bins (9/15, 10/15], (11/15, 12/15], (14/15, 1]: 2, 5 and 3 predictions.
    confidence = np.repeat([0.65, 0.8, 1.0], [2, 5, 3])
    right = np.array([1, 0, 1, 1, 1, 0, 0, 1, 1, 1])
    labels = np.where(right, 1, 0)  # class 1 is predicted throughout
    report = judge_predictions(labels, confidence)
    expected = 0.2 * abs(0.5 - 0.65) + 0.5 * abs(0.6 - 0.8) + 0.3 * abs(1 - 1)
    assert report.calibration_error == pytest.approx(expected, rel=1e-12)


def test_calibration_error_is_the_mean_over_the_bins_of_guo():
    labels, p = random_predictions(5, examples=1000, seed=1)
    confidence, right = p.max(axis=1), p.argmax(axis=1) == labels
    expected = 0.0
    for b in range(1, 16):
        inside = (confidence > (b - 1) / 15) & (confidence <= b / 15)
        if inside.any():
            gap = abs(right[inside].mean() - confidence[inside].mean())
            expected += inside.sum() / len(labels) * gap
    # The same sums in another order.
    assert judge_predictions(labels, p).calibration_error == pytest.approx(
        expected, rel=1e-10
    )


@pytest.mark.parametrize("seed", range(3))
def test_a_calibrated_model_has_a_small_calibration_error(seed):
    rng = np.random.default_rng(seed)
    p = rng.uniform(size=20_000)
    labels = rng.uniform(size=20_000) < p
    # 8 of the bins are in use, of 2500 examples each: a mean of 8 gaps with a standard
    # deviation of at most 0.01 each.
    assert judge_predictions(labels, p).calibration_error < 0.02
    assert (
        judge_predictions(labels, np.where(p > 0.5, 0.999, 0.001)).calibration_error
        > 0.2
    )


def test_confused_pairs_and_worst_mistakes():
    eye = np.eye(3)
    labels = [0, 0, 0, 0, 1, 2, 2]
    rows = [
        0.9 * eye[0] + 0.1 * eye[1],
        0.4 * eye[0] + 0.6 * eye[1],  # cost -log 0.4
        0.1 * eye[0] + 0.9 * eye[1],  # cost -log 0.1
        0.2 * eye[0] + 0.8 * eye[2],  # cost -log 0.2
        eye[1],
        eye[0],  # cost -log 1e-7, as clipped
        eye[2],
    ]
    report = judge_predictions(labels, rows, ["a", "b", "c"])
    assert [str(pair) for pair in report.confused_pairs] == [
        "a taken for b: 2 times",
        "a taken for c: 1 time",
        "c taken for a: 1 time",
    ]
    assert [mistake.index for mistake in report.worst_mistakes] == [5, 2, 3, 1]
    np.testing.assert_allclose(
        [mistake.cost for mistake in report.worst_mistakes],
        -np.log([1e-7, 0.1, 0.2, 0.4]),
        rtol=1e-12,
    )
    first = report.worst_mistakes[0]
    assert (first.true, first.predicted, first.probability) == ("c", "a", 1.0)
    few = judge_predictions(labels, rows, keep=2)
    assert [mistake.index for mistake in few.worst_mistakes] == [5, 2]
    assert len(few.confused_pairs) == 2


def test_one_answer_whatever_the_form():
    labels, p = random_predictions(2)
    expected = judge_predictions(labels, p).to_dict()
    for form in (p[:, 1], p[:, 1:], p.astype(object)):
        # 1 - (1 - p) may differ from p in the last place.
        np.testing.assert_equal(
            judge_predictions(labels, form).confusion.tolist(), expected["confusion"]
        )
        assert judge_predictions(labels, form).cost == pytest.approx(
            expected["cost"], rel=1e-12
        )
    for form in (labels[:, None], labels.astype(float), np.eye(2)[labels], labels > 0):
        assert judge_predictions(form, p).to_dict() == expected


def test_a_sigmoid_unit_decides_at_one_half():
    report = judge_predictions([0, 1, 1, 0], [[0.1], [0.8], [0.3], [0.5]])
    np.testing.assert_array_equal(report.confusion, [[2, 0], [1, 1]])


def test_a_class_that_is_never_predicted_counts_as_zero():
    report = judge_predictions([0, 0, 1, 1], np.tile([0.9, 0.1, 0.0], (4, 1)))
    assert report.scores[1].precision == report.scores[1].f1 == 0
    # Class 2 does not occur at all and is in no mean: (1/2 + 0) / 2.
    assert report.macro.precision == 0.25
    assert report.scores[2].support == 0


def test_float16_is_precise_enough_to_sum_to_one():
    labels, p = random_predictions(100)
    report = judge_predictions(labels, p.astype(np.float16))
    # A float16 rounds at 5e-4.
    assert report.cost == pytest.approx(judge_predictions(labels, p).cost, rel=1e-3)


def test_plain_types():
    report = judge_predictions(*random_predictions(3), class_names=["a", "b", "c"])
    again = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert again["confusion"] == report.confusion.tolist()
    assert again["accuracy"] == report.accuracy
    assert again["scores"][1]["name"] == "b"
    assert again["worst_mistakes"][0]["index"] == report.worst_mistakes[0].index


def test_text_and_markdown():
    report = judge_predictions([0, 1, 1], [0.2, 0.9, 0.4], ["on|off", "ill"])
    lines = str(report).splitlines()
    assert lines[0].startswith("accuracy 66.7 % (1 of 3 wrong), cost 0.4149, ")
    assert lines[0].endswith("ROC AUC 1.0000, average precision 1.0000")
    assert lines[3].split() == ["ill", "100.0", "%", "50.0", "%", "66.7", "%", "2"]
    assert "  ill taken for on|off: 1 time" in lines
    text = report.to_markdown()
    assert r"| on\|off | 50.0 % | 100.0 % | 66.7 % | 1 |" in text
    assert r"| 2 | ill | on\|off | 60.0 % | 0.92 |" in text
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.replace(r"\|", "").count("|") for line in tables} == {6}


def test_no_mistakes_no_lists():
    report = judge_predictions([0, 1], [0.0, 1.0])
    assert isinstance(report, PredictionReport)
    assert report.confused_pairs == report.worst_mistakes == ()
    assert "taken for" not in str(report) + report.to_markdown()
    assert report.cost == report.calibration_error == 0


def test_many_classes_show_the_worst():
    p = np.eye(40)
    p[[3, 4]] = p[[4, 3]]  # 3 taken for 4, and 4 for 3
    lines = str(judge_predictions(np.arange(40), p)).splitlines()
    assert lines[2].split()[0] == "3"
    assert lines[3].split()[0] == "4"
    assert "  and 10 classes of higher F1" in lines


@pytest.mark.parametrize(
    ("labels", "probabilities", "names", "message"),
    [
        ([0, 1], [[2.0, -1.0], [0.5, 0.5]], None, r"in \[0, 1\].*logits.*softmax"),
        ([0, 1], [3.0, -1.0], None, r"from -1 to 3.*sigmoid"),
        ([0, 1], [[0.5, 0.5], [0.9, 0.9]], None, r"sum to 1.*row 1, which sums to 1.8"),
        ([0, 1], [[0.5, 0.5], [np.nan, 1]], None, r"1 of 2 rows, first in row 1.*rate"),
        ([0, 1], np.zeros((2, 2, 2)), None, r"shape \(2, 2, 2\)"),
        ([], np.zeros((0, 2)), None, r"n >= 1. Received: shape \(0, 2\)"),
        ([0, 2], [0.5, 0.5], None, r"from 0 to 1.*Received: .*2.* at index 1"),
        ([0, -1], [0.5, 0.5], None, r"from 0 to 1.*Received: .*-1"),
        ([0, 0.5], [0.5, 0.5], None, r"from 0 to 1.*0\.5"),
        ([[0.1, 0.9], [1, 0]], np.full((2, 2), 0.5), None, r"one-hot.*argmax"),
        ([[1, 1], [1, 0]], np.full((2, 2), 0.5), None, r"single 1.*\[1 1\] in row 0"),
        (np.eye(3), np.full((3, 2), 0.5), None, r"one-hot rows \(n, 2\).*\(3, 3\)"),
        ([0, 1, 1], [0.5, 0.5], None, r"labels=3, probabilities=2"),
        ([0, 1], [0.5, 0.5], ["a"], r"each of the 2 classes. Received: 1 names"),
    ],
)
def test_errors_name_the_way_out(labels, probabilities, names, message):
    with pytest.raises(ValueError, match=message):
        judge_predictions(labels, probabilities, names)


def test_judging_draws_nothing():
    program = (
        "import sys; from tfkit.diagnose import judge_predictions; "
        "judge_predictions([0, 1], [0.1, 0.9]); "
        "print({'matplotlib', 'tensorflow'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
