"""What is measured inside a training step, while its function is traced.

The model's own `train_step` runs once, with two of its neighbours watched: the layers'
`call`, whose outputs are the activations, and the optimizer's `apply`, which is given
the gradients and knows the weights before and after. No second forward or backward
pass, and nothing of the step is written anew.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf
from tensorflow.python.ops.resource_variable_ops import ResourceVariable

#: An activation counts as saturated where its derivative is below this share of the
#: largest one: |tanh| > 0.975, or a sigmoid outside 0.0127 to 0.987.
SATURATED = 0.05
#: Most values of one tensor that go into a histogram; of larger ones every n-th is taken.
SAMPLE_SIZE = 4096
#: Values taken of a tensor whose size is known only in the step.
UNKNOWN_SIZE = 2000

Step = Callable[[Any], Any]


@dataclasses.dataclass(frozen=True)
class Quantity:
    """What one place of a row of numbers means.

    Attributes:
        kind: Such as "gradient_norm".
        of: Name of the layer, "" for the whole model.
    """

    kind: str
    of: str = ""


@dataclasses.dataclass(frozen=True)
class Sample:
    """What a part of the vector of samples means.

    Attributes:
        kind: "weights", "gradients" or "activations".
        of: The variable's path, or the layer's name.
        size: How many values.
    """

    kind: str
    of: str
    size: int


@dataclasses.dataclass
class Record:
    """The numbers of one step, as tensors of its trace."""

    quantities: list[Quantity] = dataclasses.field(default_factory=list)
    numbers: list[tf.Tensor] = dataclasses.field(default_factory=list)
    samples: list[Sample] = dataclasses.field(default_factory=list)
    values: list[tf.Tensor] = dataclasses.field(default_factory=list)

    def add(self, kind: str, of: str, number: Any) -> None:
        """Adds one number."""
        self.quantities.append(Quantity(kind, of))
        self.numbers.append(tf.cast(number, tf.float32))

    def add_sample(self, kind: str, of: str, values: tf.Tensor) -> None:
        """Adds values for a histogram: all of a small tensor, every n-th of a large one."""
        flat = tf.reshape(values, [-1])
        size = flat.shape[0]
        if size is None:
            # Known only in the step: so many, evenly, whatever the size is.
            places = tf.range(UNKNOWN_SIZE, dtype=tf.int64) * tf.size(
                flat, out_type=tf.int64
            )
            flat = tf.gather(flat, places // UNKNOWN_SIZE)
        elif size > SAMPLE_SIZE:
            flat = flat[:: -(-size // SAMPLE_SIZE)]
        self.samples.append(Sample(kind, of, int(flat.shape[0])))
        self.values.append(tf.cast(flat, tf.float32))


class Probes:
    """Watches the steps of one model.

    Args:
        model: A built and compiled model.
        samples: Whether values for histograms are taken, too.
    """

    def __init__(self, model: keras.Model, *, samples: bool) -> None:
        self._model = model
        self._samples = samples

    def watched(
        self, train_step: Step, data: Any, write: Callable[[Callable[[], Record]], None]
    ) -> Any:
        """Runs `train_step(data)`; `write` is called where the numbers are known.

        Args:
            train_step: The model's.
            data: A batch.
            write: Gets a function that makes the record, in the graph in which the
                optimizer's `apply` runs: it may be a branch of the step's graph, out of
                which no tensor leads.

        Returns:
            What `train_step` returns.
        """
        calls = _Calls()
        costs: list[tf.Tensor] = []
        with (
            calls.recorded(self._model),
            _costs_recorded(self._model, costs),
            self._updates_recorded(calls, costs, write),
        ):
            return train_step(data)

    def _updates_recorded(
        self,
        calls: _Calls,
        costs: list[tf.Tensor],
        write: Callable[[Callable[[], Record]], None],
    ) -> contextlib.AbstractContextManager[None]:
        """Watches the optimizer's `apply`."""
        optimizer = unscaled(self._model.optimizer)

        def watching(original: Callable[..., Any]) -> Callable[..., Any]:
            def apply(grads: Any, trainable_variables: Any = None) -> Any:
                grads = list(grads)
                variables = trainable_variables
                if variables is None:
                    variables = optimizer._trainable_variables
                variables = list(variables)
                rate = tf.identity(optimizer.learning_rate)
                before = [tf.identity(value(variable)) for variable in variables]
                result = original(grads, trainable_variables)

                def record() -> Record:
                    made = Record()
                    made.add("learning_rate", "", rate)
                    if costs:
                        made.add("loss", "", costs[-1])
                    self._record_layers(made, grads, variables, before, calls)
                    self._record_activations(made, calls.outputs)
                    return made

                write(record)
                return result

            return apply

        return replaced(optimizer, "apply", watching)

    def _record_layers(
        self,
        record: Record,
        grads: list[Any],
        variables: list[Any],
        before: list[tf.Tensor],
        calls: _Calls,
    ) -> None:
        """Norms of gradients, weights and changes, by layer, in the order of the calls."""
        names = _names(self._model)
        owners = _owners(self._model)
        order = calls.order
        groups: dict[str, list[int]] = {}
        places: dict[str, int] = {}
        for number, variable in enumerate(variables):
            if grads[number] is None:
                continue
            owner = owners.get(id(variable))
            name = (
                variable.path.rpartition("/")[0] if owner is None else names[id(owner)]
            )
            groups.setdefault(name, []).append(number)
            places[name] = order.get(id(owner), len(order))
        total = []
        for name in sorted(groups, key=lambda name: places[name]):
            members = groups[name]
            gradients = [_dense(grads[i]) for i in members]
            squared = _squared_norm(gradients)
            total.append(squared)
            norm = tf.sqrt(_squared_norm([before[i] for i in members]))
            change = [value(variables[i]) - before[i] for i in members]
            record.add("gradient_norm", name, tf.sqrt(squared))
            record.add("weight_norm", name, norm)
            record.add("update_norm", name, tf.sqrt(_squared_norm(change)))
            if self._samples:
                for i, gradient in zip(members, gradients, strict=True):
                    path = f"{name}/{variables[i].name}"
                    record.add_sample("weights", path, value(variables[i]))
                    record.add_sample("gradients", path, gradient)
        if total:
            record.add("gradient_norm", "", tf.sqrt(tf.add_n(total)))
        for layer, _ in _first_calls(calls.outputs):
            _record_batch_norm(record, layer, names[id(layer)])

    def _record_activations(
        self, record: Record, outputs: list[tuple[Any, tf.Tensor]]
    ) -> None:
        names = _names(self._model)
        # A network's output is to be near 0 or 1: there, saturation is no fault.
        last = outputs[-1][0] if outputs else None
        for layer, output in _first_calls(outputs):
            function = activation_of(layer)
            if function in (None, "linear", "softmax", "log_softmax") or layer is last:
                continue
            name = names[id(layer)]
            values = tf.cast(output, tf.float32)
            mean, variance = tf.nn.moments(values, axes=list(range(len(values.shape))))
            record.add("activation_mean", name, mean)
            record.add("activation_std", name, tf.sqrt(variance))
            if function in ("relu", "relu6"):
                record.add("dead_share", name, dead_share(layer, values))
            if function in ("tanh", "sigmoid"):
                record.add("saturated_share", name, saturated_share(function, values))
            if self._samples:
                record.add_sample("activations", name, values)


