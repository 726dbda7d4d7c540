"""What `find_duplicates` found, as a table, plain types and a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tfkit._checks import check_number
from tfkit.data.splits import MISLEADING_COPIES
from tfkit.diagnose.distribution_shift.wording import advice_lines, wrapped

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Lines of each part in the text; to_dict has all.
_ROWS = 10


@dataclass(frozen=True, eq=False)
class Overlap:
    """The examples of one split that are in another, or earlier in the same one.

    Args:
        split: Name of the split.
        other: Name of the other; the same name for copies within.
        size: Number of examples of `split`.
        indices: Positions in `split`, ascending.
        partners: For each, the position in `other` of the first equal or the nearest
            example.
        distances: Their distances, as shares of the typical one; 0 for equal examples.
    """

    split: str
    other: str
    size: int
    indices: np.ndarray
    partners: np.ndarray
    distances: np.ndarray

    @property
    def exact(self) -> int:
        """Number of examples with an equal one."""
        return int((self.distances == 0).sum())

    @property
    def near(self) -> int:
        """Number of examples with a near one and no equal one."""
        return len(self.indices) - self.exact

    @property
    def share(self) -> float:
        """Share of the examples of `split`."""
        return len(self.indices) / self.size

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON types, with the counts."""
        return {
            "split": self.split,
            "other": self.other,
            "size": self.size,
            "exact": self.exact,
            "near": self.near,
            "share": self.share,
            "indices": self.indices.tolist(),
            "partners": self.partners.tolist(),
            "distances": self.distances.tolist(),
        }


@dataclass(frozen=True)
class Conflict:
    """Equal inputs with different labels.

    Args:
        members: Split, position and label of each.
    """

    members: tuple[tuple[str, int, str], ...]

    def __str__(self) -> str:
        shown = ", ".join(
            f"{split} {i}: {label}" for split, i, label in self.members[:4]
        )
        more = len(self.members) - 4
        return shown + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True, eq=False)
