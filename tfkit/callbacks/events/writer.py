"""A background thread that writes the event files of a training."""

from __future__ import annotations

import atexit
import contextlib
import io
import itertools
import operator
import os
import queue
import socket
import struct
import threading
import time
import traceback
import warnings
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path, PurePath
from types import TracebackType
from typing import Any

import google_crc32c
from tensorboard.compat.proto import event_pb2, summary_pb2

# The messages that TensorBoard's protocol compiler made have no types of their own.
Values = Any
Summaries = Values | Callable[[], Values]

_STOP = object()
# Whoever waits for the thread looks again and again: Ctrl-C then leaves no lock held and
# no waiter behind, as it can inside `threading.Event.wait` and `Thread.join`.
_POLL_SECONDS = 0.001
# Events are written some at a time. One by one as they come, between epochs of a few
# milliseconds, each would find the processor's caches cold, and take from the training
# the interpreter when it needs it and a core when it would use all.
_REST_SECONDS = 0.25
# Two writers of one process may open files for the same run in the same second.
_file_numbers = itertools.count()


class EventsLostWarning(UserWarning):
    """Events could not be written; the training itself goes on.

    Example:
        >>> issubclass(EventsLostWarning, UserWarning)
        True
    """


class EventWriter:
    """Writes the event files of all runs below one folder, in a thread of its own.

    The training loop only puts what there is to write into a queue, which takes about a
    microsecond. Where computing it takes time (binning a histogram, drawing a picture),
    `add` is given a function that the thread calls.

    What can be relied upon:

    - **Nothing is lost** when the interpreter ends, whether normally, by an exception
      or by Ctrl-C, with or without `close`; nor when the writer is garbage collected,
      whose thread then ends by itself. An event is with the operating system a quarter
      of a second later, unless the thread has more to do: no more is lost of a process
      that is killed.
    - **Bounded memory.** With `queue_size` summaries waiting, `add` blocks until there
      is room. (Several threads that add at once may exceed it by one each.)
    - **A failing disk does not stop the training.** After an `OSError` there is one
      `EventsLostWarning`, from the next `add`, `flush` or `close`; everything later is
      dropped and `failed` holds the error. Files that are removed are noticed too.
    - **A failing function loses its own event only.** It is reported in the same way,
      once per message.
    - **A forked child** has no such thread: whatever it adds is dropped, and it neither
      waits for nor touches its parent's files.

    Args:
        log_dir: Folder of the runs; created with the first event.
        queue_size: Most summaries that may wait. Positive int.

    Raises:
        ValueError: If `queue_size` is not a positive int.

    Example:
        >>> import tempfile
        >>> from tfkit.callbacks.events import summaries
        >>> folder = Path(tempfile.mkdtemp())
        >>> with EventWriter(folder) as writer:
        ...     for epoch in range(3):
        ...         writer.add(
        ...             "train", summaries.scalars({"cost": 1 / (epoch + 1)}), epoch
        ...         )
        >>> from tensorboard.backend.event_processing import event_accumulator
        >>> reader = event_accumulator.EventAccumulator(str(folder / "train")).Reload()
        >>> [event.step for event in reader.Tensors("cost")]
        [0, 1, 2]
    """

    def __init__(self, log_dir: str | Path, *, queue_size: int = 1000) -> None:
        if not isinstance(queue_size, int) or queue_size < 1:
            raise ValueError(
                "`queue_size` must be a positive int (summaries that may wait to be "
                f"written). Received: queue_size={queue_size!r}"
            )
        self.log_dir = Path(log_dir)
        self.queue_size = queue_size
        self._runs: set[str] = set()
        self._closed = False
        self._worker = _Worker(self.log_dir)
        # Not awaited: collection may happen anywhere, also where a lock is held that
        # the thread needs. What it has not written by then is awaited at the exit.
        ending = weakref.finalize(self, self._worker.queue.put, _STOP)
        ending.atexit = False
        _unfinished.add(self._worker)
        self._worker.thread.start()

    @property
    def failed(self) -> Exception | None:
        """What ended the writing; None while all is well."""
        return self._worker.failed

    def add(
        self,
        run: str,
        summary: Summaries,
        step: int,
        wall_time: float | None = None,
    ) -> None:
        """Has an event written.

        Args:
            run: Subfolder, such as `"train"`; `""` is `log_dir` itself.
            summary: A `Summary` of TensorBoard's, a list of `Summary.Value`, or a
                function without arguments that returns either; it is called once, in
                the thread. What is given must not be changed afterwards. Nothing is
                written for an empty list.
            step: The x of TensorBoard's charts.
            wall_time: Seconds since 1970. Default: now.

        Raises:
            TypeError: If `summary` or `step` is none of these.
            ValueError: If `run` leads out of `log_dir`.
            RuntimeError: If the writer is closed.
        """
        if not (
            callable(summary) or isinstance(summary, (list, tuple, summary_pb2.Summary))
        ):
            raise TypeError(
                "`summary` must be a tensorboard Summary, a list of its values, or a "
                f"function that returns one. Received: {type(summary)}. See "
                "tfkit.callbacks.events.summaries."
            )
        if wall_time is None:
            wall_time = time.time()
        self._put(run, (run, summary, operator.index(step), wall_time))

    def add_event(self, run: str, event: Any) -> None:
        """Has a finished `Event` written, such as a graph's.

        Args:
            run: Subfolder, as for `add`.
            event: A `tensorboard.compat.proto.event_pb2.Event`; without a wall time, it
                gets the present one.

        Raises:
            TypeError: If `event` is something else.
            ValueError: If `run` leads out of `log_dir`.
            RuntimeError: If the writer is closed.
        """
        if not isinstance(event, event_pb2.Event):
            raise TypeError(
                "`event` must be an Event of tensorboard.compat.proto.event_pb2. "
                f"Received: {type(event)}. For summaries there is `add`."
            )
        if not event.wall_time:
            event.wall_time = time.time()
        self._put(run, (run, event))

    def flush(self) -> None:
        """Waits until everything added so far has been written."""
        worker = self._worker
        if worker.awaitable():
            mark = _Mark()
            worker.queue.put(mark)
            worker.wake()
            while not (mark.reached or worker.ended):
                time.sleep(_POLL_SECONDS)
        worker.report()

    def close(self) -> None:
        """Writes what is waiting and ends the thread. Closing twice does no harm."""
        self._closed = True
        self._worker.stop()
        self._worker.report()

    def __enter__(self) -> EventWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _put(self, run: str, item: tuple[Any, ...]) -> None:
        if run not in self._runs:
            self._runs.add(_checked_run(run))
        if self._closed:
            raise RuntimeError(
                "The event writer is closed: nothing can be added any more. Received: "
                f"run={run!r}. Make a new EventWriter; it adds files to {self.log_dir}."
            )
        worker = self._worker
        if worker.failed is None and not worker.is_forked():
            waiting = worker.queue.qsize()
            if 2 * waiting >= self.queue_size:
                worker.wake()
            while waiting >= self.queue_size and worker.awaitable():
                time.sleep(_POLL_SECONDS)
                waiting = worker.queue.qsize()
            # One step in C: Ctrl-C comes before it or after it.
            worker.queue.put(item)
        worker.report()


