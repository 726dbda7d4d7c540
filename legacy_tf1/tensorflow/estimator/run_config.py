"""How an estimator runs: folders, checkpoints, summaries, the seed."""

from __future__ import annotations

import copy
import json
import os
from typing import Any

import tensorflow.compat.v1 as tf

_DEFAULT: Any = object()
_BOTH = "`save_checkpoints_steps` and `save_checkpoints_secs` cannot be both set."


class TaskType:
    """The jobs of a cluster, as `tf.estimator.RunConfig.task_type` names them."""

    MASTER = "master"
    PS = "ps"
    WORKER = "worker"
    CHIEF = "chief"
    EVALUATOR = "evaluator"


class RunConfig:
    """Settings of a run on one machine, as `tf.estimator.RunConfig` of TensorFlow 1.15.

    Raises:
        ValueError: If checkpoints are asked for by steps and by seconds, if a setting is
            out of range, or if TF_CONFIG describes a cluster, which is not supported.
    """

    def __init__(
        self,
        model_dir: Any = None,
        tf_random_seed: int | None = None,
        save_summary_steps: int | None = 100,
        save_checkpoints_steps: int | None = _DEFAULT,
        save_checkpoints_secs: int | None = _DEFAULT,
        session_config: Any = None,
        keep_checkpoint_max: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000,
        log_step_count_steps: int | None = 100,
        train_distribute: Any = None,
        device_fn: Any = None,
        protocol: str | None = None,
        eval_distribute: Any = None,
        experimental_distribute: Any = None,
        experimental_max_worker_delay_secs: int | None = None,
        session_creation_timeout_secs: int = 7200,
    ) -> None:
        if save_checkpoints_steps is _DEFAULT and save_checkpoints_secs is _DEFAULT:
            save_checkpoints_steps, save_checkpoints_secs = None, 600
        elif save_checkpoints_secs is _DEFAULT:
            save_checkpoints_secs = None
        elif save_checkpoints_steps is _DEFAULT:
            save_checkpoints_steps = None
        elif save_checkpoints_steps is not None and save_checkpoints_secs is not None:
            raise ValueError(_BOTH)
        self._model_dir = None if model_dir is None else os.fspath(model_dir)
        self._tf_random_seed = tf_random_seed
        self._save_summary_steps = save_summary_steps
        self._save_checkpoints_steps = save_checkpoints_steps
        self._save_checkpoints_secs = save_checkpoints_secs
        self._session_config = session_config
        self._keep_checkpoint_max = keep_checkpoint_max
        self._keep_checkpoint_every_n_hours = keep_checkpoint_every_n_hours
        self._log_step_count_steps = log_step_count_steps
        self._train_distribute = train_distribute
        self._device_fn = device_fn
        self._protocol = protocol
        self._eval_distribute = eval_distribute
        self._experimental_distribute = experimental_distribute
        self._experimental_max_worker_delay_secs = experimental_max_worker_delay_secs
        self._session_creation_timeout_secs = session_creation_timeout_secs
        self._task_type, self._task_id = TaskType.WORKER, 0
        self._global_id_in_cluster = 0
        self._master = self._evaluation_master = ""
        self._is_chief = True
        self._num_ps_replicas, self._num_worker_replicas = 0, 1
        self._cluster_spec = tf.train.ClusterSpec({})
        self._check()

    def _check(self) -> None:
        for name, least in (
            ("save_summary_steps", 0),
            ("save_checkpoints_steps", 0),
            ("save_checkpoints_secs", 0),
            ("keep_checkpoint_max", 0),
            ("log_step_count_steps", 1),
        ):
            value = getattr(self, f"_{name}")
            if value is not None and value < least:
                raise ValueError(f"{name} should be >= {least}. Received: {value}")
        if json.loads(os.environ.get("TF_CONFIG") or "{}").get("cluster"):
            raise ValueError(
                "TF_CONFIG describes a cluster; here an estimator runs on one machine. "
                "Unset TF_CONFIG, or write the model in tf.keras with a tf.distribute "
                "strategy."
            )

    def __getattr__(self, name: str) -> Any:
        # Read-only properties, all of one form: `config.model_dir` is `_model_dir`.
        if not name.startswith("_") and f"_{name}" in vars(self):
            return vars(self)[f"_{name}"]
        raise AttributeError(f"'RunConfig' object has no attribute {name!r}")

    @property
    def service(self) -> None:
        """The platform's own cluster settings; none on one machine."""
        return None

    def replace(self, **kwargs: Any) -> RunConfig:
        """Returns a copy in which some settings are new."""
        new = copy.deepcopy(self)
        if (
            kwargs.get("save_checkpoints_steps") is not None
            and kwargs.get("save_checkpoints_secs") is not None
        ):
            raise ValueError(_BOTH)
        if "save_checkpoints_steps" in kwargs:
            new._save_checkpoints_secs = None
        if "save_checkpoints_secs" in kwargs:
            new._save_checkpoints_steps = None
        for name, value in kwargs.items():
            if f"_{name}" not in vars(new):
                raise ValueError(
                    f"Replacing {name} is not supported. Settings of a RunConfig are "
                    f"{', '.join(sorted(n.lstrip('_') for n in vars(new)))}."
                )
            setattr(new, f"_{name}", value)
        new._check()
        return new
