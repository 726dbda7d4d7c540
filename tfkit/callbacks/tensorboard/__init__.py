"""TensorBoard events of a training: everything that the course says to look at."""

from .callback import TensorBoard
from .notes import write_note

__all__ = ["TensorBoard", "write_note"]
