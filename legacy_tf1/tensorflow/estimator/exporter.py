"""Which models `train_and_evaluate` exports, and when."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import tensorflow.compat.v1 as tf


class Exporter:
    """Base of the exporters: `name` and `export`, as `tf.estimator.Exporter`."""

    @property
    def name(self) -> str:
        """The folder below `export`."""
        raise NotImplementedError

    def export(
        self,
        estimator: Any,
        export_path: str,
        checkpoint_path: str,
        eval_result: Any,
        is_the_final_export: bool,
    ) -> Any:
        """Writes the model if it is to be written; returns its folder or None."""
        raise NotImplementedError


class _SavedModelExporter(Exporter):
    def __init__(
        self,
        name: str,
        serving_input_receiver_fn: Any,
        assets_extra: dict[str, str] | None,
        as_text: bool,
        exports_to_keep: int | None = None,
    ) -> None:
        if exports_to_keep is not None and exports_to_keep <= 0:
            raise ValueError(
                "`exports_to_keep`, if provided, must be a positive number. Got "
                f"{exports_to_keep}"
            )
        self._name = name
        self._receiver_fn = serving_input_receiver_fn
        self._assets_extra, self._as_text = assets_extra, as_text
        self._exports_to_keep = exports_to_keep

    @property
    def name(self) -> str:
        """The folder below `export`."""
        return self._name

    def export(
        self,
        estimator: Any,
        export_path: str,
        checkpoint_path: str,
        eval_result: Any,
        is_the_final_export: bool,
    ) -> Any:
        """Writes the model and removes the oldest above `exports_to_keep`."""
        result = estimator.export_saved_model(
            export_path,
            self._receiver_fn,
            assets_extra=self._assets_extra,
            as_text=self._as_text,
            checkpoint_path=checkpoint_path,
        )
        if self._exports_to_keep is not None:
            names = (name.rstrip("/") for name in tf.gfile.ListDirectory(export_path))
            dated = sorted(name for name in names if name.isdigit())
            for name in dated[: -self._exports_to_keep]:
                tf.gfile.DeleteRecursively(os.path.join(export_path, name))
        return result


class FinalExporter(_SavedModelExporter):
    """Exports once, at the end, as `tf.estimator.FinalExporter`."""

    def __init__(
        self,
        name: str,
        serving_input_receiver_fn: Any,
        assets_extra: dict[str, str] | None = None,
        as_text: bool = False,
    ) -> None:
        super().__init__(name, serving_input_receiver_fn, assets_extra, as_text)

    def export(
        self,
        estimator: Any,
        export_path: str,
        checkpoint_path: str,
        eval_result: Any,
        is_the_final_export: bool,
    ) -> Any:
        """Writes the model if training is over."""
        if not is_the_final_export:
            return None
        tf.logging.info("Performing the final export in the end of training.")
        return super().export(
            estimator, export_path, checkpoint_path, eval_result, is_the_final_export
        )


class LatestExporter(_SavedModelExporter):
    """Exports after each evaluation, as `tf.estimator.LatestExporter`."""

    def __init__(
        self,
        name: str,
        serving_input_receiver_fn: Any,
        assets_extra: dict[str, str] | None = None,
        as_text: bool = False,
        exports_to_keep: int | None = 5,
    ) -> None:
        super().__init__(
            name, serving_input_receiver_fn, assets_extra, as_text, exports_to_keep
        )


def _smaller_loss(best_eval_result: Any, current_eval_result: Any) -> bool:
    for result in (best_eval_result, current_eval_result):
        if not result or "loss" not in result:
            raise ValueError("eval results cannot be empty or without loss.")
    return best_eval_result["loss"] > current_eval_result["loss"]


class BestExporter(_SavedModelExporter):
    """Exports when an evaluation is the best so far, as `tf.estimator.BestExporter`."""

    def __init__(
        self,
        name: str = "best_exporter",
        serving_input_receiver_fn: Any = None,
        event_file_pattern: str | None = "eval/*.tfevents.*",
        compare_fn: Callable[..., bool] = _smaller_loss,
        assets_extra: dict[str, str] | None = None,
        as_text: bool = False,
        exports_to_keep: int | None = 5,
    ) -> None:
        super().__init__(
            name, serving_input_receiver_fn, assets_extra, as_text, exports_to_keep
        )
        if compare_fn is None:
            raise ValueError("`compare_fn` must not be None.")
        self._compare_fn = compare_fn
        self._event_file_pattern = event_file_pattern
        self._model_dir: str | None = None
        self._best: Any = None

    def export(
        self,
        estimator: Any,
        export_path: str,
        checkpoint_path: str,
        eval_result: Any,
        is_the_final_export: bool,
    ) -> Any:
        """Writes the model if `compare_fn` finds it better than the best."""
        if self._model_dir != estimator.model_dir and self._event_file_pattern:
            self._model_dir = estimator.model_dir
            self._best = self._best_of_events(eval_result)
        if self._best is not None and not self._compare_fn(
            best_eval_result=self._best, current_eval_result=eval_result
        ):
            return None
        tf.logging.info("Performing best model export.")
        self._best = eval_result
        return super().export(
            estimator, export_path, checkpoint_path, eval_result, is_the_final_export
        )

    def _best_of_events(self, current: Any) -> Any:
        """The best evaluation of earlier runs; that of now is in the events too."""
        best = None
        pattern = os.path.join(self._model_dir or "", self._event_file_pattern or "")
        for path in sorted(tf.gfile.Glob(pattern)):
            for event in tf.train.summary_iterator(path):
                result = {v.tag: v.simple_value for v in event.summary.value}
                if not result or event.step == current.get("global_step"):
                    continue
                if best is None or self._compare_fn(
                    best_eval_result=best, current_eval_result=result
                ):
                    best = result
        return best