def new_variable(shape: Any, dtype: Any) -> tf.Variable:
    """A variable of zeros, made while a function is being traced.

    Args:
        shape: Its shape; None for a size that may change.
        dtype: Its type.
    """
    known = [0 if size is None else size for size in shape]
    with tf.init_scope():
        # The class itself: `tf.Variable` refuses in every trace but a function's first.
        return ResourceVariable(
            tf.zeros(known, dtype), shape=tf.TensorShape(shape), trainable=False
        )


def unscaled(optimizer: Any) -> Any:
    """The optimizer that sees the gradients as they are, inside of loss scaling."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def value(variable: Any) -> tf.Tensor:
    """What a variable holds."""
    return tf.convert_to_tensor(variable)


def activation_of(layer: Any) -> str | None:
    """Name of the function that a layer's output has gone through, None for none."""
    if isinstance(layer, keras.layers.ReLU):
        return "relu" if not layer.negative_slope and not layer.threshold else "leaky"
    named = {
        keras.layers.LeakyReLU: "leaky_relu",
        keras.layers.ELU: "elu",
        keras.layers.PReLU: "prelu",
        keras.layers.Softmax: "softmax",
    }
    if type(layer) in named:
        return named[type(layer)]
    return getattr(getattr(layer, "activation", None), "__name__", None)


def dead_share(layer: Any, values: tf.Tensor) -> tf.Tensor:
    """Share of units that are 0 for all examples of the batch (and at all places)."""
    axis = -1
    if getattr(layer, "data_format", None) == "channels_first":
        axis = 1
    axes = [i for i in range(len(values.shape)) if i != axis % len(values.shape)]
    alive = tf.reduce_any(values != 0, axis=axes)
    return 1.0 - tf.reduce_mean(tf.cast(alive, tf.float32))


def saturated_share(function: str, values: tf.Tensor) -> tf.Tensor:
    """Share of the outputs of tanh or sigmoid at which it is nearly flat."""
    slope = 1.0 - values**2 if function == "tanh" else 4.0 * values * (1.0 - values)
    return tf.reduce_mean(tf.cast(slope < SATURATED, tf.float32))


def _record_batch_norm(record: Record, layer: Any, name: str) -> None:
    """Averages over the units of what a batch normalization has learnt."""
    mean = getattr(layer, "moving_mean", None)
    variance = getattr(layer, "moving_variance", None)
    if mean is None or variance is None:
        return
    record.add("batch_norm_mean", name, tf.reduce_mean(value(mean)))
    deviation = tf.sqrt(tf.maximum(value(variance), 0.0))
    record.add("batch_norm_std", name, tf.reduce_mean(deviation))
    for kind in ("gamma", "beta"):
        learnt = getattr(layer, kind, None)
        if learnt is not None:
            record.add(f"batch_norm_{kind}", name, tf.reduce_mean(value(learnt)))


