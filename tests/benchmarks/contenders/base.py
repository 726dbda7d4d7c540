"""What all contenders share. Imports no framework."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

# Where the runner has left the arrays, so that no contender loads data with another's
# framework.
DATA = "TFKIT_BENCH_DATA"


class Contender:
    """One side of a comparison."""

    def cold(self) -> float | None:
        """Does what only the first use does; returns its seconds."""
        return None

    def turn(self, round_number: int) -> float:
        """Does the work once and returns what is measured."""
        raise NotImplementedError

    def facts(self) -> dict[str, str]:
        """What else to tell, after the last round."""
        return {}


class Timed(Contender):
    """Seconds of one call, divided by how often it does the work.

    Args:
        call: Does the work and waits until it is done.
        times: How often one call does it.
        reset: Puts the state back before each turn; not timed.
        facts: See `Contender.facts`.
    """

    def __init__(
        self,
        call: Callable[[], object],
        times: int = 1,
        reset: Callable[[], object] = lambda: None,
        facts: Callable[[], dict[str, str]] = dict,
    ) -> None:
        self._call, self._times, self._reset = call, times, reset
        self.facts = facts

    def cold(self) -> float:
        return self._seconds()

    def turn(self, round_number: int) -> float:
        self._reset()
        return self._seconds() / self._times

    def _seconds(self) -> float:
        start = time.perf_counter()
        self._call()
        return time.perf_counter() - start


def array(name: str) -> np.ndarray:
    """One of the arrays that `data.prepare` has written."""
    return np.load(Path(os.environ[DATA]) / f"{name}.npy")


def small_sizes(count: int) -> list[int]:
    """Sizes of many small variables, log-uniform from 1000 to 10 000."""
    generator = np.random.default_rng(0)
    return (
        np.exp(generator.uniform(np.log(1e3), np.log(1e4), count)).astype(int).tolist()
    )


def percent(fraction: float) -> str:
    return f"{100 * fraction:.1f} %"
