"""The steps of a run, each a function that can be called by hand.

make_repeatable(experiment.training.seed)
prepared = prepare_data(experiment)
model = build_model(experiment, prepared)
train = prepared.splits.train
model.fit(train.x, train.y, batch_size=experiment.training.batch_size)
errors = measure(model, prepared)
judgement = judge(errors, experiment, model=model, prepared=prepared)
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfkit import data, layers, models, optimizers, schedules
from tfkit.callbacks import LearningRateDecay, TensorBoard
from tfkit.data import Splits
from tfkit.diagnose import BiasVariance, ErrorRate, bias_variance, error_rate
from tfkit.experiment.description import Experiment


@dataclass(frozen=True)
class PreparedData:
    """A dataset in its three parts.

    Args:
        splits: Train, dev and test, each with `x`, `y` and `indices`.
        class_names: Name of each class, in the order of the class numbers.
        feature_names: Name of each column of a table; empty for everything else.
    """

    splits: Splits
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...] = ()

    def parts(self) -> dict[str, Any]:
        """Returns the parts that hold examples, by name."""
        named = {
            "train": self.splits.train,
            "dev": self.splits.dev,
            "test": self.splits.test,
        }
        return {name: part for name, part in named.items() if len(part.y)}

    def record(self) -> dict[str, Any]:
        """Returns what data.json holds: enough to read inputs and notice a change."""
        train = self.splits.train.x
        return {
            "input_shape": list(train.shape[1:]),
            "input_dtype": str(train.dtype),
            "input_range": [float(train.min()), float(train.max())],
            "class_names": list(self.class_names),
            "feature_names": list(self.feature_names),
            "examples": {name: len(part.y) for name, part in self.parts().items()},
            "sha256": {
                name: _fingerprint(p.x, p.y) for name, p in self.parts().items()
            },
        }


def make_repeatable(seed: int) -> None:
    """Seeds Python, NumPy and Keras; on a GPU, asks for deterministic operations too.

    Args:
        seed: Non-negative int.
    """
    keras.utils.set_random_seed(seed)
    # On a CPU what these networks are made of is deterministic as it is; and the switch
    # holds for the whole process, in which Keras then refuses to compile with XLA.
    if tf.config.list_physical_devices("GPU"):
        tf.config.experimental.enable_op_determinism()


def prepare_data(experiment: Experiment) -> PreparedData:
    """Loads the dataset, checks it and splits it.

    Raises:
        ValueError: If the name is unknown, the file is damaged or the data are not
            fit for training.
    """
    options = experiment.data
    dataset = data.load(
        experiment.dataset,
        seed=experiment.training.seed,
        examples=options.examples,
        label=options.label,
        image_size=options.image_size,
    )
    return PreparedData(
        data.split(
            dataset,
            fractions=options.fractions,
            seed=experiment.training.seed,
            stratify=options.stratify,
        ),
        tuple(dataset.class_names),
        dataset.feature_names,
    )


def build_model(experiment: Experiment, prepared: PreparedData) -> keras.Model:
    """Builds and compiles the network for these data."""
    train = prepared.splits.train
    options, penalty = experiment.model, experiment.regularization
    augmentation = experiment.data.augmentation
    if augmentation != "none" and train.x.ndim != 4:
        raise ValueError(
            "`augmentation` distorts images of shape (height, width, channels). "
            f"Received: augmentation={augmentation!r} for examples of shape "
            f"{train.x.shape[1:]}. Use augmentation='none'."
        )
    # Named layers: Keras numbers the others by process, and so would their curves be.
    model = models.mlp(
        train.x.shape[1:],
        num_classes=len(prepared.class_names),
        hidden=options.hidden,
        activation=options.activation,
        initializer=options.initializer,
        batch_norm=options.batch_norm,
        keep_prob=options.keep_prob,
        input_keep_prob=_input_keep_prob(options.input_keep_prob, train.x),
        lambd=penalty.lambd,
        penalty=penalty.penalty,
        examples=len(train.y),
        normalization=(
            data.normalization_layer(train.x, name="normalization")
            if experiment.data.normalize
            else None
        ),
        augmentation=(
            None
            if augmentation == "none"
            else layers.augmentation(
                augmentation, seed=experiment.training.seed, name="augmentation"
            )
        ),
        seed=experiment.training.seed,
    )
    model.compile(
        optimizer=build_optimizer(experiment),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def build_optimizer(experiment: Experiment) -> keras.optimizers.Optimizer:
    """Returns the optimizer that the description names."""
    options = experiment.optimizer
    rate, clip = options.learning_rate, options.clip_norm
    match options.name:
        case "adam":
            return optimizers.Adam(
                rate,
                beta_1=options.beta_1,
                beta_2=options.beta_2,
                epsilon=options.epsilon,
                global_clipnorm=clip,
            )
        case "rmsprop":
            return optimizers.RMSprop(
                rate, beta=options.beta, epsilon=options.epsilon, global_clipnorm=clip
            )
        case "momentum":
            return optimizers.Momentum(rate, beta=options.beta, global_clipnorm=clip)
        case "gradient_descent":
            return optimizers.GradientDescent(rate, global_clipnorm=clip)


def measure(model: keras.Model, prepared: PreparedData) -> dict[str, ErrorRate]:
    """Measures the error of every part in inference mode (no dropout)."""
    parts = prepared.parts()
    # One pass over everything: each new length of a last batch is traced anew.
    predicted = model.predict(
        np.concatenate([part.x for part in parts.values()]), batch_size=1024, verbose=0
    ).argmax(axis=1)
    ends = np.cumsum([len(part.y) for part in parts.values()])
    pieces = np.split(predicted, ends[:-1])
    return {
        name: error_rate(part.y, piece)
        for (name, part), piece in zip(parts.items(), pieces, strict=True)
    }


def judge(
    errors: dict[str, ErrorRate],
    experiment: Experiment,
    *,
    model: keras.Model,
    prepared: PreparedData,
    history: Mapping[str, Any] | None = None,
) -> BiasVariance:
    """Reads bias and variance from the errors, and ranks what to try for this run.

    Args:
        errors: What `measure` returned.
        experiment: The description.
        model: The trained model.
        prepared: The data.
        history: What each epoch logged, by name; None if that is not known.
    """
    judgement = bias_variance(
        train_error=errors["train"],
        dev_error=errors["dev"],
        test_error=errors.get("test"),
        human_error=experiment.run.human_error,
    )
    return judgement.with_evidence(
        model=model,
        history=history,
        options=experiment.to_dict(),
        examples=len(prepared.splits.train.y),
    )


def build_decay(experiment: Experiment) -> list[keras.callbacks.Callback]:
    """Returns the callback of the learning-rate decay, or nothing without one."""
    options, initial = experiment.decay, experiment.optimizer.learning_rate
    match options.name:
        case "inverse_time":
            schedule = schedules.InverseTimeDecay(initial, options.rate)
        case "exponential":
            schedule = schedules.ExponentialDecay(initial, options.base)
        case "square_root":
            schedule = schedules.SquareRootDecay(initial, options.k)
        case "staircase":
            schedule = schedules.StaircaseDecay(
                initial, drop=options.drop, every=options.every
            )
        case "none":
            return []
    return [LearningRateDecay(schedule)]


def build_tensorboard(
    experiment: Experiment, prepared: PreparedData, log_dir: Path
) -> TensorBoard:
    """Returns the callback that logs the run.

    Args:
        experiment: The description.
        prepared: The data; the test part is looked at once, at the end.
        log_dir: Folder of the event files.
    """
    options, parts = experiment.logging, prepared.parts()
    parameters = dataclasses.asdict(experiment)
    # They decide where a run goes and what is seen of it, not how it trains.
    del parameters["run"], parameters["logging"]
    profile = options.profile and tuple(map(int, options.profile.split(":")))
    return TensorBoard(
        log_dir,
        update_freq=options.update_freq,
        histogram_freq=options.histogram_freq,
        embeddings=options.embeddings,
        profile_batch=profile or None,
        train_data=(parts["train"].x, parts["train"].y),
        dev_data=(parts["dev"].x, parts["dev"].y),
        test_data=(parts["test"].x, parts["test"].y) if "test" in parts else None,
        human_error=experiment.run.human_error,
        class_names=prepared.class_names,
        parameters=parameters,
        main_parameters=(
            "model.hidden",
            "model.keep_prob",
            "optimizer.name",
            "optimizer.learning_rate",
            "regularization.lambd",
        ),
        name=f"{log_dir.parent.parent.name}/{log_dir.parent.name}",
        # Some twenty points a curve.
        judge_freq=max(1, experiment.training.epochs // 20),
    )


def _input_keep_prob(chosen: float | None, x: np.ndarray) -> float:
    if chosen is not None:
        return chosen
    # Neighbouring pixels tell nearly the same, so a few can be spared; a column of a
    # table may be all there is to tell two classes apart.
    return 0.9 if x.ndim > 2 else 1.0


def _fingerprint(x: np.ndarray, y: np.ndarray) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(x).data)
    digest.update(np.ascontiguousarray(y).data)
    return digest.hexdigest()
