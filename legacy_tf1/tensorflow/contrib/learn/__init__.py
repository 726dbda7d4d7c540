"""`tf.contrib.learn`: estimators before `tf.estimator`; today Keras models and `fit`."""

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.contrib.learn import (
    datasets,
    learn_runner,
    metric_spec,
    models,
    monitors,
    ops,
    preprocessing,
    utils,
)
from legacy_tf1.tensorflow.contrib.learn.estimators import (
    BaseEstimator,
    DNNClassifier,
    DNNLinearCombinedClassifier,
    DNNLinearCombinedRegressor,
    DNNRegressor,
    Estimator,
    Head,
    LinearClassifier,
    LinearRegressor,
    LogisticRegressor,
    MetricKey,
    ModeKeys,
    ModelFnOps,
    NotFittedError,
    PredictionKey,
    RunConfig,
    SKCompat,
    TaskType,
    head,
    infer_real_valued_columns_from_input,
    infer_real_valued_columns_from_input_fn,
    multi_class_head,
    regression_head,
)
from legacy_tf1.tensorflow.contrib.learn.estimators.skflow import TensorFlowEstimator
from legacy_tf1.tensorflow.contrib.learn.experiment import Experiment
from legacy_tf1.tensorflow.contrib.learn.metric_spec import MetricSpec
from legacy_tf1.tensorflow.contrib.learn.monitors import NanLossDuringTrainingError
from legacy_tf1.tensorflow.contrib.learn.utils.input_fn_utils import InputFnOps

__all__ = [
    "BaseEstimator",
    "DNNClassifier",
    "DNNLinearCombinedClassifier",
    "DNNLinearCombinedRegressor",
    "DNNRegressor",
    "Estimator",
    "Experiment",
    "Head",
    "InputFnOps",
    "LinearClassifier",
    "LinearRegressor",
    "LogisticRegressor",
    "MetricKey",
    "MetricSpec",
    "ModeKeys",
    "ModelFnOps",
    "NanLossDuringTrainingError",
    "NotFittedError",
    "PredictionKey",
    "RunConfig",
    "SKCompat",
    "TaskType",
    "TensorFlowEstimator",
    "datasets",
    "head",
    "infer_real_valued_columns_from_input",
    "infer_real_valued_columns_from_input_fn",
    "learn_runner",
    "metric_spec",
    "models",
    "monitors",
    "multi_class_head",
    "ops",
    "preprocessing",
    "regression_head",
    "utils",
]

__getattr__, __dir__ = _namespace.attach(__name__)
