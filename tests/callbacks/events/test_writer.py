import gc
import io
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings
import weakref

import numpy as np
import pytest
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

from tfkit.callbacks.events import summaries, writer
from tfkit.callbacks.events.writer import EventsLostWarning, EventWriter

VALUES = summaries.scalars({"x": 1.0})


def threads():
    return [t for t in threading.enumerate() if t.name == "tfkit-events"]


def wait_until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    assert condition()


@pytest.fixture
def gate():
    """A function for `add` that keeps the thread busy until `gate.open()`."""

    class Gate:
        def __init__(self):
            self.entered, self.opened = threading.Event(), threading.Event()
            self.open = self.opened.set

        def __call__(self):
            self.entered.set()
            self.opened.wait(30)
            return VALUES

    gate = Gate()
    yield gate
    gate.open()


class TestFiles:
    def test_runs_are_folders_with_one_file_each(self, tmp_path, read):
        with EventWriter(tmp_path) as events:
            for step in range(3):
                for run in ("train", "validation", "", "a/b"):
                    events.add(run, VALUES, step)
        for run in ("train", "validation", "", "a/b"):
            files = [p for p in (tmp_path / run).iterdir() if p.is_file()]
            assert len(files) == 1
            assert files[0].name.startswith("events.out.tfevents.")
            reader = read(files[0])
            assert [event.step for event in reader.Tensors("x")] == [0, 1, 2]
            assert reader.file_version == 2.0

    def test_two_writers_do_not_share_a_file(self, tmp_path, steps):
        with EventWriter(tmp_path) as first, EventWriter(tmp_path) as second:
            first.add("train", VALUES, 1)
            first.flush()
            second.add("train", VALUES, 2)
        assert len(list((tmp_path / "train").iterdir())) == 2
        assert steps(tmp_path / "train") == [1, 2]

    def test_nothing_is_created_without_events(self, tmp_path):
        with EventWriter(tmp_path / "logs") as events:
            events.add("train", [], 0)
            events.add("train", list, 0)
        assert not (tmp_path / "logs").exists()

    def test_wall_time_is_that_of_add(self, tmp_path, read, gate):
        with EventWriter(tmp_path) as events:
            events.add("r", gate, 0)
            before = time.time()
            events.add("r", lambda: VALUES, 1)
            after = time.time()
            time.sleep(0.05)
            gate.open()
            events.add("r", VALUES, 2, wall_time=12.5)
        times = [event.wall_time for event in read(tmp_path / "r").Tensors("x")]
        assert before <= times[1] <= after
        assert times[2] == 12.5

    @pytest.mark.parametrize(
        "content",
        [
            VALUES,
            tuple(VALUES),
            summary_pb2.Summary(value=VALUES),
            lambda: VALUES,
            lambda: summary_pb2.Summary(value=VALUES),
        ],
    )
    def test_forms_of_a_summary(self, tmp_path, steps, content):
        with EventWriter(tmp_path) as events:
            events.add("r", content, np.int64(7))
        assert steps(tmp_path / "r") == [7]

    def test_finished_events(self, tmp_path, read):
        event = event_pb2.Event(step=4, summary=summary_pb2.Summary(value=VALUES))
        before = time.time()
        with EventWriter(tmp_path) as events:
            events.add_event("r", event)
        read_back = read(tmp_path / "r").Tensors("x")[0]
        assert read_back.step == 4
        assert before <= read_back.wall_time <= time.time()


