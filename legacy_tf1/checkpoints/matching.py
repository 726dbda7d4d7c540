"""Which variable of a checkpoint fills which weight of a model."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from . import gru, names
from .conversions import Conversion, told
from .report import Left, Match, Report

Source = str | tuple[str, Conversion] | None


class Matching:
    """Which variable fills which weight; the rules take their turns."""

    def __init__(
        self,
        weights: dict[str, tuple[int, ...]],
        variables: dict[str, tuple[int, ...]],
    ) -> None:
        self.weights = weights
        self.variables = variables
        #: Weight -> variable, conversion, and the rule that found it.
        self.found: dict[str, tuple[str, Conversion, str]] = {}
        #: Weight -> the variable of its name, which has another shape.
        self.misshapen: dict[str, str] = {}
        self._kept: set[str] = set()
        self._cells = gru.cells(variables)

    def sources(self, weight: str) -> tuple[str, ...]:
        """The variables that fill a weight: one, or two of a GRU cell."""
        name, conversion, _ = self.found[weight]
        if conversion == "gru":
            return gru.parts_of(self._cells[name], weight)
        return (name,)

    def open_weights(self) -> list[str]:
        """The weights that no rule has filled yet."""
        return [w for w in self.weights if w not in self.found and w not in self._kept]

    def open_variables(self) -> list[str]:
        """Those that are parameters, in the order in which they were numbered."""
        used = self._used()
        parameters = (
            n for n in self.variables if n not in used and not names.bookkeeping(n)
        )
        return sorted(parameters, key=names.natural)

    def by_mapping(
        self, mapping: Mapping[str, Source] | Callable[[str], Source] | None
    ) -> None:
        """What the user says goes before all rules."""
        if callable(mapping):
            asked = {w: mapping(w) for w in self.weights}
            chosen: dict[str, Source] = {
                w: s for w, s in asked.items() if s is not None
            }
        else:
            chosen = {self._weight(key): v for key, v in (mapping or {}).items()}
        for weight, source in chosen.items():
            if source is None:
                self._kept.add(weight)
                continue
            name, conversion = (source, "") if isinstance(source, str) else source
            if conversion == "gru":
                name = self._cell_of(name, weight)
            elif name not in self.variables:
                raise ValueError(
                    "`mapping` must name variables of the checkpoint. Received: "
                    f"{name!r} for {weight!r}. {_did_you_mean(name, self.variables)}"
                )
            self.found[weight] = (name, conversion, "mapping")

    def _cell_of(self, name: str, weight: str) -> str:
        """The scope of the GRU cell that a mapping names."""
        for scope, parts in self._cells.items():
            if name == scope or name in parts[0] + parts[1]:
                break
        else:
            there = ", ".join(map(repr, self._cells)) or "no such cell"
            raise ValueError(
                'With "gru", `mapping` must name the scope of a GRUCell or GRUBlockCell, '
                f"which holds its gates and candidate. Received: {name!r} for "
                f"{weight!r}. The checkpoint has {there}."
            )
        if gru.resets_after(weight, self.weights):
            raise ValueError(_RESET.format(layer=names.layer_of(weight), scope=scope))
        return scope

    def _weight(self, key: str) -> str:
        """The weight's path, of which the mapping may give the end."""
        if key in self.weights:
            return key
        fitting = [weight for weight in self.weights if weight.endswith(f"/{key}")]
        if len(fitting) == 1:
            return fitting[0]
        raise ValueError(
            "A key of `mapping` must be the path of one weight, or its end. Received: "
            f"{key!r}, which fits {', '.join(fitting) or 'none'}. "
            f"{_did_you_mean(key, self.weights)}"
        )

    def by_name(self) -> None:
        """Layer and role agree, with as many scopes around them as can be."""
        variables = {n: names.components(n) for n in self.open_variables()}
        renumbered = names.renumbered(
            [names.components(weight) for weight in self.weights],
            list(variables.values()),
        )
        wanted = {}
        for weight in self.open_weights():
            parts = tuple(
                renumbered.get(part, part) for part in names.components(weight)
            )
            if None in parts:
                continue
            agreement = {
                n: names.agreement(parts, other) for n, other in variables.items()
            }
            most = max(agreement.values(), default=0)
            fits = [n for n, parts_alike in agreement.items() if parts_alike == most]
            alone = most > 0 and len(fits) == 1
            if alone and self.variables[fits[0]] == self.weights[weight]:
                wanted[weight] = fits[0]
            elif alone and not self._foreign(weight):
                self.misshapen[weight] = fits[0]
        for weight, name in wanted.items():
            if list(wanted.values()).count(name) == 1 and not self._foreign(weight):
                self.found[weight] = (name, "", "name")

    def by_shape(self) -> None:
        """One variable has the shape, or a numbered series of them has."""
        self._by_shape(vectors=False)
        self._by_layer()
        self._by_shape(vectors=True)

    def _by_shape(self, *, vectors: bool) -> None:
        transposed = self._transposed()
        recurrent = self._recurrent()
        groups: dict[tuple[int, ...], list[str]] = {}
        for weight in self.open_weights():
            shape = self.weights[weight]
            square = len(shape) == 2 and shape[0] == shape[1]
            if (
                vectors == (len(shape) == 1)
                and not (square and transposed)
                and names.layer_of(weight) not in recurrent
                and weight not in self.misshapen
            ):
                groups.setdefault(shape, []).append(weight)
        for shape, weights in groups.items():
            roles = {names.role_of(weight) for weight in weights}
            for role in roles:
                mine = [weight for weight in weights if names.role_of(weight) == role]
                # A name that tells nothing may be any of them: only if all are alike.
                known = {role, None} if len(roles) == 1 else {role}
                alike = [n for n in self._of_shape(shape) if names.role_of(n) in known]
                fitting = [name for name in self.open_variables() if name in alike]
                if vectors and len(fitting) < len(alike):
                    continue  # Each layer of that width has one: no shape tells which.
                if len(mine) == len(fitting) and names.is_series(fitting):
                    how = "shape" if len(fitting) == 1 else "order"
                    for weight, name in zip(mine, fitting, strict=True):
                        self.found[weight] = (name, "", how)

    def _by_layer(self) -> None:
        """A bias lies beside the variable that filled its layer's kernel."""
        wanted = {}
        for weight in self.open_weights():
            layer, shape = names.layer_of(weight), self.weights[weight]
            if len(shape) != 1 or weight in self.misshapen or self._foreign(weight):
                continue
            filled = [
                name
                for other, (name, _, _) in self.found.items()
                if names.layer_of(other) == layer
            ]
            fits = [
                name
                for name in self.open_variables()
                if self.variables[name] == shape
                and names.role_of(name) == names.role_of(weight)
                and any(names.beside(name, other) for other in filled)
            ]
            if len(fits) == 1:
                wanted[weight] = fits[0]
        for weight, name in wanted.items():
            if list(wanted.values()).count(name) == 1:
                self.found[weight] = (name, "", "layer")

    def _of_shape(self, shape: tuple[int, ...]) -> list[str]:
        """Parameters of a shape, but for those that the user has given a place."""
        given = {name for name, _, rule in self.found.values() if rule == "mapping"}
        return [
            name
            for name, other in self.variables.items()
            if other == shape
            and name not in given
            and name not in self.misshapen.values()
            and not names.bookkeeping(name)
        ]

    def notes(self) -> tuple[str, ...]:
        """Why open weights were not filled though variables seemed to be theirs."""
        notes = []
        for weight in self.open_weights():
            shape, role = self.weights[weight], names.role_of(weight)
            layer = names.layer_of(weight)
            alike = [
                name
                for name in self._of_shape(shape)
                if names.role_of(name) in (role, None)
            ]
            if weight in self.misshapen:
                name = self.misshapen[weight]
                notes.append(
                    f"{name!r} has the name of {weight!r} and another shape: "
                    f"{self.variables[name]} in the checkpoint, {shape} in the model."
                )
            elif layer in self._recurrent():
                if self._cells and gru.resets_after(weight, self.weights):
                    scope = next(iter(self._cells))
                    notes.append(_RESET.format(layer=layer, scope=scope))
            elif len(shape) == 1 and len(alike) > 1:
                notes.append(
                    f"{weight!r} has the shape {shape} of {', '.join(sorted(alike))}, "
                    "and neither name nor order tells which is meant."
                )
        return tuple(dict.fromkeys(notes))

    def proposals(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """What would fit the open weights, were it converted."""
        transposed = self._transposed()
        fits = {w: self._fits(w, transposed) for w in self.open_weights()}
        for weight, options in list(fits.items()):
            alike = [
                w
                for w in fits
                if fits[w] == options and names.role_of(w) == names.role_of(weight)
            ]
            if len(alike) == len(options) and names.is_series([n for n, _ in options]):
                for one, option in zip(alike, options, strict=True):
                    fits[one] = (option,)
        return {weight: options for weight, options in fits.items() if options}

    def report(self, prefix: str) -> Report:
        """What was found, and what was left."""
        used = self._used()
        return Report(
            checkpoint=prefix,
            matched=tuple(
                Match(weight, name, shape, how, told(conversion))
                for weight, shape in self.weights.items()
                if weight in self.found
                for name, conversion, how in [self.found[weight]]
            ),
            unfilled=tuple(w for w in self.weights if w not in self.found),
            left=tuple(
                Left(name, shape, names.bookkeeping(name) or "no weight takes it")
                for name, shape in sorted(self.variables.items())
                if name not in used
            ),
            proposals=self.proposals(),
            notes=self.notes(),
        )

    def _used(self) -> set[str]:
        return {name for weight in self.found for name in self.sources(weight)}

    def _fits(self, weight: str, transposed: bool) -> tuple[tuple[str, str], ...]:
        shape, role = self.weights[weight], names.role_of(weight)
        inner = self._recurrent().get(names.layer_of(weight))
        found = []
        if inner is not None and not gru.resets_after(weight, self.weights):
            found += self._fitting_cells(weight, inner)
        for name in self.open_variables():
            other = self.variables[name]
            if names.role_of(name) not in (role, None) and inner is None:
                continue
            if inner is not None:
                if conversion := self._cell(weight, name, inner):
                    found.append((name, conversion))
            elif len(shape) == 2 and other == shape[::-1]:
                if other != shape or transposed:
                    found.append((name, "transpose"))
            elif [n for n in other if n != 1] == [n for n in shape if n != 1]:
                found.append((name, "reshape" if other != shape else ""))
        return tuple(found)

    def _cell(self, weight: str, name: str, units: int) -> str:
        """How a TensorFlow-1 cell's variable fits a recurrent layer's weight."""
        inputs, gates = self.weights[f"{names.layer_of(weight)}/kernel"]
        stacked = (inputs + units, gates)
        expected = (gates,) if names.role_of(weight) == "bias" else stacked
        if self.variables[name] != expected:
            return ""
        return {1: "rnn", 4: "lstm"}.get(gates // units, "")

    def _fitting_cells(self, weight: str, units: int) -> list[tuple[str, str]]:
        """The GRU cells of the checkpoint that are of a recurrent layer's size."""
        inputs, columns = self.weights[f"{names.layer_of(weight)}/kernel"]
        return [
            (scope, "gru")
            for scope, (kernels, _) in self._cells.items()
            if columns == 3 * units
            and self.variables[kernels[0]] == (inputs + units, 2 * units)
        ]

    def _transposed(self) -> bool:
        """Whether kernels fit turned around only: then square ones may be turned too."""
        shapes = {self.variables[name] for name in self.open_variables()}
        return any(
            len(shape) == 2 and shape not in shapes and shape[::-1] in shapes
            for shape in map(self.weights.__getitem__, self.open_weights())
        )

    def _recurrent(self) -> dict[str, int]:
        """The recurrent layers, with their units."""
        return {
            names.layer_of(weight): shape[0]
            for weight, shape in self.weights.items()
            if weight.endswith("/recurrent_kernel")
        }

    def _foreign(self, weight: str) -> bool:
        """Whether weight is a recurrent layer's and the checkpoint not from Keras."""
        of_keras = any(
            names.role_of(name) == "recurrent_kernel" for name in self.variables
        )
        return names.layer_of(weight) in self._recurrent() and not of_keras


_RESET = (
    "{layer!r} must be built with reset_after=False: the cell {scope!r} of the "
    "checkpoint resets the state before it multiplies it, and Keras's default GRU "
    "computes another formula."
)


def _did_you_mean(name: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    return (
        f"Did you mean {' or '.join(map(repr, close))}?"
        if close
        else (f"There are: {', '.join(known)}.")
    )
