"""Hyperparameters with types."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from typing import Any

_ASSIGNMENT = re.compile(
    r"\s*(?P<name>[a-zA-Z][\w.]*)(\[\s*(?P<index>\d+)\s*\])?\s*=\s*"
    r"(\[(?P<values>[^\]]*)\]|(?P<value>[^,\[]*))\s*($|,)"
)


class HParams:
    """Named values that keep their types, as `tf.contrib.training.HParams`.

    Example:
        >>> hparams = HParams(learning_rate=0.1, hidden=[8, 4], activation="relu")
        >>> hparams.parse("learning_rate=0.3,hidden=[16,8,4]").values()
        {'learning_rate': 0.3, 'hidden': [16, 8, 4], 'activation': 'relu'}
        >>> hparams.learning_rate = "fast"
        Traceback (most recent call last):
            ...
        ValueError: Could not cast hparam 'learning_rate' of type 'float' from value 'fast'
    """

    _types: dict[str, tuple[type, bool]]

    def __init__(
        self, hparam_def: Any = None, model_structure: Any = None, **kwargs: Any
    ) -> None:
        if hparam_def is not None:
            raise ValueError(
                "HParams of a protocol buffer are not supported: use names."
            )
        vars(self)["_types"] = {}
        vars(self)["_model_structure"] = model_structure
        for name, value in kwargs.items():
            self.add_hparam(name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in vars(self).get("_types", {}):
            self.set_hparam(name, value)
        else:
            vars(self)[name] = value

    def add_hparam(self, name: str, value: Any) -> None:
        """Adds a value of a new name; its type is that of the value."""
        if getattr(self, name, None) is not None:
            raise ValueError(f"Hyperparameter name is reserved: {name}")
        is_list = isinstance(value, (list, tuple))
        if is_list and not value:
            raise ValueError(
                "Multi-valued hyperparameters cannot be empty, to infer their type. "
                f"Received: {name}={value!r}"
            )
        self._types[name] = type(value[0]) if is_list else type(value), is_list
        vars(self)[name] = list(value) if is_list else value

    def set_hparam(self, name: str, value: Any) -> None:
        """Sets a value, cast to the type that it has."""
        kind, is_list = self._types[name]
        if isinstance(value, list) != is_list:
            expected = "multi-valued" if is_list else "single-valued"
            raise ValueError(
                f"Hyperparameter {name!r} is {expected}. Received: {value!r}"
            )
        if is_list:
            vars(self)[name] = [_cast(name, kind, one) for one in value]
        else:
            vars(self)[name] = _cast(name, kind, value)

    def del_hparam(self, name: str) -> None:
        """Removes a value."""
        if name in self._types:
            del vars(self)[name], self._types[name]

    def parse(self, values: str) -> HParams:
        """Overrides values by a text such as "learning_rate=0.1,layers=[8,4]"."""
        kinds = {name: kind for name, (kind, _) in self._types.items()}
        return self.override_from_dict(parse_values(values, kinds))

    def override_from_dict(self, values_dict: Mapping[str, Any]) -> HParams:
        """Overrides values by a dictionary."""
        for name, value in values_dict.items():
            if name not in self._types:
                raise KeyError(
                    f"Unknown hyperparameter {name!r}; there are {sorted(self._types)}."
                )
            if isinstance(value, dict):  # single elements of a list
                changed = list(vars(self)[name])
                for index, one in value.items():
                    changed[index] = one
                value = changed
            self.set_hparam(name, value)
        return self

    def parse_json(self, values_json: str) -> HParams:
        """Overrides values by a JSON object."""
        return self.override_from_dict(json.loads(values_json))

    def to_json(
        self,
        indent: int | None = None,
        separators: Any = None,
        sort_keys: bool = False,
    ) -> str:
        """The values as a JSON object."""
        values = {k: v for k, v in self.values().items() if not callable(v)}
        return json.dumps(
            values, indent=indent, separators=separators, sort_keys=sort_keys
        )

    def values(self) -> dict[str, Any]:
        """The values by name."""
        return {name: vars(self)[name] for name in self._types}

    def get(self, key: str, default: Any = None) -> Any:
        """A value, or the default where there is none of that name."""
        return vars(self)[key] if key in self._types else default

    def set_model_structure(self, model_structure: Any) -> None:
        """Keeps the structure of a model."""
        self._model_structure = model_structure

    def get_model_structure(self) -> Any:
        """The structure of the model."""
        return self._model_structure

    def __contains__(self, key: str) -> bool:
        return key in self._types

    def __str__(self) -> str:
        return str(sorted(self.values().items()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"


def _cast(name: str, kind: type, value: Any) -> Any:
    error = ValueError(
        f"Could not cast hparam {name!r} of type {kind.__name__!r} from value {value!r}"
    )
    if kind is type(None) or (isinstance(value, kind) and not isinstance(value, bool)):
        return value
    if isinstance(value, bool) or kind is bool or isinstance(value, str):
        if kind is bool and isinstance(value, bool):
            return value
        raise error
    if kind is int and not float(value).is_integer():
        raise error
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise error from None


def parse_values(
    values: str, type_map: Mapping[str, type], ignore_unknown: bool = False
) -> dict[str, Any]:
    """Parses "name=value,list=[1,2],list[1]=3" by the types of the names.

    Args:
        values: The text.
        type_map: The type of each name.
        ignore_unknown: Whether names without type are left out.

    Raises:
        ValueError: If the text is malformed, or a name unknown.
    """
    result: dict[str, Any] = {}
    position = 0
    while position < len(values):
        match = _ASSIGNMENT.match(values, position)
        if match is None:
            raise ValueError(f"Malformed hyperparameter value: {values[position:]}")
        position = match.end()
        name = match["name"]
        if name not in type_map:
            if ignore_unknown:
                continue
            raise ValueError(f"Unknown hyperparameter type for {name}")
        kind = type_map[name]
        if match["values"] is not None:
            parts = [part for part in match["values"].split(",") if part.strip()]
            result[name] = [_parsed(name, kind, part) for part in parts]
        elif match["index"] is not None:
            one = _parsed(name, kind, match["value"])
            result.setdefault(name, {})[int(match["index"])] = one
        else:
            result[name] = _parsed(name, kind, match["value"])
    return result


def _parsed(name: str, kind: type, text: str) -> Any:
    text = text.strip()
    if kind is str:
        return text
    if kind is bool:
        if text in ("true", "True", "1"):
            return True
        if text in ("false", "False", "0"):
            return False
    else:
        try:
            return _cast(name, kind, ast.literal_eval(text))
        except (ValueError, SyntaxError):
            pass
    raise ValueError(
        f"Could not parse hparam {name!r} of type {kind.__name__!r} from {text!r}."
    )
