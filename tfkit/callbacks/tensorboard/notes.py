"""Texts for TensorBoard, from outside of a training."""

from __future__ import annotations

from pathlib import Path


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
    from tfkit.callbacks.events import summaries
    from tfkit.callbacks.events.writer import EventWriter

    with EventWriter(log_dir) as writer:
        writer.add("train", summaries.text(tag, markdown), 0)