class TestQueue:
    def test_flush_waits_for_all(self, tmp_path, steps):
        with EventWriter(tmp_path) as events:
            for step in range(500):
                events.add("r", lambda: VALUES, step)
            events.flush()
            assert steps(tmp_path / "r") == list(range(500))

    def test_functions_run_in_the_thread(self, tmp_path):
        seen = []
        with EventWriter(tmp_path) as events:
            events.add("r", lambda: seen.append(threading.get_ident()) or [], 0)
        assert seen != [threading.get_ident()]
        assert len(seen) == 1

    def test_add_blocks_while_the_queue_is_full(self, tmp_path, steps, gate):
        with EventWriter(tmp_path, queue_size=2) as events:
            events.add("r", gate, 0)
            gate.entered.wait(30)
            events.add("r", VALUES, 1)
            events.add("r", VALUES, 2)
            blocked = threading.Thread(target=events.add, args=("r", VALUES, 3))
            blocked.start()
            blocked.join(0.1)
            assert blocked.is_alive()
            gate.open()
            blocked.join(30)
            assert not blocked.is_alive()
        assert steps(tmp_path / "r") == [0, 1, 2, 3]

    def test_functions_that_add_do_not_wait_for_themselves(self, tmp_path, steps):
        with EventWriter(tmp_path, queue_size=1) as events:

            def more():
                for step in (1, 2, 3):
                    events.add("r", VALUES, step)
                events.flush()
                return VALUES

            events.add("r", more, 0)
            events.flush()
        assert steps(tmp_path / "r") == [0, 1, 2, 3]

    def test_several_threads(self, tmp_path, steps):
        with EventWriter(tmp_path, queue_size=3) as events:

            def add(first):
                for step in range(first, 400, 4):
                    events.add("r", VALUES, step)

            adding = [threading.Thread(target=add, args=(i,)) for i in range(4)]
            for thread in adding:
                thread.start()
            for thread in adding:
                thread.join()
        assert sorted(steps(tmp_path / "r")) == list(range(400))

    def test_close_is_idempotent_and_final(self, tmp_path):
        events = EventWriter(tmp_path)
        events.add("r", VALUES, 0)
        events.close()
        events.close()
        events.flush()
        assert not threads()
        with pytest.raises(RuntimeError, match=r"closed.*run='r'"):
            events.add("r", VALUES, 1)

    @pytest.mark.parametrize("interrupted", ["add", "flush", "close"])
    def test_ctrl_c_while_waiting(self, tmp_path, steps, gate, interrupted):
        events = EventWriter(tmp_path, queue_size=1)
        events.add("r", gate, 0)
        gate.entered.wait(30)
        events.add("r", VALUES, 1)
        call = {
            "add": lambda: events.add("r", VALUES, 2),
            "flush": events.flush,
            "close": events.close,
        }[interrupted]
        waiting = False

        def interrupt():
            wait_until(lambda: waiting)
            time.sleep(0.05)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

        threading.Thread(target=interrupt).start()

        def wait():
            nonlocal waiting
            waiting = True
            call()

        with pytest.raises(KeyboardInterrupt):
            wait()
        gate.open()
        if interrupted != "close":
            events.add("r", VALUES, 3)
        events.close()
        assert steps(tmp_path / "r") == [0, 1] + [3] * (interrupted != "close")

    def test_ctrl_c_at_any_moment_of_add(self, tmp_path, steps):
        # A signal every 50 microseconds or so, between two bytecodes wherever it is.
        events, added = EventWriter(tmp_path, queue_size=5), []
        stop = threading.Event()
        main = threading.main_thread().ident

        def interrupt():
            while not stop.wait(5e-5):
                signal.pthread_kill(main, signal.SIGUSR1)

        def handler(*_):
            nonlocal adding
            if adding:
                adding = False
                raise KeyboardInterrupt

        adding = False
        before = signal.signal(signal.SIGUSR1, handler)
        interrupts = threading.Thread(target=interrupt)
        interrupts.start()
        interrupted, step, end = 0, 0, time.monotonic() + 20
        try:
            while interrupted < 50 and time.monotonic() < end:
                try:
                    step += 1
                    adding = True
                    events.add("r", VALUES, step)
                    adding = False
                    added.append(step)
                except KeyboardInterrupt:
                    interrupted += 1
        finally:
            stop.set()
            interrupts.join()
            signal.signal(signal.SIGUSR1, before)
        events.flush()
        events.close()
        assert interrupted == 50
        written = steps(tmp_path / "r")
        assert written == sorted(set(written))
        assert set(added) <= set(written)


