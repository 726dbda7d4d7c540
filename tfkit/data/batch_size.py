"""Advice on the mini-batch size."""

from __future__ import annotations

from dataclasses import dataclass

# The course: "if you have a small training set (m < 2000) use batch gradient descent",
# "typical mini-batch sizes are 64, 128, 256, 512".
_SMALL = 2000
_TYPICAL = (64, 128, 256, 512)
# Fewer updates than this in an epoch give away what mini-batches are for.
_STEPS_WANTED = 100


@dataclass(frozen=True)
class BatchSizeAdvice:
    """A mini-batch size and the reason for it.

    Args:
        batch_size: Examples in a batch.
        steps_per_epoch: Updates in an epoch, the shorter last one included.
        reason: Why this size, in a sentence.
    """

    batch_size: int
    steps_per_epoch: int
    reason: str


def batch_size_advice(
    examples: int,
    *,
    bytes_per_example: int | None = None,
    memory_bytes: int | None = None,
) -> BatchSizeAdvice:
    """Recommends a mini-batch size by the course's rule.

    Below 2000 examples: all of them (batch gradient descent). From there on a power of
    two from 64 to 512: the largest that leaves 100 updates in an epoch, and 64 if none
    does. A size that does not fit into the memory is halved until it does. The power of
    two is a habit that suits the hardware, not a necessity.

    Args:
        examples: $m$, the number of training examples. Int >= 1.
        bytes_per_example: Memory that one example takes while training: the input, every
            layer's activations and their gradients. Needs `memory_bytes`.
        memory_bytes: Memory that a batch may take.

    Returns:
        The size, the number of updates in an epoch, and the reason.

    Raises:
        ValueError: If a number is not positive, only one of the last two is given, or
            not even one example fits.

    Example:
        >>> batch_size_advice(1078).batch_size
        1078
        >>> batch_size_advice(60_000)
        BatchSizeAdvice(batch_size=512, steps_per_epoch=118, reason='...')
        >>> batch_size_advice(
        ...     60_000, bytes_per_example=2**20, memory_bytes=2**27
        ... ).batch_size
        128

    Reference:
        Course notes, "Understanding mini-batch gradient descent".
    """
    if examples < 1:
        raise ValueError(
            f"`examples` must be an int >= 1. Received: examples={examples!r}."
        )
    if (bytes_per_example is None) != (memory_bytes is None):
        raise ValueError(
            "`bytes_per_example` and `memory_bytes` must be given together. Received: "
            f"bytes_per_example={bytes_per_example}, memory_bytes={memory_bytes}."
        )
    if examples < _SMALL:
        size = examples
        reason = f"{examples} examples are few (below {_SMALL}): use them all at once"
    else:
        enough = [size for size in _TYPICAL if examples // size >= _STEPS_WANTED]
        size = max(enough, default=_TYPICAL[0])
        reason = (
            f"a typical size ({_TYPICAL[0]} to {_TYPICAL[-1]}) for {examples} examples"
        )
    if bytes_per_example is not None and memory_bytes is not None:
        if bytes_per_example < 1 or memory_bytes < bytes_per_example:
            raise ValueError(
                "At least one example must fit into the memory. Received: "
                f"bytes_per_example={bytes_per_example}, memory_bytes={memory_bytes}."
            )
        fitting = memory_bytes // bytes_per_example
        if size > fitting:
            # The largest power of two that fits.
            size = 1 << (fitting.bit_length() - 1)
            reason = f"the largest power of two that fits into {memory_bytes} bytes"
    return BatchSizeAdvice(size, -(-examples // size), reason)
