"""One typed description of a run: Python API, TOML file and command line at once.

`Experiment` holds everything that decides a run's outcome. Its fields, their types,
ranges, defaults and docstrings are the only place where an option is described: the
command line (`tfkit train --help`) and the config file are generated from them.

This module imports neither TensorFlow nor Keras, so that a wrong option is reported
at once.
"""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypeVar

import tyro
from pydantic import AfterValidator, BeforeValidator, Field

from tfkit.experiment.validation import options

T = TypeVar("T")

# A section whose options need no prefix on the command line: `--hidden`, not
# `--model.hidden`. Its name still heads the group in `--help` and the TOML table.
if TYPE_CHECKING:
    Bare: TypeAlias = Annotated[T, None]
else:
    Bare = tyro.conf.OmitArgPrefixes

# tyro takes an option's help from the docstring below it, which must be one line.

PositiveFloat = Annotated[float, Field(gt=0)]
NonNegativeFloat = Annotated[float, Field(ge=0)]
PositiveInt = Annotated[int, Field(gt=0)]
KeepProb = Annotated[float, Field(gt=0, le=1)]
Beta = Annotated[float, Field(ge=0, lt=1)]


def _as_tuple(value: Any) -> Any:
    """Lets `keep_prob=0.8` stand for `keep_prob=(0.8,)`."""
    return (value,) if isinstance(value, (int, float)) else value


def _sum_to_one(value: tuple[float, float, float] | None) -> Any:
    # Fractions typed by hand (0.6, 0.2, 0.2) sum to 1 up to a few float64 roundings.
    if value is not None and abs(sum(value) - 1.0) > 1e-9:
        raise ValueError(
            "must hold fractions of train, dev and test that sum to 1; "
            f"{' + '.join(f'{part:g}' for part in value)} = {sum(value):g}"
        )
    if value is not None and min(value[0], value[1]) <= 0:
        raise ValueError("must give train and dev a fraction above 0")
    return value


def _two_steps(value: str | None) -> Any:
    if value is not None:
        first, _, last = value.partition(":")
        if not (first.isdigit() and last.isdigit() and 1 <= int(first) <= int(last)):
            raise ValueError(
                "must be two training steps FIRST:LAST with 1 <= FIRST <= LAST"
            )
    return value


def _plain_name(value: str | None) -> Any:
    if value is not None and (
        not value or Path(value).name != value or value in (".", "..")
    ):
        raise ValueError("must be the name of one folder, without a path separator")
    return value


FolderName = Annotated[str | None, AfterValidator(_plain_name)]


@options
class DataOptions:
    """The data: parts, and what is done to the inputs."""

    fractions: Annotated[
        tuple[NonNegativeFloat, NonNegativeFloat, NonNegativeFloat] | None,
        AfterValidator(_sum_to_one),
    ] = None
    """Shares of train, dev, test. Default: the course's rule (60/20/20 if small)."""
    stratify: bool = True
    """Keep the class proportions equal in every part."""
    label: str | None = None
    """Column of a CSV file that holds the class. Default: the last one."""
    image_size: tuple[PositiveInt, PositiveInt] | None = None
    """Height and width to resize pictures to. Default: they must have one size."""
    examples: PositiveInt | None = None
    """How many to draw from the dataset, or to generate. Default: its own number."""
    normalize: bool = True
    """Inputs get mean 0, variance 1 of the training part, inside the model."""
    augmentation: Literal["none", "photos", "digits"] = "none"
    """Random distortions of training images."""


@options
class ModelOptions:
    """The network: a multilayer perceptron (no hidden layer: softmax regression)."""

    hidden: tuple[PositiveInt, ...] = (256, 128)
    """Units of each hidden layer."""
    activation: Literal["relu", "leaky_relu", "elu", "gelu", "tanh", "sigmoid"] = "relu"
    """Activation of the hidden layers."""
    initializer: Literal["auto", "he", "xavier", "glorot_average"] = "auto"
    """Weight initialization; `auto`: the one that suits the activation."""
    batch_norm: bool = True
    """Batch normalization of every hidden layer, before the activation."""
    keep_prob: Annotated[tuple[KeepProb, ...], BeforeValidator(_as_tuple)] = (0.8,)
    """Inverted dropout, 1 is off: one value for all hidden layers or one for each."""
    input_keep_prob: KeepProb | None = None
    """Inverted dropout on the inputs. Default: 0.9 for images, 1 for tables."""

    def __post_init__(self) -> None:
        """Checks what concerns several fields at once."""
        if len(self.keep_prob) not in (1, len(self.hidden)):
            raise ValueError(
                "`keep_prob` must be one value, or one for each of the "
                f"{len(self.hidden)} hidden layers. Received: "
                f"keep_prob={self.keep_prob}"
            )


@options
class RegularizationOptions:
    """The penalty on the weights: lambda/(2m) times their L1 or squared L2 norm."""

    lambd: NonNegativeFloat = 0.0
    """The course's lambda; 0 is off. m is the number of training examples."""
    penalty: Literal["l1", "l2"] = "l2"
    """Which norm of the weights is penalized."""