class TestLife:
    def test_collected_writer_is_drained_and_its_thread_ends(self, tmp_path, steps):
        events = EventWriter(tmp_path)
        for step in range(100):
            events.add("r", VALUES, step)
        gone = weakref.ref(events)
        del events
        gc.collect()
        assert gone() is None
        wait_until(lambda: not threads())
        assert steps(tmp_path / "r") == list(range(100))
        assert not writer._unfinished

    def test_a_function_keeps_its_owner_only_until_it_has_run(self, tmp_path):
        class Callback:
            def __init__(self):
                self.events = EventWriter(tmp_path)
                self.events.add("r", self.draw, 0)

            def draw(self):
                return VALUES

        callback = Callback()
        callback.events.flush()
        gone = weakref.ref(callback)
        del callback
        gc.collect()
        assert gone() is None
        wait_until(lambda: not threads())

    def test_collected_in_its_own_thread(self, tmp_path, steps):
        # The cycle is found by a collection that happens to run in the thread.
        class Callback:
            pass

        callback = Callback()
        callback.itself, callback.events = callback, EventWriter(tmp_path)
        start = threading.Event()

        def collect():
            start.wait(30)
            gc.collect()
            return VALUES

        gc.disable()
        try:
            callback.events.add("r", collect, 0)
            callback.events.add("r", VALUES, 1)
            del callback
            start.set()
            wait_until(lambda: not threads())
        finally:
            gc.enable()
        assert steps(tmp_path / "r") == [0, 1]

    def program(self, tmp_path, body, **options):
        code = f"""
            import os, signal, sys, time
            from tfkit.callbacks.events import summaries
            from tfkit.callbacks.events.writer import EventWriter
            events = EventWriter({str(tmp_path)!r})
            def slow():
                time.sleep(0.005)
                return summaries.scalars({{"x": 1.0}})
            for step in range(60):
                events.add("r", slow, step)
        """
        code = textwrap.dedent(code) + textwrap.dedent(body)
        return subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            timeout=60,
            **options,
        )

    @pytest.mark.parametrize(
        ("body", "code", "message"),
        [
            ("", 0, ""),
            ("raise ValueError('training failed')", 1, "training failed"),
            ("sys.exit(3)", 3, ""),
            ("os.kill(os.getpid(), signal.SIGINT)", -signal.SIGINT, "Interrupt"),
            (
                "signal.signal(signal.SIGALRM, signal.default_int_handler)\n"
                "signal.setitimer(signal.ITIMER_REAL, 0.05)\n"
                "events.close()",
                -signal.SIGINT,
                "Interrupt",
            ),
        ],
        ids=["normal", "exception", "exit", "Ctrl-C", "Ctrl-C in close"],
    )
    def test_nothing_is_lost_without_close(self, tmp_path, steps, body, code, message):
        done = self.program(tmp_path, body)
        assert done.returncode == code, done.stderr
        assert message in done.stderr
        assert steps(tmp_path / "r") == list(range(60))

    def test_a_kill_loses_only_the_queue(self, tmp_path, steps):
        done = self.program(
            tmp_path, "events.flush(); os.kill(os.getpid(), signal.SIGKILL)"
        )
        assert done.returncode == -signal.SIGKILL
        assert steps(tmp_path / "r") == list(range(60))

    def test_a_fork_neither_waits_nor_writes(self, tmp_path, steps):
        done = self.program(
            tmp_path,
            """
            child = os.fork()
            if not child:
                events.add("r", slow, 1000)
                events.flush()
                events.close()
                sys.exit(7)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            """,
        )
        assert (done.returncode, done.stdout) == (0, "7\n"), done.stderr
        assert steps(tmp_path / "r") == list(range(60))

    def test_a_fork_that_keeps_the_writer_ends(self, tmp_path, steps):
        done = self.program(
            tmp_path,
            """
            import multiprocessing
            child = multiprocessing.get_context("fork").Process(target=len, args=("",))
            child.start()
            child.join(30)
            print(child.exitcode)
            """,
        )
        assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr
        assert steps(tmp_path / "r") == list(range(60))

    def test_tensorflow_is_not_needed(self, tmp_path):
        done = self.program(
            tmp_path, "events.close(); print({'tensorflow', 'keras'} & {*sys.modules})"
        )
        assert done.stdout == "set()\n", done.stderr


