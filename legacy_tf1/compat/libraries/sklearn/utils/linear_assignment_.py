"""`sklearn.utils.linear_assignment_`: `scipy.optimize.linear_sum_assignment` today."""

from __future__ import annotations

from typing import Any

import numpy as _np
from scipy.optimize import linear_sum_assignment as _linear_sum_assignment


def linear_assignment(X: Any) -> Any:
    """Returns the pairs (row, column) of least total cost, one a line."""
    return _np.column_stack(_linear_sum_assignment(X))
