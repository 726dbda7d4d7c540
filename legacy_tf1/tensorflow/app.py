"""`tf.app`: `run` parses the program's flags and calls its `main`.

Today: `absl.app.run(main)`, or `if __name__ == "__main__": main()`.
"""

from __future__ import annotations

import sys as _sys
from collections.abc import Callable, Sequence
from typing import Any

from absl import flags as _absl

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow import flags as flags


def run(
    main: Callable[[list[str]], Any] | None = None, argv: Sequence[str] | None = None
) -> None:
    """Calls `main` with the arguments that are no flags, and exits with its result.

    Args:
        main: The program's `main` where it is not given.
        argv: The command line with the program's name; `sys.argv` by default.
    """
    arguments = list(_sys.argv if argv is None else argv)
    if {"--help", "-h"} & set(arguments[1:]):
        print(flags.FLAGS.get_help())
        _sys.exit(1)
    rest = flags.FLAGS(arguments, known_only=True)
    # A program may have its flags from absl, and this function from here.
    rest = _absl.FLAGS(rest, known_only=True)
    main = main or vars(_sys.modules["__main__"])["main"]
    _sys.exit(main(rest))


__getattr__, __dir__ = _namespace.attach(__name__)
