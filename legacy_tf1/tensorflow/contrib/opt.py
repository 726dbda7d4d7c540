"""`tf.contrib.opt`: SciPy's optimizers, decoupled weight decay, moving averages.

Today: `scipy.optimize.minimize` with a `tf.function` that gives loss and gradients, and
`keras.optimizers.AdamW`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.python.training.saving import saveable_object_util

from legacy_tf1.compat import missing as _missing


class ScipyOptimizerInterface:
    """As `tf.contrib.opt.ScipyOptimizerInterface`: a loss minimized by SciPy.

    Args:
        loss: A scalar tensor.
        var_list: The variables to change; all trainable ones if None.
        equalities: Tensors that are to become 0.
        inequalities: Tensors that are to stay at least 0.
        var_to_bounds: A dict from a variable to its (lowest, highest) values.
        optimizer_kwargs: For `scipy.optimize.minimize`, as `method="L-BFGS-B"`,
            `options={"maxiter": 100}`, `tol`.
    """

    def __init__(
        self,
        loss: Any,
        var_list: Sequence[Any] | None = None,
        equalities: Sequence[Any] | None = None,
        inequalities: Sequence[Any] | None = None,
        var_to_bounds: dict[Any, tuple[Any, Any]] | None = None,
        **optimizer_kwargs: Any,
    ) -> None:
        self.optimizer_kwargs = optimizer_kwargs
        self._loss = loss
        self._vars = list(tf.trainable_variables() if var_list is None else var_list)
        self._loss_gradient = self._packed_gradient(loss)
        self._constraints = [
            (kind, tensor, self._packed_gradient(tensor))
            for kind, tensors in (("eq", equalities), ("ineq", inequalities))
            for tensor in tensors or ()
        ]
        self._bounds = self._packed_bounds(var_to_bounds) if var_to_bounds else None
        self._new_values = [
            tf.placeholder(v.dtype.base_dtype, v.shape) for v in self._vars
        ]
        self._assign = [
            tf.assign(variable, value)
            for variable, value in zip(self._vars, self._new_values, strict=True)
        ]

    def minimize(
        self,
        session: Any = None,
        feed_dict: dict[Any, Any] | None = None,
        fetches: Sequence[Any] = (),
        step_callback: Callable[[np.ndarray], Any] | None = None,
        loss_callback: Callable[..., Any] | None = None,
        **run_kwargs: Any,
    ) -> None:
        """Minimizes, and leaves the result in the variables.

        Args:
            session: The default one if None.
            feed_dict: For each `Session.run`.
            fetches: Tensors whose values `loss_callback` is given.
            step_callback: Called with all variables as one vector after each step.
            loss_callback: Called with the `fetches` after each evaluation of the loss.
            run_kwargs: For `Session.run`.
        """
        from scipy import optimize

        session = session or tf.get_default_session()

        def run(tensors: Any, at: np.ndarray) -> Any:
            self._load(session, at)
            return session.run(tensors, feed_dict, **run_kwargs)

        def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
            value, gradient, fetched = run(
                [self._loss, self._loss_gradient, fetches], at
            )
            if loss_callback is not None:
                loss_callback(*fetched)
            return float(value), gradient.astype(np.float64)

        constraints = [
            {
                "type": kind,
                "fun": lambda at, tensor=tensor: run(tensor, at).astype(np.float64),
                "jac": lambda at, slope=slope: run(slope, at).astype(np.float64),
            }
            for kind, tensor, slope in self._constraints
        ]
        start = [np.ravel(value) for value in session.run(self._vars)]
        arguments: dict[str, Any] = {
            "method": "SLSQP" if constraints else "L-BFGS-B",
            "bounds": self._bounds,
            "callback": step_callback,
            **self.optimizer_kwargs,
        }
        if constraints:
            arguments["constraints"] = constraints
        result = optimize.minimize(
            loss, np.concatenate(start).astype(np.float64), jac=True, **arguments
        )
        self._load(session, result.x)
        tf.logging.info(
            "Optimization terminated with:\n  Message: %s\n  Objective function value: %f"
            "\n  Number of iterations: %s\n  Number of functions evaluations: %s",
            result.message,
            result.fun,
            getattr(result, "nit", "?"),
            result.nfev,
        )

    def _load(self, session: Any, at: np.ndarray) -> None:
        sizes = [variable.shape.num_elements() for variable in self._vars]
        parts = np.split(at, np.cumsum(sizes)[:-1])
        shapes = [variable.shape.as_list() for variable in self._vars]
        values = [
            part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)
        ]
        feed = dict(zip(self._new_values, values, strict=True))
        session.run(self._assign, feed)

    def _packed_gradient(self, tensor: Any) -> Any:
        gradients = tf.gradients(tensor, self._vars)
        flat = [
            tf.reshape(tf.zeros_like(variable) if gradient is None else gradient, [-1])
            for variable, gradient in zip(self._vars, gradients, strict=True)
        ]
        return flat[0] if len(flat) == 1 else tf.concat(flat, 0)

    def _packed_bounds(self, given: dict[Any, Any]) -> list[tuple[float, float]]:
        names = {variable.name: bounds for variable, bounds in given.items()}
        result: list[tuple[float, float]] = []
        for variable in self._vars:
            low, high = names.get(variable.name, (-np.inf, np.inf))
            shape = variable.shape.as_list()
            lows = np.broadcast_to(low, shape).ravel().tolist()
            highs = np.broadcast_to(high, shape).ravel().tolist()
            result += zip(lows, highs, strict=True)
        return result


class AdamWOptimizer(tf.train.AdamOptimizer):
    r"""As `tf.contrib.opt.AdamWOptimizer`: Adam, and variables that shrink beside it.

    $$w \\leftarrow (1 - \\lambda) w - \\text{Adam's step}$$

    Loshchilov and Hutter, 2017, https://arxiv.org/abs/1711.05101. The decay is not
    multiplied by the learning rate. Today: `keras.optimizers.AdamW`, whose decay is.
    """

    def __init__(
        self,
        weight_decay: Any,
        learning_rate: Any = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        use_locking: bool = False,
        name: str = "AdamW",
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, epsilon, use_locking, name)
        self._weight_decay = weight_decay
        self._decayed: set[str] | None = None

    def minimize(self, *args: Any, decay_var_list: Any = None, **kwargs: Any) -> Any:
        """As `Optimizer.minimize`; `decay_var_list` says which variables shrink."""
        self._decayed = decay_var_list and {each.name for each in decay_var_list}
        return super().minimize(*args, **kwargs)

    def apply_gradients(
        self, grads_and_vars: Any, global_step: Any = None, name: str | None = None
    ) -> Any:
        """Shrinks the variables, then takes Adam's step."""
        pairs = list(grads_and_vars)
        shrink = [
            tf.assign_sub(variable, self._weight_decay * variable)
            for gradient, variable in pairs
            if gradient is not None
            and (not self._decayed or variable.name in self._decayed)
        ]
        with tf.control_dependencies(shrink):
            return super().apply_gradients(pairs, global_step, name)


class MovingAverageOptimizer(tf.train.Optimizer):
    """As `tf.contrib.opt.MovingAverageOptimizer`: another optimizer, and averages.

    Its `swapping_saver` saves the averages under the names of the variables, and the
    variables under those of the averages. Today: `use_ema=True` of Keras's optimizers.

    Args:
        opt: The optimizer that takes the steps.
        average_decay: How much of the average stays in a step.
        num_updates: The step, with which the decay grows at first.
        sequential_update: Whether the averages wait for the step.
    """

    def __init__(
        self,
        opt: Any,
        average_decay: float = 0.9999,
        num_updates: Any = None,
        sequential_update: bool = True,
    ) -> None:
        # The base's own __init__ is for optimizers that take steps themselves.
        self._optimizer = opt
        self._ema = tf.train.ExponentialMovingAverage(average_decay, num_updates)
        self._swapped: dict[str, str] | None = None
        self._sequential_update = sequential_update

    def compute_gradients(self, *args: Any, **kwargs: Any) -> Any:
        """The optimizer's gradients."""
        return self._optimizer.compute_gradients(*args, **kwargs)

    def apply_gradients(
        self, grads_and_vars: Any, global_step: Any = None, name: str | None = None
    ) -> Any:
        """Takes the optimizer's step, and updates the averages."""
        pairs = list(grads_and_vars)
        step = self._optimizer.apply_gradients(
            pairs, global_step=global_step, name=name
        )
        changed = [variable for gradient, variable in pairs if gradient is not None]
        with tf.control_dependencies([step] if self._sequential_update else []):
            average = self._ema.apply(changed)
        self._swapped = {}
        for variable in changed:
            of_average = self._ema.average(variable).op.name
            self._swapped[variable.op.name] = of_average
            self._swapped[of_average] = variable.op.name
        return tf.group(step, average, name="train_with_avg")

    def swapping_saver(
        self, var_list: Any = None, name: str = "swapping_saver", **kwargs: Any
    ) -> Any:
        """Returns a `tf.train.Saver` that exchanges variables and averages.

        Args:
            var_list: The variables, or a dict of them by name; all if None.
            name: Of the saver's operations.
            kwargs: For `tf.train.Saver`.

        Raises:
            RuntimeError: If `minimize` or `apply_gradients` was not called before.
            ValueError: If a variable is to be saved, but not its average.
        """
        if self._swapped is None:
            raise RuntimeError(
                "Must call apply_gradients or minimize before creating the "
                "swapping_saver"
            )
        chosen = tf.global_variables() if var_list is None else var_list
        if not isinstance(chosen, dict):
            chosen = saveable_object_util.op_list_to_dict(chosen)
        by_name = {}
        for key, value in chosen.items():
            parts = value if isinstance(value, list) else None
            by_name.update({part.op.name: part for part in parts or ()})
            if parts is None:
                by_name[key] = value

        def exchanged(key: str, value: Any) -> Any:
            other = self._swapped.get(key) if self._swapped else None
            if other is not None and other not in by_name:
                raise ValueError(
                    f"Variable to swap {other} is not part of variables to save. "
                    "This breaks MovingAverageOptimizer."
                )
            return value if other is None else by_name[other]

        to_save = {
            key: [exchanged(part.op.name, part) for part in value]
            if isinstance(value, list)
            else exchanged(key, value)
            for key, value in chosen.items()
        }
        return tf.train.Saver(to_save, name=name, **kwargs)


__path__: list[str] = []  # so that tf.contrib.opt.python can be imported


def __getattr__(name: str) -> Any:
    raise _missing.error(f"tensorflow.contrib.opt.{name}")
