"""`tf.contrib.opt`: SciPy's optimizers, and Adam with decoupled weight decay.

Today: `scipy.optimize.minimize` with a `tf.function` that gives loss and gradients, and
`keras.optimizers.AdamW`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf

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


def __getattr__(name: str) -> Any:
    raise _missing.error(f"tensorflow.contrib.opt.{name}")
