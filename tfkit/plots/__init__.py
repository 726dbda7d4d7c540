"""Every picture tfkit draws, returned as a matplotlib `Figure`.

Figures are made without pyplot: no window opens, no global state is touched, a figure
may be drawn in any thread, and it is freed like any object. Save one with
`figure.savefig("curves.png")`; a notebook shows one that ends a cell.
"""

from .boundary import decision_boundary
from .curves import learning_rate, training_curves
from .network import first_layer_filters, layer_profile
from .predictions import confusion_matrix, precision_recall, worst_mistakes

__all__ = [
    "confusion_matrix",
    "decision_boundary",
    "first_layer_filters",
    "layer_profile",
    "learning_rate",
    "precision_recall",
    "training_curves",
    "worst_mistakes",
]
