"""Runs programs one after another, each in a process of its own that is a fork.

    python run_programs.py < paths > results.json

TensorFlow and its face are imported once; a program starts as if they were not there.
"""

import json
import os
import pathlib
import signal
import sys
import tempfile
import time
import traceback

import legacy_tf1.tensorflow  # noqa: F401
from legacy_tf1.runner import script

SECONDS = 120


def forked(path):
    """Returns the exit status of a program, its output and its seconds."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryDirectory() as folder:
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            status = 1
            try:
                signal.alarm(SECONDS)
                os.chdir(folder)
                status = script.run(path)
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                # Nothing of this process's own is to be ended twice.
                os._exit(status)
        _, ended = os.waitpid(child, 0)
        output.seek(0)
        return {
            "status": os.waitstatus_to_exitcode(ended),
            "output": output.read().decode(errors="replace"),
            "seconds": time.monotonic() - began,
        }


if __name__ == "__main__":
    results = {path: forked(path) for path in sys.stdin.read().splitlines()}
    pathlib.Path(sys.argv[1]).write_text(json.dumps(results), encoding="utf-8")
