"""Do activations and gradients keep their size through the layers, before training?"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from tfkit import initializers
from tfkit._checks import check_count
from tfkit.callbacks.depth_slope import DepthSlope, depth_slope
from tfkit.callbacks.health_rules import SHARE
from tfkit.diagnose.arrays import count_examples, rows
from tfkit.diagnose.first_checks.examples import (
    as_arrays,
    require_any_batch,
    require_fit,
    tensors,
)
from tfkit.diagnose.first_checks.promises import (
    expected_rms,
    is_plain,
    promised_rms,
    to_numpy,
)
from tfkit.diagnose.first_checks.pure_model import (
    LayerCall,
    Pass,
    PureModel,
    float_tensors,
)
from tfkit.diagnose.first_checks.text import plain_json, shortened, wrapped
from tfkit.diagnose.model_checks import require_trainable
from tfkit.diagnose.rehearsal import restored
from tfkit.training.probes import activation_of, dead_share, saturated_share

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Examples that are looked at, at most.
MOST_EXAMPLES = 512
# Standard deviations of the fall of a coin that are chance: over 50 layers 0.2 %.
_BY_CHANCE = 4.0
# Units of a layer are alike where their weights, and what changes these, agree so far:
# float32 sums in another order differ by about 1e-7 of their size.
_ALIKE = 1e-5


@dataclass(frozen=True)
class LayerSignal:
    """What goes through one layer, forward and backward.

    Args:
        name: The layer's name.
        kind: Its class.
        activation: Name of its own activation; None for a layer without one.
        mean: Mean of the outputs, over units and examples. Of the last layer, those
            before its softmax or sigmoid.
        std: Standard deviation of the same.
        gradient_std: Standard deviation of the cost's derivative with respect to them;
            None where no gradient reaches them, or nothing before them is trained.
        has_kernel: Whether the layer has a weight matrix: these layers make the depth.
        ratio: Root mean square of the outputs over that of the inputs.
        expected: What `ratio` would be with independent inputs, by the kernel's own
            size and the activation; None where there is no formula.
        promised: What it would be with a kernel of the size that its initializer draws.
        advised: The initializer that suits the activation which follows; None without
            a kernel, and for an activation of one's own.
        kernel_size: Root mean square of the kernel, in those of the advised initializer.
        dead: Share of ReLU units that are 0 for all examples; None for others.
        saturated: Share of tanh or sigmoid outputs where it is nearly flat.
        symmetric: Whether all units compute the same and would go on to do so.
        dead_by_chance: Share of ReLU units that may be dead in a sound layer, where depth
            has made the inputs alike; 0 where they differ, None for other layers.
    """

    name: str
    kind: str
    activation: str | None
    mean: float
    std: float
    gradient_std: float | None
    has_kernel: bool
    ratio: float | None = None
    expected: float | None = None
    promised: float | None = None
    advised: str | None = None
    kernel_size: float | None = None
    dead: float | None = None
    saturated: float | None = None
    symmetric: bool = False
    dead_by_chance: float | None = None


@dataclass(frozen=True)
class SignalPropagation:
    """What `signal_propagation` found. Printed, it is a table.

    Args:
        layers: Every layer in the order of the calls.
        forward: "vanishing", "healthy", "exploding" or "too shallow to say": what
            becomes of the activations towards the output.
        forward_factor: What one layer with a kernel multiplies their standard deviation
            with, fitted; NaN for fewer than three.
        backward: The same for the gradients towards the input; also "no gradient".
        backward_factor: What one layer multiplies the gradients with on their way back.
        loss: The cost without penalties; None without targets.
        examples: How many were looked at.
    """

    layers: tuple[LayerSignal, ...]
    forward: str
    forward_factor: float
    backward: str
    backward_factor: float
    loss: float | None
    examples: int

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, the most telling first; empty where nothing is."""
        found = _grouped(
            "all units of {} compute the same",
            [layer.name for layer in self.layers if layer.symmetric],
        )
        for what, verdict in (
            ("activations", self.forward),
            ("gradients", self.backward),
        ):
            if verdict in ("vanishing", "exploding"):
                found.append(f"{verdict} {what}")
            elif verdict == "no gradient":
                found.append("no gradient")
        dead = [layer.name for layer in self.layers if _is_dead(layer)]
        flat = [layer.name for layer in self.layers if _much(layer.saturated)]
        found += _grouped("dead ReLU units in {}", dead)
        found += _grouped("saturated outputs in {}", flat)
        return tuple(found)

    @property
    def verdict(self) -> str:
        """One line, such as "exploding activations; exploding gradients"."""
        if self.problems:
            return "; ".join(self.problems)
        if not self.layers:
            return "not known: the model's weights are not in layers"
        depth = sum(layer.has_kernel for layer in self.layers)
        return "healthy" if depth >= 3 else "healthy (too shallow for a trend)"

    @property
    def advice(self) -> tuple[str, ...]:
        """What to try, by the layers that are off."""
        if not self.problems:
            return ()
        steps = []
        if any(layer.symmetric for layer in self.layers):
            steps.append(
                "random weights: zeros or one constant leave all units of a layer alike "
                "(tfkit.initializers.for_activation)"
            )
        trend = {self.forward, self.backward} & {"vanishing", "exploding"}
        if trend or any(
            _much(layer.saturated) or _is_dead(layer) for layer in self.layers
        ):
            steps += self._initializers()
        if trend:
            steps.append(
                "batch normalization before the activations, or residual connections"
            )
        if "exploding" in (self.forward, self.backward):
            steps.append("gradient clipping (`clipnorm=1.0`) as a stopgap")
        saturating = [
            layer.name
            for layer in self.layers
            if layer.saturated is not None
            and ("vanishing" in trend or _much(layer.saturated))
        ]
        if saturating:
            steps.append(
                f"ReLU in place of tanh and sigmoid, from {saturating[0]!r} on"
            )
        if any(_is_dead(layer) for layer in self.layers):
            steps.append(
                "for dead ReLUs: biases that do not begin below 0, normalized inputs, "
                "He initialization, or leaky ReLU"
            )
        if self.backward == "no gradient":
            steps.append(
                "see that the cost depends on the weights: no dead layer, argmax or "
                "round between them"
            )
        return tuple(steps)

    def _initializers(self) -> list[str]:
        exploding = "exploding" in (self.forward, self.backward)
        # Small kernels do not explode, and large ones do not vanish unless they saturate.
        low = 0.0 if exploding else 0.75
        high = math.inf if "vanishing" in (self.forward, self.backward) else 1.33
        if any(_much(layer.saturated) for layer in self.layers):
            high = 1.33
        off = [
            layer
            for layer in self.layers
            if layer.kernel_size and not low <= layer.kernel_size <= high
        ]
        if not off:
            return []
        worst = max(off, key=lambda layer: abs(_log(layer.kernel_size)))
        others = f" and {len(off) - 1} more" if len(off) > 1 else ""
        return [
            f"{worst.advised} initialization for {worst.name!r}{others}: its kernel is "
            f"{worst.kernel_size:.2g} times the size that it draws"
        ]

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON types, with the verdict and the advice."""
        facts = {
            **asdict(self),
            "verdict": self.verdict,
            "advice": list(self.advice),
        }
        return plain_json(facts)

    def __str__(self) -> str:
        lines = wrapped("verdict: ", self.verdict)
        loss = "" if self.loss is None else f"cost {self.loss:.4g}, "
        factors = [
            f"{what} x {factor:.3g}"
            for what, factor in (
                ("activations", self.forward_factor),
                ("gradients", self.backward_factor),
            )
            if math.isfinite(factor)
        ]
        by_layer = f"; a layer: {', '.join(factors)}" if factors else ""
        lines.append(f"  {loss}{self.examples} examples{by_layer}")
        lines.append(
            f"  {'layer':<22}{'mean':>9}{'std':>9}{'gradient':>10}{'ratio':>8}"
            f"{'expected':>9}  notes"
        )
        for layer in self.layers:
            name = layer.name if len(layer.name) <= 21 else f"{layer.name[:20]}…"
            lines.append(
                f"  {name:<22}{layer.mean:>9.2g}{layer.std:>9.2g}"
                f"{_text(layer.gradient_std):>10}{_text(layer.ratio):>8}"
                f"{_text(layer.expected):>9}  {shortened(_notes(layer), 17)}".rstrip()
            )
        for step in self.advice:
            lines += wrapped("  try: ", step)
        return "\n".join(lines)

    def plot(self) -> Figure:
        """Draws both standard deviations by depth."""
        from tfkit.plots.signal_propagation import signal_profile

        return signal_profile(self)


def signal_propagation(
    model: keras.Model, x: Any, y: Any = None, *, seed: int = 0
) -> SignalPropagation:
    r"""Measures how activations and gradients change from layer to layer.

    Before training, $\sigma(a^{[l]})$ and $\sigma(\partial J / \partial a^{[l]})$ should
    be of one size at all depths. A layer whose kernel has $n$ inputs multiplies the
    second moment by

    $$\frac{E[(a^{[l]})^2]}{E[(a^{[l-1]})^2]} = n\,E[W^2]\,c_g, \qquad
      c_{\text{linear}} = 1,\ c_{\text{ReLU}} = \tfrac12$$

    as long as the inputs are independent; for other activations the normal integral of
    $g(z)^2$ is taken. He's $E[W^2] = 2/n$ makes it 1 under ReLU, Xavier's $1/n$ about 1
    where $g$ is nearly linear. The table has the root of the measured and the expected
    ratio. With all $W^{[l]} = w I$ and linear layers it is $w$ at each, and
    $\sigma(a^{[l]}) = w^l \sigma(x)$.

    Both deviations are fitted by a straight line in logarithms over the layers that
    have kernels, and judged as in `TrainingHealth`: a factor above 100 from first to
    last *explodes*, one below 1/100 *vanishes*. Dropout, noise and augmentation are off;
    batch normalization uses the statistics of the batch. The model is not changed.

    Args:
        model: A built Keras model: Sequential, functional or subclassed.
        x: Inputs, as `fit` takes them; at most 512 examples are used, drawn at random.
            Or a `tf.data.Dataset` of batches `(x, y)`.
        y: Targets; the model must be compiled then. None: gradients are those of a
            random linear function of the outputs.
        seed: Decides which examples are drawn, and the random function. Int >= 0.

    Returns:
        A `SignalPropagation`; `print` shows the table, `.plot()` draws it.

    Raises:
        TypeError: If `model` is no Keras model, or the data no numbers.
        ValueError: If the model is not built, has nothing to train, or is not compiled
            though there are targets; if the data do not fit it, or the outputs or the
            cost are not finite.

    Example:
        >>> import keras, numpy as np
        >>> half = keras.initializers.Identity(0.5)
        >>> layers = [
        ...     keras.layers.Dense(2, use_bias=False, kernel_initializer=half)
        ...     for _ in range(10)
        ... ]
        >>> model = keras.Sequential([keras.Input((2,)), *layers])
        >>> report = signal_propagation(model, np.array([[1.0, -1.0], [-1.0, 1.0]]))
        >>> report.verdict
        'vanishing activations; vanishing gradients'
        >>> [layer.std for layer in report.layers][:3], 0.5**10 == report.layers[-1].std
        ([0.5, 0.25, 0.125], True)

    Reference:
        Course notes, "Vanishing / Exploding gradients", "Weight Initialization for Deep
        Networks"; Glorot & Bengio, 2010; He et al., 2015,
        https://arxiv.org/abs/1502.01852.
    """
    seed = check_count("seed", seed, minimum=0, hint="Use seed=0 for the usual draw.")
    require_trainable(model)
    require_any_batch(model)
    x, y = as_arrays(x, y, most=MOST_EXAMPLES)
    require_fit(model, x, y)
    pure = PureModel(model)
    if y is not None and not pure.has_loss:
        raise ValueError(
            "`model` must be compiled with a loss where `y` is given. Received: "
            f"{model.name!r} without one. Call `model.compile(optimizer, loss)`, or "
            "leave `y` out."
        )
    rng = np.random.default_rng(seed)
    if count_examples(x) > MOST_EXAMPLES:
        drawn = np.sort(rng.choice(count_examples(x), MOST_EXAMPLES, replace=False))
        x, y = rows(x, drawn), None if y is None else rows(y, drawn)
    with restored(model):
        return measure(pure, x, y, rng)


def measure(
    pure: PureModel, x: Any, y: Any, rng: np.random.Generator
) -> SignalPropagation:
    """Does the passes on checked arrays, and judges.

    Args:
        pure: The model as a function.
        x: Inputs, NumPy arrays.
        y: Targets, or None.
        rng: For the random function of the outputs, where there are no targets.
    """
    inputs = tensors(x)
    weights, state = pure.weights(), pure.state()
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([*weights, *float_tensors(inputs)])
        targets = None if y is None else tensors(y)
        result = pure.forward(
            inputs, targets, weights=weights, state=state, record=True
        )
        _require_finite(result)
        if y is None:
            cost = _random_function(result.prediction, rng)
        else:
            cost = pure.cost(targets, result)
    loss = None if y is None else float(cost)
    if loss is not None and not math.isfinite(loss):
        raise ValueError(
            f"The cost must be finite. Received: {loss}. The outputs are finite, so look "
            "at the targets (NaN, values outside the loss's domain) and at the loss."
        )
    calls = [call for call in result.calls if call.outputs]
    ends = {id(tensor) for tensor in float_tensors(result.prediction)}
    places = [_signal_tensor(call, ends) for call in calls]
    gradients = tape.gradient(cost, places)
    kernels = tape.gradient(cost, weights)
    del tape
    by_variable = {
        id(variable): gradient
        for variable, gradient in zip(pure.trainable, kernels, strict=True)
    }
    layers = tuple(
        _layer_signal(i, calls, places[i], gradients[i], by_variable, ends)
        for i in range(len(calls))
    )
    deep = [layer for layer in layers if layer.has_kernel]
    # Towards the output the first layer stands where the last one does in gradients.
    forward = depth_slope([layer.std for layer in reversed(deep)])
    known = [layer.gradient_std for layer in deep if layer.gradient_std is not None]
    backward = depth_slope(known)
    return SignalPropagation(
        layers=layers,
        forward=_forward_verdict(forward),
        forward_factor=math.exp(-forward.slope),
        backward="no gradient" if deep and not known else backward.verdict,
        backward_factor=math.exp(-backward.slope),
        loss=loss,
        examples=count_examples(x),
    )


def _forward_verdict(slope: DepthSlope) -> str:
    # Of activations: all of them 0.
    return "vanishing" if slope.verdict == "no gradient" else slope.verdict


def _layer_signal(
    i: int,
    calls: list[LayerCall],
    tensor: Any,
    gradient: Any,
    gradients: dict[int, Any],
    ends: set[int],
) -> LayerSignal:
    call = calls[i]
    layer = call.layer
    values = to_numpy(tensor)
    function = activation_of(layer)
    is_last = id(call.outputs[0]) in ends
    inside = not is_last
    plain = is_plain(layer)
    input_rms = _rms(call.inputs[0]) if plain else None
    expected = promised = ratio = None
    kernel_rms = _rms(layer.kernel) if plain else 0.0
    advised = _advised(i, calls) if plain else None
    if plain and input_rms:
        ratio = math.sqrt(float(np.square(values).mean())) / input_rms
        expected = _ratio(layer, kernel_rms, input_rms, is_last)
        promise = promised_rms(layer)
        promised = promise and _ratio(layer, promise, input_rms, is_last)
    return LayerSignal(
        name=layer.name,
        kind=type(layer).__name__,
        activation=function,
        mean=float(values.mean()),
        std=float(values.std()),
        gradient_std=None if gradient is None else float(to_numpy(gradient).std()),
        has_kernel=_has_kernel(layer),
        ratio=ratio,
        expected=expected,
        promised=promised,
        advised=None if advised is None else type(advised).__name__,
        kernel_size=None
        if advised is None
        else kernel_rms / advised.stddev(layer.kernel.shape),
        dead=float(dead_share(layer, call.outputs[0]))
        if inside and function in ("relu", "relu6")
        else None,
        saturated=float(saturated_share(function, call.outputs[0]))
        if inside and function in ("tanh", "sigmoid")
        else None,
        symmetric=plain and inside and _is_symmetric(layer, gradients),
        dead_by_chance=_dead_by_chance(layer, call.outputs[0])
        if inside and function in ("relu", "relu6")
        else None,
    )


def _dead_by_chance(layer: Any, output: Any) -> float:
    r"""Share of a sound layer's units that may be dead, at most.

    With depth random ReLU layers make all inputs alike, so that each unit is on for all
    of them or for none. Of the $k$ units that are either, as many are off as on, give or
    take a few times $\sqrt k$. Where none is on for all, the inputs are not alike.
    """
    off = float(dead_share(layer, output))
    # A unit that is never 0 is what would be dead if on and off were exchanged.
    on = float(dead_share(layer, tf.cast(output == 0, tf.float32)))
    units = output.shape[1 if _channels_first(layer) else -1]
    return on + _BY_CHANCE * math.sqrt((off + on) / units) if on else 0.0


def _channels_first(layer: Any) -> bool:
    return getattr(layer, "data_format", None) == "channels_first"


def _ratio(
    layer: Any, kernel_rms: float, input_rms: float, is_last: bool
) -> float | None:
    if is_last and activation_of(layer) in ("softmax", "sigmoid"):
        fan_in, _ = initializers.fans(layer.kernel.shape)
        return math.sqrt(fan_in) * kernel_rms  # what is looked at is before it
    rms = expected_rms(layer, kernel_rms, input_rms)
    return None if rms is None else rms / input_rms


def _signal_tensor(call: LayerCall, ends: set[int]) -> Any:
    output = call.outputs[0]
    # Keras's losses go back from the logits, past the softmax or sigmoid.
    return getattr(output, "_keras_logits", output) if id(output) in ends else output


def _random_function(prediction: Any, rng: np.random.Generator) -> Any:
    terms = []
    for output in float_tensors(prediction):
        output = getattr(output, "_keras_logits", output)
        direction = rng.standard_normal(tuple(output.shape)) / output.shape[0]
        terms.append(tf.reduce_sum(output * tf.cast(direction, output.dtype)))
    return tf.add_n([tf.cast(term, tf.float32) for term in terms])


def _require_finite(result: Pass) -> None:
    for call in result.calls:
        for output in call.outputs:
            bad = int((~np.isfinite(to_numpy(output))).sum())
            if bad:
                raise ValueError(
                    "The layers' outputs must be finite. Received: NaN or infinity in "
                    f"{bad} of {int(tf.size(output))} outputs of {call.layer.name!r}. "
                    "See tfkit.diagnose.find_first_bad_layer, and look for NaN in `x`."
                )


def _has_kernel(layer: Any) -> bool:
    if isinstance(layer, keras.layers.Embedding):
        return False  # a table, no product
    return any(len(weight.shape) >= 2 for weight in layer.weights)


def _advised(i: int, calls: list[LayerCall]) -> initializers._Normal | None:
    """The initializer for the first activation from this layer to the next kernel."""
    name = activation_of(calls[i].layer)
    for call in calls[i + 1 :]:
        if name not in (None, "linear") or _has_kernel(call.layer):
            break
        name = activation_of(call.layer)
    try:
        return initializers.for_activation(name)
    except ValueError:
        return None  # an activation of one's own


def _is_symmetric(layer: Any, gradients: dict[int, Any]) -> bool:
    """Whether the units have the same weights, and the same gradients."""
    if layer.kernel.shape[-1] < 2:
        return False
    if not _alike(to_numpy(layer.kernel)) or (
        layer.use_bias and not _alike(to_numpy(layer.bias))
    ):
        return False
    gradient = gradients.get(id(layer.kernel))
    return gradient is None or _alike(to_numpy(gradient))


def _alike(values: np.ndarray) -> bool:
    columns = values.reshape(-1, values.shape[-1])
    spread = np.abs(columns - columns[:, :1]).max()
    return bool(spread <= _ALIKE * np.abs(columns).max())


def _rms(tensor: Any) -> float:
    return math.sqrt(float(np.square(to_numpy(tensor)).mean()))


def _much(share: float | None) -> bool:
    return share is not None and share >= SHARE


def _is_dead(layer: LayerSignal) -> bool:
    return _much(layer.dead) and (layer.dead or 0.0) >= (layer.dead_by_chance or 0.0)


def _grouped(text: str, names: list[str]) -> list[str]:
    if not names:
        return []
    more = f" (and {len(names) - 1} more layers)" if len(names) > 1 else ""
    return [text.format(repr(names[0])) + more.replace("1 more layers", "1 more")]


def _log(value: float | None) -> float:
    return math.log(max(value or 0.0, 1e-30))


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.2g}"


def _notes(layer: LayerSignal) -> str:
    notes = ["alike"] if layer.symmetric else []
    if layer.dead:
        notes.append(f"{100 * layer.dead:.0f} % dead")
    if layer.saturated:
        notes.append(f"{100 * layer.saturated:.0f} % flat")
    if layer.promised and layer.expected is not None:
        off = layer.expected / layer.promised
        if not 0.8 <= off <= 1.25:
            notes.append(f"promised {layer.promised:.2g}")
    return ", ".join(notes)
