"""The estimators of `tf.contrib.learn`."""

from sklearn.exceptions import NotFittedError

from legacy_tf1.tensorflow.contrib.learn.estimators import head, model_fn, run_config
from legacy_tf1.tensorflow.contrib.learn.estimators.canned import (
    DNNClassifier,
    DNNLinearCombinedClassifier,
    DNNLinearCombinedRegressor,
    DNNRegressor,
    LinearClassifier,
    LinearRegressor,
    LogisticRegressor,
)
from legacy_tf1.tensorflow.contrib.learn.estimators.estimator import (
    BaseEstimator,
    Estimator,
    SKCompat,
    infer_real_valued_columns_from_input,
    infer_real_valued_columns_from_input_fn,
)
from legacy_tf1.tensorflow.contrib.learn.estimators.head import (
    Head,
    MetricKey,
    PredictionKey,
    multi_class_head,
    regression_head,
)
from legacy_tf1.tensorflow.contrib.learn.estimators.model_fn import ModeKeys, ModelFnOps
from legacy_tf1.tensorflow.contrib.learn.estimators.run_config import (
    RunConfig,
    TaskType,
)

__all__ = [
    "BaseEstimator",
    "DNNClassifier",
    "DNNLinearCombinedClassifier",
    "DNNLinearCombinedRegressor",
    "DNNRegressor",
    "Estimator",
    "Head",
    "LinearClassifier",
    "LinearRegressor",
    "LogisticRegressor",
    "MetricKey",
    "ModeKeys",
    "ModelFnOps",
    "NotFittedError",
    "PredictionKey",
    "RunConfig",
    "SKCompat",
    "TaskType",
    "head",
    "infer_real_valued_columns_from_input",
    "infer_real_valued_columns_from_input_fn",
    "model_fn",
    "multi_class_head",
    "regression_head",
    "run_config",
]
