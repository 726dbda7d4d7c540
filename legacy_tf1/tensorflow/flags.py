"""`tf.flags` and `tf.app.flags`: a program's own flags, on absl.

They are kept apart from absl's `FLAGS`, where TensorFlow 2 and its libraries have
flags of their own by now: `DEFINE_string("log_dir", ...)` would clash with one. As in
TensorFlow 1, reading a flag parses the command line if nothing has done so yet; a flag
may be defined again, as a notebook's cell does that is run twice.

Today: `argparse`, or `absl.flags` with `absl.app.run`.
"""

from __future__ import annotations

import sys as _sys
from collections.abc import Callable, Sequence
from typing import Any

from absl import flags as _absl

from legacy_tf1.compat import namespace as _namespace

_absl.disclaim_key_flags()

#: What absl calls the arguments, by the names that TensorFlow gave them before 1.5.
_RENAMED = {"flag_name": "name", "default_value": "default", "docstring": "help"}


class _Shown:
    """One of `FLAGS.__flags`: printed as its value, as before 1.5; it has a `.value`."""

    def __init__(self, flag: Any) -> None:
        self.name, self.value, self.default = flag.name, flag.value, flag.default
        self.help = flag.help

    def __str__(self) -> str:
        return str(self.value)

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return format(self.value, spec)

    def __eq__(self, other: object) -> bool:
        return bool(self.value == (other.value if isinstance(other, _Shown) else other))

    def __hash__(self) -> int:
        return hash(self.value)


class _FlagValues(_absl.FlagValues):
    """Flags that are parsed when one is read, and may be defined again."""

    def __getattribute__(self, name: str) -> Any:
        if name == "__flags":  # absl itself goes through __dict__
            self._parse_flags()
            flags: dict[str, Any] = super().__getattribute__("__dict__")["__flags"]
            own = flags.keys() - {"flagfile", "undefok"}  # absl puts these into all
            return {name: _Shown(flags[name]) for name in sorted(own)}
        return super().__getattribute__(name)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_"):
            self._parse_flags()
        return super().__getattr__(name)

    def __setitem__(self, name: str, flag: Any) -> None:
        if name in self:
            delattr(self, name)
        if self.is_parsed():
            self.unparse_flags()  # the command line may have this one too
        super().__setitem__(name, flag)

    def _parse_flags(self, args: Sequence[str] | None = None) -> None:
        """Parses the command line once, as `FLAGS._parse_flags()` before 1.5."""
        if args is not None or not self.is_parsed():
            # What is not a flag of the program is left alone: Jupyter has its own.
            self(_sys.argv if args is None else [_sys.argv[0], *args], known_only=True)


FLAGS = _FlagValues()


def _of_program(define: Callable[..., Any]) -> Callable[..., Any]:
    def define_flag(*args: Any, **options: Any) -> Any:
        options = {_RENAMED.get(name, name): value for name, value in options.items()}
        options.setdefault("flag_values", FLAGS)
        return define(*args, **options)

    define_flag.__name__ = define_flag.__qualname__ = define.__name__
    define_flag.__doc__ = define.__doc__
    return define_flag


DEFINE = _of_program(_absl.DEFINE)
DEFINE_alias = _of_program(_absl.DEFINE_alias)
DEFINE_bool = DEFINE_boolean = _of_program(_absl.DEFINE_boolean)
DEFINE_enum = _of_program(_absl.DEFINE_enum)
DEFINE_enum_class = _of_program(_absl.DEFINE_enum_class)
DEFINE_flag = _of_program(_absl.DEFINE_flag)
DEFINE_float = _of_program(_absl.DEFINE_float)
DEFINE_integer = _of_program(_absl.DEFINE_integer)
DEFINE_list = _of_program(_absl.DEFINE_list)
DEFINE_multi_enum = _of_program(_absl.DEFINE_multi_enum)
DEFINE_multi_float = _of_program(_absl.DEFINE_multi_float)
DEFINE_multi_integer = _of_program(_absl.DEFINE_multi_integer)
DEFINE_multi_string = _of_program(_absl.DEFINE_multi_string)
DEFINE_spaceseplist = _of_program(_absl.DEFINE_spaceseplist)
DEFINE_string = _of_program(_absl.DEFINE_string)
mark_flag_as_required = _of_program(_absl.mark_flag_as_required)
mark_flags_as_required = _of_program(_absl.mark_flags_as_required)
register_validator = _of_program(_absl.register_validator)
validator = _of_program(_absl.validator)

__getattr__, __dir__ = _namespace.attach(__name__)
