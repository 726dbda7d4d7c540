"""`tf.contrib.tensorboard.plugins.projector`: pictures of embeddings.

Today: `tensorboard.plugins.projector`, whose `visualize_embeddings` takes a folder.
"""

from __future__ import annotations

from typing import Any

from tensorboard.plugins import projector as _projector
from tensorboard.plugins.projector import EmbeddingInfo, ProjectorConfig, SpriteMetadata

__all__ = ["EmbeddingInfo", "ProjectorConfig", "SpriteMetadata", "visualize_embeddings"]


def visualize_embeddings(summary_writer: Any, config: Any) -> None:
    """Writes `projector_config.pbtxt` into the folder of a `tf.summary.FileWriter`.

    Args:
        summary_writer: The writer, or its folder.
        config: A `ProjectorConfig`.

    Raises:
        ValueError: If the writer has no folder.
    """
    folder = summary_writer
    if hasattr(summary_writer, "get_logdir"):
        folder = summary_writer.get_logdir()
    if not folder:
        raise ValueError(
            "`summary_writer` must be a FileWriter with a folder. "
            f"Received: {summary_writer!r}"
        )
    _projector.visualize_embeddings(folder, config)
