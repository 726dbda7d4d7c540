"""Numbers taken inside the real training step, for callbacks.

A callback that builds on `StepObserver` says which steps it wants to see. In those the
training function hands out norms of gradients, weights and changes, and statistics of
activations: of the step that trains, without a second pass. In compiled epochs only the
steps that are looked at cost more; the epoch stays one call.

`observation` has what a step tells, `periods` which steps are looked at, `observer` what
is traced into the training function, `feeds` the way from there to the callbacks.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras

from tfkit.training.feeds import Feed, KerasFeed, Pending
from tfkit.training.observation import BadStep, Observation
from tfkit.training.observer import Options
from tfkit.training.periods import Every, Periods


class StepObserver(keras.callbacks.Callback):
    """Base of callbacks that look into training steps; works in every `fit`.

    In tfkit's compiled epochs the engine observes, in Keras's own `fit` a replaced
    `train_step`. Each of several observers gets the steps that it asks for. Under `tf.distribute` and on other backends no step is observed;
    `feed.refusal` says so.

    Subclasses that have a method for one of the hooks below call that of this class.

    Args:
        every: Steps from one observation to the next, "epoch" for the first step of
            each epoch, None for none. Of arrays, a shorter last batch is left out.
        samples: Whether values for histograms are taken.
        guard: Whether the first step that is not finite stops all updates.

    Raises:
        ValueError: If `every` is none of these.

    Example:
        >>> import numpy as np
        >>> class Norms(StepObserver):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         super().on_epoch_end(epoch, logs)
        ...         for observation in self.observations():
        ...             print(observation.step, sorted(observation.gradient_norm))
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.layers[0].name = "line"
        >>> model.compile("sgd", "mse")
        >>> x = np.ones((8, 2), "float32")
        >>> norms = Norms(every="epoch")
        >>> _ = model.fit(
        ...     x, x[:, :1], batch_size=4, epochs=2, verbose=0, callbacks=[norms]
        ... )
        1 ['line']
        3 ['line']
    """

    every_batch = False

    def __init__(
        self, *, every: Every = "epoch", samples: bool = False, guard: bool = False
    ) -> None:
        super().__init__()
        valid = every is None or every == "epoch"
        valid |= isinstance(every, int) and not isinstance(every, bool) and every > 0
        if not valid:
            raise ValueError(
                "Steps can be observed every so many (an int >= 1), once an epoch "
                f'("epoch"), or not at all (None). Received: {every!r}'
            )
        self.options = Options(Periods.of(every), samples, guard)
        self.feed: Feed | None = None
        self._given = False
        self._queue: list[Pending] = []

    def follow(self, feed: Feed) -> None:
        """Sets what the next `fit` is told by; a loop calls it before `on_train_begin`."""
        self.feed, self._given = feed, True
        self._queue = feed.subscribe(self.options.periods)

    def observations(self) -> list[Observation]:
        """Those since this method was last called, the oldest first."""
        return [make() for _, make in self.pending()]

    def pending(self) -> list[Pending]:
        """The same as pairs of a step's number and what makes its observation."""
        taken = list(self._queue)
        self._queue.clear()
        return taken

    def bad_step(self) -> BadStep | None:
        """The step that was not finite, with `guard=True`."""
        return None if self.feed is None else self.feed.bad_step()

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Joins the feed of Keras's own loop, if no compiled one has been given."""
        if self._given:
            self._given = False
            return
        shared = self.model.__dict__.get("_observed_feed")
        if shared is None or shared.fit is not self.params:
            shared = KerasFeed(self.model, self.options, self.params)
            self.model.__dict__["_observed_feed"] = shared
        shared.options = shared.options.joined(self.options)
        self.feed = shared
        self._queue = shared.subscribe(self.options.periods)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Tells the feed."""
        for feed in self._led():
            feed.epoch_begins()

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Tells the feed."""
        for feed in self._led():
            feed.batches_end(batch)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Tells the feed."""
        for feed in self._led():
            feed.epoch_ends()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Tells the feed."""
        for feed in self._led():
            feed.ends()

    def _led(self) -> list[Feed]:
        """The feed, if this is the first of the callbacks that share it."""
        feed = self.feed
        return [] if feed is None or not feed.is_led_by(self._queue) else [feed]


def joined_options(observers: Iterable[StepObserver]) -> Options:
    """What several callbacks want together."""
    result = Options()
    for observer in observers:
        result = result.joined(observer.options)
    return result