class DuplicateReport:
    """What `find_duplicates` found. Printed, it is a table.

    Args:
        sizes: Number of examples of each split, by name.
        tolerance: Distance up to which examples count as near, as a share of
            `typical_distance`; 0 where only equal ones were looked for.
        typical_distance: Median distance of two examples of the first split; None at
            tolerance 0.
        overlaps: Of each split within itself and with each one before it.
        shared_groups: The same for the groups, where they were given.
        conflicts: Equal inputs with different labels, where labels were given.
        least_error: By split, the share of examples that any classifier must get wrong
            because of the conflicts within it.
    """

    sizes: dict[str, int]
    tolerance: float
    typical_distance: float | None
    overlaps: tuple[Overlap, ...]
    shared_groups: tuple[Overlap, ...]
    conflicts: tuple[Conflict, ...]
    least_error: dict[str, float]

    @property
    def leaks(self) -> tuple[Overlap, ...]:
        """Overlaps between different splits that are not empty, the largest first."""
        found = [
            overlap
            for overlap in (*self.overlaps, *self.shared_groups)
            if overlap.split != overlap.other and len(overlap.indices)
        ]
        return tuple(sorted(found, key=lambda overlap: -overlap.share))

    @property
    def copies(self) -> tuple[Overlap, ...]:
        """Copies within a split, where there are any."""
        return tuple(
            overlap
            for overlap in self.overlaps
            if overlap.split == overlap.other and len(overlap.indices)
        )

    def new_examples(self, split: str) -> np.ndarray:
        """Returns the positions of the examples that no earlier split has.

        Neither the example nor its group: what an honest error is measured on, as in
        `model.evaluate(x_dev[new], y_dev[new])`.

        Raises:
            ValueError: If there is no such split.
        """
        if split not in self.sizes:
            raise ValueError(
                f"`split` must be one of {list(self.sizes)}. Received: {split!r}."
            )
        new = np.ones(self.sizes[split], bool)
        for leak in self.leaks:
            if leak.split == split:
                new[leak.indices] = False
        return np.flatnonzero(new)

    def error_on_new(self, split: str, error: float) -> float:
        r"""Returns the error that a measured one would be without the leaked examples.

        With the share $s$ of leaked examples, all of which the model is taken to know
        by heart, $e / (1 - s)$, at most 1. It is the worst case; `new_examples` allows
        to measure.

        Args:
            split: The split that the error was measured on.
            error: Measured, a fraction.

        Raises:
            ValueError: If there is no such split, or no example of it is new.
        """
        error = check_number(
            "error", error, maximum=1.0, hint="Divide per cent by 100."
        )
        new = len(self.new_examples(split))
        if new == 0:
            raise ValueError(
                f"{split!r} must have new examples. Received: all "
                f"{self.sizes[split]} are in an earlier split. Split anew."
            )
        return min(1.0, error * self.sizes[split] / new)

    @property
    def verdict(self) -> str:
        """One line: what leaks where, or that nothing is there twice."""
        parts = []
        if self.leaks:
            leak = self.leaks[0]
            group = any(leak is shared for shared in self.shared_groups)
            of = " by their group" if group else ""
            slight = "" if leak.share >= MISLEADING_COPIES else "slight "
            parts.append(
                f"{slight}leakage: {len(leak.indices)} of {leak.size} {leak.split} examples "
                f"({leak.share:.1%}) are in {leak.other}{of}"
            )
        elif self.copies:
            most = max(self.copies, key=lambda overlap: overlap.share)
            parts.append(
                f"copies within {most.split} ({len(most.indices)} of {most.size})"
                + (", none shared between the splits" if len(self.sizes) > 1 else "")
            )
        else:
            parts.append("no duplicates")
        if self.conflicts:
            inputs = "input has" if len(self.conflicts) == 1 else "inputs have"
            parts.append(f"{len(self.conflicts)} {inputs} conflicting labels")
        return "; ".join(parts)

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do about it, and what it does to the error."""
        steps = []
        for split in self.sizes:
            lost = self.sizes[split] - len(self.new_examples(split))
            if lost == self.sizes[split]:
                steps.append(f"split anew: {split} has no example of its own")
            elif lost:
                honest = self.error_on_new(split, 0.05)
                steps.append(
                    f"an error of 5.0% on {split} may be one of {honest:.1%} on new "
                    f"examples: measure it on new_examples({split!r})"
                )
        if self.leaks:
            steps.append("remove copies before splitting, or split by group")
        elif self.copies:
            steps.append(
                "copies count several times in the cost: drop them, unless they are as "
                "frequent where the model will be used"
            )
        if self.conflicts:
            worst = max(self.least_error, key=lambda name: self.least_error[name])
            effect = (
                f": they make an error of {self.least_error[worst]:.1%} on {worst} "
                "unavoidable"
                if self.least_error[worst] > 0
                else ", which of them is right"
            )
            steps.append(f"look at the conflicting labels{effect}")
        return tuple(steps)

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON types, with the verdict and the advice."""
        return {
            "verdict": self.verdict,
            "advice": list(self.advice),
            "sizes": dict(self.sizes),
            "tolerance": self.tolerance,
            "typical_distance": self.typical_distance,
            "overlaps": [overlap.to_dict() for overlap in self.overlaps],
            "shared_groups": [overlap.to_dict() for overlap in self.shared_groups],
            "conflicts": [
                [list(member) for member in conflict.members]
                for conflict in self.conflicts
            ],
            "least_error": dict(self.least_error),
        }

    def plot(self) -> Figure:
        """Draws the share of each split that is there twice."""
        from tfkit.plots.distribution_shift import overlap_chart

        return overlap_chart(self)

    def __str__(self) -> str:
        lines = [f"verdict: {self.verdict}"]
        if self.typical_distance is not None:
            lines.append(
                f"  near: up to {self.tolerance:g} of the typical distance "
                f"{self.typical_distance:.3g}"
            )
        lines.append(f"  {'':<28}{'examples':>10}{'equal':>8}{'near':>8}{'share':>9}")
        lines += [
            f"  {self.title(overlap):<28}{overlap.size:>10}{overlap.exact:>8}"
            f"{overlap.near:>8}{overlap.share:>9.1%}"
            for overlap in self.overlaps
        ]
        lines += [
            f"  {self.group_title(overlap):<28}{overlap.size:>10}{overlap.exact:>8}"
            f"{'-':>8}{overlap.share:>9.1%}"
            for overlap in self.shared_groups
        ]
        if self.conflicts:
            lines.append("  equal inputs with different labels")
            lines += [
                f"    {str(conflict)[:82]}" for conflict in self.conflicts[:_ROWS]
            ]
            if len(self.conflicts) > _ROWS:
                lines.append(f"    and {len(self.conflicts) - _ROWS} more")
        return "\n".join([*wrapped(lines), *advice_lines(self.advice)])

    @staticmethod
    def title(overlap: Overlap) -> str:
        """Returns what an overlap is of, in words."""
        if overlap.split == overlap.other:
            return f"copies within {overlap.split}"
        return f"{overlap.split} in {overlap.other}"

    @staticmethod
    def group_title(overlap: Overlap) -> str:
        """Returns the same for shared groups."""
        return f"{overlap.split}: group in {overlap.other}"