def _leaves(model: keras.Model) -> list[Any]:
    layers = model._flatten_layers(include_self=False)
    return [
        layer
        for layer in layers
        if not layer._layers and not isinstance(layer, keras.layers.InputLayer)
    ]


def _names(model: keras.Model) -> dict[int, str]:
    """A name for each layer by its id: its own where that is unique, else its path."""
    layers = list(model._flatten_layers(include_self=True))
    names = [layer.name for layer in layers]
    return {
        id(layer): layer.name if names.count(layer.name) == 1 else _path(layer)
        for layer in layers
    }


def _path(layer: Any) -> str:
    return getattr(layer, "path", None) or layer.name


def _owners(model: keras.Model) -> dict[int, Any]:
    """The layer that made each variable, by the variable's id."""
    owners: dict[int, Any] = {}
    for layer in model._flatten_layers(include_self=True):
        for variable in layer._trainable_variables:
            owners.setdefault(id(variable), layer)
    return owners


def _first_calls(
    outputs: list[tuple[Any, tf.Tensor]],
) -> list[tuple[Any, tf.Tensor]]:
    """One output of each layer: the first, where it was called more than once."""
    firsts: dict[int, tuple[Any, tf.Tensor]] = {}
    for layer, output in outputs:
        firsts.setdefault(id(layer), (layer, output))
    return list(firsts.values())


def _dense(gradient: Any) -> tf.Tensor:
    """A gradient as one tensor; a row that a batch names twice is their sum."""
    if isinstance(gradient, tf.IndexedSlices):
        shape = tf.cast(gradient.dense_shape, gradient.indices.dtype)
        return tf.scatter_nd(gradient.indices[:, None], gradient.values, shape)
    return gradient


def _squared_norm(tensors: list[tf.Tensor]) -> tf.Tensor:
    # One operation each: what counts here is how many there are.
    return 2.0 * tf.add_n([tf.nn.l2_loss(tf.cast(t, tf.float32)) for t in tensors])


@contextlib.contextmanager
def replaced(
    owner: Any, name: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> Iterator[None]:
    """Puts `wrap` of a method into its place, on this one object."""
    own = owner.__dict__.get(name)
    # Not by setattr, which Keras's objects watch.
    owner.__dict__[name] = wrap(getattr(owner, name))
    try:
        yield
    finally:
        if own is None:
            del owner.__dict__[name]
        else:
            owner.__dict__[name] = own


class _Calls:
    """The calls of a model's layers while its step is traced.

    Attributes:
        outputs: What the layers return that have no layers inside. A layer called in a
            loop, such as a cell of an RNN, gives tensors that do not lead out of the
            loop; these are left out.
        order: When each layer with variables or outputs was first called, by its id.
    """

    def __init__(self) -> None:
        self.outputs: list[tuple[Any, tf.Tensor]] = []
        self.order: dict[int, int] = {}

    @contextlib.contextmanager
    def recorded(self, model: keras.Model) -> Iterator[None]:
        """Watches the layers of a model."""
        around = None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()
        leaves = _leaves(model)
        with contextlib.ExitStack() as stack:
            for layer in leaves:
                watching = self._watching(layer, lambda t: _is_output(t, around))
                stack.enter_context(replaced(layer, "call", watching))
            for layer in model._flatten_layers(include_self=False):
                if layer._layers and layer._trainable_variables:
                    watching = self._watching(layer, lambda t: False)
                    stack.enter_context(replaced(layer, "call", watching))
            yield

    def _watching(
        self, layer: Any, is_output: Callable[[Any], bool]
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Any:
                self.order.setdefault(id(layer), len(self.order))
                result = original(*args, **kwargs)
                if is_output(result):
                    self.outputs.append((layer, result))
                return result

            return call

        return wrap


def _is_output(result: Any, around: Any) -> bool:
    """Whether a layer returned one tensor of numbers that leads out to `around`."""
    if not tf.is_tensor(result) or not result.dtype.is_floating:
        return False
    here = getattr(result, "graph", None) if around is not None else None
    return here is around and bool(result.shape.rank)


def _costs_recorded(
    model: keras.Model, costs: list[tf.Tensor]
) -> contextlib.AbstractContextManager[None]:
    """Collects what `compute_loss` returns: the cost with all penalties."""

    def watching(original: Callable[..., Any]) -> Callable[..., Any]:
        def compute_loss(*args: Any, **kwargs: Any) -> Any:
            loss = original(*args, **kwargs)
            if tf.is_tensor(loss) and loss.shape.rank == 0:
                costs.append(loss)
            return loss

        return compute_loss

    return replaced(model, "compute_loss", watching)
