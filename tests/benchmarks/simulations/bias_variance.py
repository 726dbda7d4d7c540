"""How often `bias_variance` is wrong, on cases with known truth: CASES (1000).

Draws the numbers of wrong answers of each set from the binomial distribution, and
counts what the verdict says about the gaps that were put in. Prints a Markdown table.
"""

import sys
from dataclasses import dataclass

import numpy as np

from tfkit.diagnose import ErrorRate, bias_variance

HUMAN, TOLERANCE = 0.05, 0.02
NAMES = {
    2: ("avoidable bias", "variance"),
    3: ("avoidable bias", "variance", "overfitting to dev"),
    4: ("avoidable bias", "variance", "data mismatch", "overfitting to dev"),
}
# Examples in each set, and the gap that is to be found with so many.
EFFECTS = {1000: 0.08, 10_000: 0.04}


@dataclass(frozen=True)
class Rates:
    """Shares of the cases in which the verdict was wrong or right.

    `alarms`: a gap is called high that is not above the tolerance. `found`: the gap put
    in is called high, None where there is none. `missed`: it is called low.
    """

    truth: str
    examples: int
    gaps: int
    alarms: float
    found: float | None = None
    missed: float | None = None


def levels(gaps, examples, rng):
    """What is said of each gap, when these are the true ones."""
    truth = HUMAN + np.cumsum(gaps)
    drawn = [ErrorRate(int(rng.binomial(examples, p)), examples) for p in truth]
    parts = {
        2: ("train_error", "dev_error"),
        3: ("train_error", "dev_error", "test_error"),
        4: ("train_error", "train_dev_error", "dev_error", "test_error"),
    }[len(gaps)]
    found = bias_variance(
        **dict(zip(parts, drawn, strict=True)), human_error=HUMAN, tolerance=TOLERANCE
    )
    return [gap.level for gap in found.gaps]


def without_problem(truth, examples, count, cases, rng):
    alarms = 0
    for _ in range(cases):
        gaps = {
            "no gap": lambda: np.zeros(count),
            "gaps from 0 to the tolerance": lambda: rng.uniform(0, TOLERANCE, count),
            "all gaps equal the tolerance": lambda: np.full(count, TOLERANCE),
        }[truth]()
        alarms += "high" in levels(gaps, examples, rng)
    return Rates(truth, examples, count, alarms / cases)


def with_problem(place, examples, count, cases, rng):
    gaps = np.full(count, TOLERANCE / 2)
    gaps[place] = EFFECTS[examples]
    said = [levels(gaps, examples, rng) for _ in range(cases)]
    others = [[level for i, level in enumerate(s) if i != place] for s in said]
    return Rates(
        f"{NAMES[count][place]} of {100 * EFFECTS[examples]:g} %",
        examples,
        count,
        float(np.mean(["high" in each for each in others])),
        float(np.mean([each[place] == "high" for each in said])),
        float(np.mean([each[place] == "low" for each in said])),
    )


def simulate(cases, seed=0):
    rng = np.random.default_rng(seed)
    rows = []
    for examples in EFFECTS:
        for count in NAMES:
            rows += [
                without_problem(truth, examples, count, cases, rng)
                for truth in (
                    "no gap",
                    "gaps from 0 to the tolerance",
                    "all gaps equal the tolerance",
                )
            ]
            rows += [
                with_problem(place, examples, count, cases, rng)
                for place in range(count)
            ]
    return rows


def main():
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print("| truth | examples a set | gaps | false alarms | found | missed |")
    print("|---|---:|---:|---:|---:|---:|")
    for row in simulate(cases):
        found, missed = (
            "" if share is None else f"{100 * share:.1f} %"
            for share in (row.found, row.missed)
        )
        print(
            f"| {row.truth} | {row.examples} | {row.gaps} | {100 * row.alarms:.1f} % "
            f"| {found} | {missed} |"
        )


if __name__ == "__main__":
    main()