class _Mark:
    """Stands in the queue behind what `flush` waits for."""

    reached = False


class _Worker:
    """What the thread works with: apart from the writer, so that that can be collected.

    Attributes:
        queue: Events to be written, marks, and `_STOP`. Unlike `queue.Queue`, it stays
            whole whenever Ctrl-C interrupts a caller.
        failed: The error that ended the writing.
        ended: Whether the thread has closed its files.
    """

    def __init__(self, log_dir: Path) -> None:
        self.log_dir = log_dir
        self.queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.failed: Exception | None = None
        self.ended = False
        self.thread = threading.Thread(
            target=self._run, name="tfkit-events", daemon=True
        )
        self._files: dict[str, _EventFile] = {}
        self._alarm: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._notices: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reported: set[str] = set()
        self._process = os.getpid()

    def is_forked(self) -> bool:
        """Whether this is a child process, into which no fork takes the thread."""
        return self._process != os.getpid()

    def awaitable(self) -> bool:
        """Whether the thread will go on while the caller waits.

        It does not if it is the caller, has not begun, or has ended.
        """
        return (
            self.thread.ident not in (None, threading.get_ident())
            and not self.ended
            and not self.is_forked()
        )

    def wake(self) -> None:
        """Has the thread write now, if it rests."""
        if self._alarm.empty():
            self._alarm.put(None)

    def stop(self) -> None:
        """Has the thread write what is waiting and end; waits for it."""
        if not self.is_forked() and not self.ended:
            self.queue.put(_STOP)
            self.wake()
            while self.awaitable():
                time.sleep(_POLL_SECONDS)

    def report(self) -> None:
        """Warns of what went wrong since the last time.

        Called by whoever uses the writer: pytest, notebooks and `warnings` itself do
        not reliably see a warning from another thread.
        """
        while not self._notices.empty():
            with contextlib.suppress(queue.Empty):  # another thread was faster
                notice = self._notices.get_nowait()
                warnings.warn(notice, EventsLostWarning, stacklevel=3)
        if self.ended:
            _unfinished.discard(self)

    def _run(self) -> None:
        try:
            stopping, yielded = False, 0.0
            while not (stopping and self.queue.empty()):
                # The item has no name here: it would live, and its owner with it, until
                # the next one comes.
                stopping |= self._take(self._next())
                if time.perf_counter() - yielded > _POLL_SECONDS:
                    # The training may be waiting for the interpreter.
                    time.sleep(0)
                    yielded = time.perf_counter()
        finally:
            for file in self._files.values():
                with contextlib.suppress(OSError):
                    file.close()
            self.ended = True
            if self._notices.empty():
                _unfinished.discard(self)

    def _next(self) -> Any:
        idle = self.queue.empty()
        item = self.queue.get()
        if idle and isinstance(item, tuple):
            with contextlib.suppress(queue.Empty):
                self._alarm.get(timeout=_REST_SECONDS)
        return item

    def _take(self, item: Any) -> bool:
        """Writes one item; True if it says that there is nothing more to come."""
        if isinstance(item, tuple) and self.failed is None:
            event = self._event(*item)
            if event is not None:
                self._write(item[0], event)
        if self.failed is None and (self.queue.empty() or not isinstance(item, tuple)):
            self._look_for_files()
        if isinstance(item, _Mark):
            item.reached = True
        return item is _STOP

    def _event(self, run: str, content: Any, *when: Any) -> bytes | None:
        """Returns the event's bytes; None if there is nothing to write."""
        try:
            if isinstance(content, event_pb2.Event):
                return content.SerializeToString()
            values = content() if callable(content) else content
            if not isinstance(values, summary_pb2.Summary):
                values = summary_pb2.Summary(value=values)
            step, wall_time = when
            event = event_pb2.Event(step=step, wall_time=wall_time, summary=values)
            return event.SerializeToString() if values.value else None
        # Whatever a user's function raises, the other events are still to be written.
        except BaseException as error:
            self._notice(_failed_content(run, content, error))
            return None

    def _write(self, run: str, event: bytes) -> None:
        path = self.log_dir / run
        try:
            file = self._files.get(run)
            if file is None:
                file = self._files[run] = _EventFile(path)
                file.begin()
            path = file.path
            file.write(event)
        except Exception as error:
            self._fail(path, error)

    def _look_for_files(self) -> None:
        """Notices that a folder was removed: writing to its files raises nothing."""
        for file in self._files.values():
            try:
                file.require_there()
            except OSError as error:
                self._fail(file.path, error)
                return

    def _fail(self, path: Path, error: Exception) -> None:
        # Its traceback would keep alive what was being written, and its owner.
        self.failed = error.with_traceback(None)
        self._notice(
            f"TensorBoard's events can no longer be written to {path}: "
            f"{getattr(error, 'strerror', None) or error}. Training goes on without "
            "them. Make room, or give the next run another folder."
        )

    def _notice(self, message: str) -> None:
        if message not in self._reported:
            self._reported.add(message)
            self._notices.put(message)