class TestFailures:
    def test_a_full_disk_is_one_warning(self, tmp_path, steps):
        # The limit on a file's size stands for the disk: it cuts the write that
        # crosses it short and refuses the next, as a full disk does.
        code = f"""
            import resource, warnings
            from tfkit.callbacks.events import summaries
            from tfkit.callbacks.events.writer import EventWriter, EventsLostWarning
            resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
            values = summaries.text("x", "." * 400)
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                with EventWriter({str(tmp_path)!r}) as events:
                    for step in range(40):
                        events.add("r", values, step)
                    events.flush()
                    for step in range(40, 80):
                        events.add("other", values, step)
                    print(type(events.failed).__name__, events.failed.errno)
            for one in caught:
                print(one.category.__name__, one.message)
        """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            capture_output=True,
            text=True,
            timeout=60,
        )
        lines = done.stdout.splitlines()
        assert lines[0] == "OSError 27", done.stderr  # EFBIG
        assert len(lines) == 2
        assert lines[1].startswith("EventsLostWarning TensorBoard's events can no ")
        assert str(tmp_path / "r" / "events.out") in lines[1]
        assert "File too large. Training goes on without them." in lines[1]
        # What was written before is whole, and readable.
        written = steps(tmp_path / "r")
        assert written == list(range(len(written)))
        assert 5 < len(written) < 12
        assert not (tmp_path / "other").exists()

    def test_writes_that_are_cut_short_are_completed(self):
        class Reluctant:
            content = b""

            def write(self, data):
                self.content += bytes(data[:3])
                return min(3, len(data))

        file = Reluctant()
        writer._write_whole(file, b"0123456789")
        assert file.content == b"0123456789"

    def test_a_removed_folder_is_noticed(self, tmp_path):
        folder = tmp_path / "logs" / "r"
        events = EventWriter(tmp_path / "logs")
        events.add("r", VALUES, 0)
        events.flush()
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
        events.add("r", VALUES, 1)
        with pytest.warns(EventsLostWarning, match=r"logs/r/events.*removed") as caught:
            events.flush()
        assert len(caught) == 1
        assert isinstance(events.failed, FileNotFoundError)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            events.add("r", VALUES, 2)
            events.close()

    def test_a_folder_that_cannot_be_made(self, tmp_path):
        (tmp_path / "file").write_text("")
        events = EventWriter(tmp_path / "file")
        events.add("r", VALUES, 0)
        with pytest.warns(EventsLostWarning, match="Not a directory") as caught:
            events.close()
        assert len(caught) == 1

    def test_an_owner_is_not_kept_by_the_error(self, tmp_path):
        class Callback:
            def draw(self):
                return VALUES

        (tmp_path / "file").write_text("")
        callback = Callback()
        with EventWriter(tmp_path / "file") as events:
            events.add("r", callback.draw, 0)
            with pytest.warns(EventsLostWarning):
                events.flush()
            gone = weakref.ref(callback)
            del callback
            gc.collect()
            assert gone() is None

    def test_close_in_a_function(self, tmp_path, steps):
        events = EventWriter(tmp_path)
        events.add("r", lambda: events.close() or VALUES, 0)
        wait_until(lambda: not threads())
        assert steps(tmp_path / "r") == [0]

    def test_add_warns_too_and_keeps_its_event(self, tmp_path, steps):
        def broken():
            raise ZeroDivisionError("no colour")

        events = EventWriter(tmp_path)
        events.add("r", broken, 0)
        wait_until(lambda: not events._worker._notices.empty())
        with pytest.warns(EventsLostWarning, match="no colour"):
            events.add("r", VALUES, 1)
        events.close()
        assert steps(tmp_path / "r") == [1]

    def test_a_failing_function_loses_its_own_event_only(self, tmp_path, steps):
        def draw_curve():
            raise ZeroDivisionError("no colour")

        events = EventWriter(tmp_path)
        for step in range(3):
            events.add("r", draw_curve, step)
            events.add("r", VALUES, step)
        with pytest.warns(EventsLostWarning) as caught:
            events.close()
        assert len(caught) == 1
        message = str(caught[0].message)
        assert "'r'" in message
        assert "draw_curve raised ZeroDivisionError: no colour (test_writer" in message
        assert events.failed is None
        assert steps(tmp_path / "r") == [0, 1, 2]

    @pytest.mark.parametrize("result", [3, "text", [1], None], ids=repr)
    def test_a_function_that_returns_something_else(self, tmp_path, steps, result):
        events = EventWriter(tmp_path)
        events.add("r", lambda: result, 0)
        events.add("r", VALUES, 1)
        if result is None:
            events.close()  # nothing to write
        else:
            with pytest.warns(EventsLostWarning, match="TypeError"):
                events.close()
        assert steps(tmp_path / "r") == [1]

    def test_sys_exit_in_a_function_does_not_end_the_thread(self, tmp_path, steps):
        events = EventWriter(tmp_path)
        events.add("r", sys.exit, 0)
        events.add("r", VALUES, 1)
        with pytest.warns(EventsLostWarning, match="SystemExit"):
            events.flush()
        events.close()
        assert steps(tmp_path / "r") == [1]

    def test_at_exit_it_is_said_what_was_lost(self, tmp_path):
        code = f"""
            from tfkit.callbacks.events.writer import EventWriter
            def draw(): raise ValueError("too small")
            EventWriter({str(tmp_path)!r}).add("r", draw, 0)
        """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert "draw raised ValueError: too small" in done.stderr


