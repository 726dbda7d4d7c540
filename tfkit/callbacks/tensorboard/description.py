"""What a run is: its graphs, its row in the HParams tab, its page of charts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import keras

if TYPE_CHECKING:
    from tfkit.callbacks.events.writer import EventWriter

#: A run of its own: its numbers are a table's, and single points among the charts.
_SESSION = "hparams"
#: The errors that the HParams tab lists, and what the columns are called.
_ERRORS: dict[str, str] = {
    "train": "train error",
    "train-dev": "train-dev error",
    "dev": "dev error",
    "test": "test error",
}


def write_graphs(writer: EventWriter, model: keras.Model) -> None:
    """Writes the graph of layers, and that of the operations of a forward pass."""
    from tfkit.callbacks.events import graphs

    layers = graphs.keras_graph(model)
    if layers is not None:
        writer.add("train", layers, 0)
    function = _forward(model)
    if function is not None:
        writer.add_event("train", graphs.op_graph(function))


def _forward(model: keras.Model) -> Any:
    """A traced forward pass, None for a model whose inputs are not known."""
    inputs = getattr(model, "inputs", None)
    if keras.backend.backend() != "tensorflow" or not inputs:
        return None
    import tensorflow as tf

    # A Sequential model keeps its functional form inside.
    functional = getattr(model, "_functional", None) or model
    struct = getattr(functional, "_inputs_struct", None)
    if struct is None:
        return None
    specs = keras.tree.map_structure(lambda t: tf.TensorSpec(t.shape, t.dtype), struct)
    function = tf.function(lambda x: model(x, training=False), autograph=False)
    function._omit_frequent_tracing_warning = True
    return function.get_concrete_function(specs)


def write_session(
    writer: EventWriter,
    parameters: Mapping[str, Any],
    *,
    first: Collection[str],
    name: str,
    parts: Collection[str],
    logs: Iterable[str],
) -> None:
    """Writes the run's row of the HParams tab; its results come with `write_results`.

    Args:
        writer: The thread that writes.
        parameters: The run's, nested or flat.
        first: Names of those that are shown before the others.
        name: Name of the row.
        parts: Names of the data's parts whose errors are measured.
        logs: Names of what an epoch's logs hold.
    """
    from tfkit.callbacks.events import hparams

    metrics = [
        hparams.Metric(f"result/{part} error", "", title)
        for part, title in _ERRORS.items()
        if part in parts
    ]
    metrics += [
        hparams.Metric(f"result/best {log}", "", f"{log}, best epoch")
        for log in logs
        if log != "learning_rate"
    ]
    metrics.append(hparams.Metric("result/best epoch", "", "best epoch"))
    start = hparams.session_start(
        hparams.flatten(parameters), metrics, first=first, trial=name
    )
    writer.add(_SESSION, start, 0)


def write_results(
    writer: EventWriter,
    errors: Mapping[str, float],
    best_epoch: int,
    best: Mapping[str, float],
) -> None:
    """Writes the results that the HParams tab lists.

    Args:
        writer: The thread that writes.
        errors: By part, at the end.
        best_epoch: From 1.
        best: Its logs.
    """
    from tfkit.callbacks.events import hparams, summaries

    results = {f"result/{part} error": error for part, error in errors.items()}
    results |= {
        f"result/best {name}": value
        for name, value in best.items()
        if name != "learning_rate"
    }
    results["result/best epoch"] = best_epoch
    writer.add(_SESSION, summaries.scalars(results), 0)
    writer.add(_SESSION, hparams.session_end(), 0)


def write_page(writer: EventWriter, tags: Mapping[str, set[str]]) -> None:
    """Writes the page of charts that the Custom Scalars tab opens with.

    Args:
        writer: The thread that writes.
        tags: All tags by run; looked at in the thread, when what was added before has
            been written.
    """
    from tfkit.callbacks.events import layout
    from tfkit.callbacks.tensorboard.tags import page

    def drawn() -> Any:
        return layout.layout(page(set().union(*tags.values())))

    writer.add("train", drawn, 0)
