"""TensorBoard events of a run."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import keras

from tfkit import run_folder


class TensorBoard(keras.callbacks.TensorBoard):
    """Logs a run to TensorBoard.

    Costs and metrics of train and dev are written under one tag in two runs, `train`
    and `validation`, so that TensorBoard draws them in one chart; the learning rate
    stands beside them. Notes, such as a run's configuration, go to the Text tab
    through `write_note`.

    Args:
        log_dir: Folder of the event files; created when missing.
        histogram_freq: Epochs between two histograms of every weight; 0 is none.
        write_graph: Whether the model's graph is written.
        update_freq: "epoch", "batch", or every so many batches.

    Raises:
        ImportError: If tensorboard is not installed: TensorFlow no longer brings it.
        PermissionError: If `log_dir` cannot be written to.

    Example:
        >>> import tempfile, numpy as np
        >>> folder = tempfile.mkdtemp()
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile(loss="mse")
        >>> x = np.ones((8, 1), "float32")
        >>> history = model.fit(x, x, callbacks=[TensorBoard(folder)], verbose=0)
        >>> sorted(path.name for path in Path(folder).iterdir())
        ['train']
    """

    def __init__(
        self,
        log_dir: str | Path,
        *,
        histogram_freq: int = 0,
        write_graph: bool = False,
        update_freq: int | str = "epoch",
    ) -> None:
        if importlib.util.find_spec("tensorboard") is None:
            raise ImportError(
                "tensorboard is not installed, and TensorFlow 2.21 no longer brings "
                "it. Run `pip install tensorboard`, or leave this callback out."
            )
        run_folder.require_writable(Path(log_dir))
        super().__init__(
            log_dir=str(log_dir),
            histogram_freq=histogram_freq,
            write_graph=write_graph,
            update_freq=update_freq,
        )


def write_note(log_dir: str | Path, tag: str, markdown: str) -> None:
    """Writes a text for TensorBoard's Text tab.

    Args:
        log_dir: Folder of the event files, as given to `TensorBoard`.
        tag: Name the text is shown under.
        markdown: The text.

    Example:
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> write_note(folder, "question", "Does *dropout* help here?")
        >>> len(list(Path(folder, "train").iterdir()))
        1
    """
    import tensorflow as tf

    writer = tf.summary.create_file_writer(str(Path(log_dir) / "train"))
    with writer.as_default():
        tf.summary.text(tag, markdown, step=0)
    writer.close()