class TestArguments:
    @pytest.mark.parametrize("size", [0, -1, 1.5, None])
    def test_queue_size(self, tmp_path, size):
        with pytest.raises(ValueError, match=rf"queue_size={size}"):
            EventWriter(tmp_path, queue_size=size)

    @pytest.mark.parametrize("run", ["../other", "/tmp/other", "a/../../b"])
    def test_run_stays_below_the_folder(self, tmp_path, run):
        with EventWriter(tmp_path) as events:
            with pytest.raises(ValueError, match="folder below `log_dir`"):
                events.add(run, VALUES, 0)
            with pytest.raises(ValueError, match="folder below `log_dir`"):
                events.add(run, VALUES, 0)

    @pytest.mark.parametrize("summary", [None, 1.0, "text", {}])
    def test_summary(self, tmp_path, summary):
        with (
            EventWriter(tmp_path) as events,
            pytest.raises(TypeError, match="`summary` must be a tensorboard Summary"),
        ):
            events.add("r", summary, 0)

    def test_step(self, tmp_path):
        with EventWriter(tmp_path) as events, pytest.raises(TypeError, match="integer"):
            events.add("r", VALUES, 1.5)

    def test_event(self, tmp_path):
        with (
            EventWriter(tmp_path) as events,
            pytest.raises(TypeError, match="For summaries there is `add`"),
        ):
            events.add_event("r", VALUES)


def test_records_are_tensorboards_own():
    for content in (b"", b"a", bytes(range(256)) * 40):
        expected = io.BytesIO()
        RecordWriter(expected).write(content)
        assert writer._record(content) == expected.getvalue()
