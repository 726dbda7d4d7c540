"""How long a user waits before anything happens: whole processes, start to end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping


def contenders(short: bool) -> Mapping[str, Callable[[], object]]:
    """Python itself, tfkit's answers without TensorFlow, and TensorFlow's import."""

    def python(program: str) -> Callable[[], object]:
        command = [sys.executable, "-c", program]
        return lambda: subprocess.run(command, check=True, capture_output=True)

    def tfkit(*arguments: str) -> Callable[[], object]:
        command = [sys.executable, "-m", "tfkit", *arguments]
        return lambda: subprocess.run(command, check=True, capture_output=True)

    return {
        "python -c pass": python("pass"),
        "import tfkit": python("import tfkit"),
        "tfkit --help": tfkit("--help"),
        "tfkit datasets": tfkit("datasets"),
        "tfkit train --help": tfkit("train", "--help"),
        **({} if short else {"import keras": python("import keras")}),
    }