class _EventFile:
    """One run's file. Without a buffer, which a forked child would write once more."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / (
            f"events.out.tfevents.{int(time.time()):010d}.{socket.gethostname()}"
            f".{os.getpid()}.{next(_file_numbers)}"
        )
        self._file = io.FileIO(self.path, "x")
        # Some file systems count no links at all.
        self._has_links = os.fstat(self._file.fileno()).st_nlink > 0

    def begin(self) -> None:
        """Writes the event by which readers know the format."""
        first = event_pb2.Event(
            wall_time=time.time(),
            file_version="brain.Event:2",
            source_metadata=event_pb2.SourceMetadata(writer="tfkit"),
        )
        self.write(first.SerializeToString())

    def write(self, event: bytes) -> None:
        _write_whole(self._file, _record(event))

    def require_there(self) -> None:
        """Raises an OSError if the file has no name any more."""
        if self._has_links and os.fstat(self._file.fileno()).st_nlink == 0:
            raise FileNotFoundError("the file has been removed")

    def close(self) -> None:
        self._file.close()


def _write_whole(file: io.FileIO, data: bytes) -> None:
    """Writes all of it; on a nearly full disk a raw file writes a part."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _record(event: bytes) -> bytes:
    """An event as it stands in a file: a TFRecord, length and content each with a check.

    TensorBoard's own `RecordWriter` computes the checks in Python, which takes longer
    than all the rest and holds up the training beside it.
    """
    length = struct.pack("<Q", len(event))
    return b"".join((length, _masked_check(length), event, _masked_check(event)))


def _masked_check(data: bytes) -> bytes:
    check = google_crc32c.value(data)
    # Rotated and moved, as the format has it: checks of data that hold checks are weak.
    masked = ((check >> 15 | check << 17) + 0xA282EAD8) & 0xFFFFFFFF
    return struct.pack("<I", masked)


# Threads that may still have something to write, or to report.
_unfinished: set[_Worker] = set()


# Runs before the interpreter stops its daemon threads, and after an uncaught exception
# or Ctrl-C too.
@atexit.register
def _finish_all() -> None:
    for worker in list(_unfinished):
        worker.stop()
        worker.report()


def _checked_run(run: str) -> str:
    path = PurePath(run)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(
            "`run` must be a folder below `log_dir`, such as 'train', or '' for "
            f"`log_dir` itself. Received: run={run!r}"
        )
    return run


def _failed_content(run: str, content: Any, error: BaseException) -> str:
    """Describes the failure of a caller's function, with the line that raised."""
    name = getattr(content, "__qualname__", type(content).__name__)
    frames: Sequence[traceback.FrameSummary] = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})"
    reason = "".join(traceback.format_exception_only(error)).strip()
    return (
        f"An event of the run {run!r} was lost: {name} raised {reason}{where}. "
        "The other events are written, and training goes on."
    )