@options
class OptimizerOptions:
    """The update rule."""

    name: Literal["adam", "rmsprop", "momentum", "gradient_descent"] = "adam"
    """Which one."""
    learning_rate: PositiveFloat = 3e-3
    """Its rate alpha at the start."""
    beta: Beta = 0.9
    """Decay of the average in momentum and RMSprop."""
    beta_1: Beta = 0.9
    """Decay of Adam's average of gradients."""
    beta_2: Beta = 0.999
    """Decay of Adam's average of squared gradients."""
    epsilon: PositiveFloat = 1e-8
    """Added to the root in RMSprop and Adam."""
    clip_norm: PositiveFloat | None = None
    """Scale the whole gradient down to at most this norm."""


@options
class DecayOptions:
    """Learning-rate decay, by the epoch."""

    name: Literal["none", "inverse_time", "exponential", "square_root", "staircase"] = (
        "exponential"
    )
    """Which formula."""
    rate: PositiveFloat = 0.05
    """inverse_time: alpha / (1 + rate * epoch)."""
    base: Annotated[float, Field(gt=0, le=1)] = 0.95
    """exponential: alpha * base^epoch."""
    k: PositiveFloat = 1.0
    """square_root: alpha * k / sqrt(epoch + 1)."""
    drop: Annotated[float, Field(gt=0, le=1)] = 0.5
    """staircase: alpha is multiplied by this ..."""
    every: PositiveInt = 10
    """staircase: ... each time so many epochs have passed."""


@options
class EarlyStoppingOptions:
    """Early stopping on the dev set; the best weights are kept in any case."""

    patience: PositiveInt = 15
    """Epochs without improvement that end training; as many as `epochs`: never."""
    monitor: Literal["val_loss", "val_accuracy"] = "val_loss"
    """What counts as improvement: the dev cost or the dev accuracy."""
    min_delta: NonNegativeFloat = 0.0
    """Smallest change that counts."""


@options
class TrainingOptions:
    """The training loop."""

    epochs: PositiveInt = 60
    """Passes over the training part at most."""
    batch_size: PositiveInt = 64
    """Examples of one mini-batch."""
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    """Decides split, initial weights, order and masks: repeats a run bit for bit."""


@options
class LoggingOptions:
    """What TensorBoard gets to see."""

    update_freq: PositiveInt | Literal["epoch", "batch"] = 10
    """Steps between two looks at gradients and activations; or one an epoch, or all."""
    histogram_freq: Annotated[int, Field(ge=0)] = 10
    """Epochs between two sets of histograms; 0 is none."""
    embeddings: bool = False
    """The last hidden layer's outputs for the dev set, in the projector."""
    profile: Annotated[str | None, AfterValidator(_two_steps)] = None
    """Training steps to profile, FIRST:LAST, such as 10:20."""


@options
class RunOptions:
    """The run: where it goes and how it is judged."""

    logs: Path = Path("logs")
    """Folder of all runs; this one goes to LOGS/EXPERIMENT/NAME."""
    experiment: FolderName = None
    """Folder that groups runs to be compared. Default: the dataset's name."""
    name: FolderName = None
    """Folder of this run; it must not exist. Default: the time of the start."""
    human_error: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Human-level error on this task, the baseline of the bias/variance verdict."""


@options
class Experiment:
    """Trains a network, judges it, and leaves a folder that explains the run.

    Args:
        dataset: A name that `tfkit datasets` lists, `tfds:NAME`, or a file or folder.
        data: Parts and preparation of the data.
        model: The network.
        regularization: The penalty on the weights.
        optimizer: The update rule.
        decay: Learning-rate decay.
        training: Epochs, batch size, seed.
        early_stopping: When to stop.
        logging: What TensorBoard gets to see.
        run: Where the run goes and how it is judged.

    Raises:
        ValueError: For an unknown option, a wrong type or a value out of range; it
            names the option, what it must be, and what was received.

    Example:
        >>> from tfkit.experiment import Experiment, ModelOptions
        >>> experiment = Experiment(dataset="iris", model=ModelOptions(hidden=(16,)))
        >>> experiment.model.keep_prob
        (0.8,)
    """

    dataset: Annotated[str, tyro.conf.Positional] = "digits"
    """What to train on: a name that `tfkit datasets` lists, `tfds:NAME`, or a path."""
    data: Bare[DataOptions] = DataOptions()
    model: Bare[ModelOptions] = ModelOptions()
    regularization: Bare[RegularizationOptions] = RegularizationOptions()
    optimizer: OptimizerOptions = OptimizerOptions()
    decay: DecayOptions = DecayOptions()
    training: Bare[TrainingOptions] = TrainingOptions()
    early_stopping: EarlyStoppingOptions = EarlyStoppingOptions()
    logging: Bare[LoggingOptions] = LoggingOptions()
    run: Bare[RunOptions] = RunOptions()

    @property
    def group(self) -> str:
        """Folder below `run.logs` that groups this run with others like it."""
        if self.run.experiment is not None:
            return self.run.experiment
        if self.dataset.startswith("tfds:"):
            return self.dataset.replace(":", "-").replace("/", "-")
        # `pictures/signs.h5` -> `signs`; never `..`, which would lead out of the logs.
        return Path(self.dataset).stem.strip(".") or "run"

    def to_dict(self) -> dict[str, Any]:
        """Returns plain nested dicts, without the options that are None."""

        def plain(value: Any) -> Any:
            if isinstance(value, dict):
                return {k: plain(v) for k, v in value.items() if v is not None}
            if isinstance(value, tuple):
                return [plain(item) for item in value]
            return str(value) if isinstance(value, Path) else value

        return plain(dataclasses.asdict(self))
