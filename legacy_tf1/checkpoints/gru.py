"""TensorFlow 1's GRU cells: four variables, from which Keras makes three weights.

`GRUCell` and `GRUBlockCell` reset the state before they multiply it by the candidate's
kernel, as `keras.layers.GRU(reset_after=False)` does and Keras's default does not.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .names import layer_of, role_of

#: The last parts of the names: the gates' and the candidate's kernel, then their biases.
_FORMS = (
    (("gates/kernel", "candidate/kernel"), ("gates/bias", "candidate/bias")),
    (("w_ru", "w_c"), ("b_ru", "b_c")),
    # The names of TensorFlow 1.0 and 1.1.
    (("gates/weights", "candidate/weights"), ("gates/biases", "candidate/biases")),
)

Cells = dict[str, tuple[tuple[str, ...], ...]]


def cells(variables: Iterable[str]) -> Cells:
    """Returns the scopes of a checkpoint's cells, with their kernels and biases.

    Example:
        >>> cells(["rnn/gru_cell/w_ru", "rnn/gru_cell/w_c", "dense/kernel"])
        {}
        >>> [*cells(f"rnn/{name}" for name in ("w_ru", "w_c", "b_ru", "b_c"))]
        ['rnn']
    """
    there = set(variables)
    found: Cells = {}
    for name in sorted(there):
        for form in _FORMS:
            scope = name.removesuffix(f"/{form[0][0]}")
            parts = tuple(tuple(f"{scope}/{last}" for last in pair) for pair in form)
            if scope != name and there.issuperset(parts[0] + parts[1]):
                found[scope] = parts
    return found


def parts_of(cell: tuple[tuple[str, ...], ...], weight: str) -> tuple[str, ...]:
    """The two variables of a cell that a weight of a GRU layer is made of."""
    return cell[1] if role_of(weight) == "bias" else cell[0]


def stacked(gates: np.ndarray, candidate: np.ndarray) -> np.ndarray:
    """(r, u) and c -> (u, r, c), as Keras has them: it calls the update gate z."""
    reset, update = np.split(gates, 2, axis=-1)
    return np.concatenate([update, reset, candidate], axis=-1)


def resets_after(weight: str, weights: dict[str, tuple[int, ...]]) -> bool:
    """Whether a GRU layer has two biases, and so the formula that is Keras's default."""
    layer = layer_of(weight)
    kernel = weights.get(f"{layer}/recurrent_kernel", (1, 0))
    bias = weights.get(f"{layer}/bias", ())
    return kernel[1] == 3 * kernel[0] and len(bias) == 2
