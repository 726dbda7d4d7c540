"""Estimators, as `tf.estimator` of TensorFlow 1.15, on monitored sessions.

TensorFlow 2.16 took them out; today one writes a Keras model and its `fit`.
"""

import tensorflow.compat.v1 as _v1

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.estimator.canned.baseline import (
    BaselineClassifier,
    BaselineEstimator,
    BaselineRegressor,
)
from legacy_tf1.tensorflow.estimator.canned.boosted_trees.estimators import (
    BoostedTreesClassifier,
    BoostedTreesEstimator,
    BoostedTreesRegressor,
)
from legacy_tf1.tensorflow.estimator.canned.dnn import (
    DNNClassifier,
    DNNEstimator,
    DNNRegressor,
)
from legacy_tf1.tensorflow.estimator.canned.dnn_linear_combined import (
    DNNLinearCombinedClassifier,
    DNNLinearCombinedEstimator,
    DNNLinearCombinedRegressor,
)
from legacy_tf1.tensorflow.estimator.canned.linear import (
    LinearClassifier,
    LinearEstimator,
    LinearRegressor,
)
from legacy_tf1.tensorflow.estimator.canned.parsing_utils import (
    classifier_parse_example_spec,
    regressor_parse_example_spec,
)
from legacy_tf1.tensorflow.estimator.estimator import (
    Estimator,
    VocabInfo,
    WarmStartSettings,
)
from legacy_tf1.tensorflow.estimator.exporter import (
    BestExporter,
    Exporter,
    FinalExporter,
    LatestExporter,
)
from legacy_tf1.tensorflow.estimator.model_fn import EstimatorSpec, ModeKeys
from legacy_tf1.tensorflow.estimator.run_config import RunConfig
from legacy_tf1.tensorflow.estimator.training import (
    EvalSpec,
    TrainSpec,
    train_and_evaluate,
)

# The session hooks of `tf.train`, which had a second home here.
CheckpointSaverHook = _v1.train.CheckpointSaverHook
CheckpointSaverListener = _v1.train.CheckpointSaverListener
FeedFnHook = _v1.train.FeedFnHook
FinalOpsHook = _v1.train.FinalOpsHook
GlobalStepWaiterHook = _v1.train.GlobalStepWaiterHook
LoggingTensorHook = _v1.train.LoggingTensorHook
NanLossDuringTrainingError = _v1.train.NanLossDuringTrainingError
NanTensorHook = _v1.train.NanTensorHook
ProfilerHook = _v1.train.ProfilerHook
SecondOrStepTimer = _v1.train.SecondOrStepTimer
SessionRunArgs = _v1.train.SessionRunArgs
SessionRunContext = _v1.train.SessionRunContext
SessionRunHook = _v1.train.SessionRunHook
SessionRunValues = _v1.train.SessionRunValues
StepCounterHook = _v1.train.StepCounterHook
StopAtStepHook = _v1.train.StopAtStepHook
SummarySaverHook = _v1.train.SummarySaverHook

__all__ = [
    "BaselineClassifier",
    "BaselineEstimator",
    "BaselineRegressor",
    "BestExporter",
    "BoostedTreesClassifier",
    "BoostedTreesEstimator",
    "BoostedTreesRegressor",
    "CheckpointSaverHook",
    "CheckpointSaverListener",
    "DNNClassifier",
    "DNNEstimator",
    "DNNLinearCombinedClassifier",
    "DNNLinearCombinedEstimator",
    "DNNLinearCombinedRegressor",
    "DNNRegressor",
    "Estimator",
    "EstimatorSpec",
    "EvalSpec",
    "Exporter",
    "FeedFnHook",
    "FinalExporter",
    "FinalOpsHook",
    "GlobalStepWaiterHook",
    "LatestExporter",
    "LinearClassifier",
    "LinearEstimator",
    "LinearRegressor",
    "LoggingTensorHook",
    "ModeKeys",
    "NanLossDuringTrainingError",
    "NanTensorHook",
    "ProfilerHook",
    "RunConfig",
    "SecondOrStepTimer",
    "SessionRunArgs",
    "SessionRunContext",
    "SessionRunHook",
    "SessionRunValues",
    "StepCounterHook",
    "StopAtStepHook",
    "SummarySaverHook",
    "TrainSpec",
    "VocabInfo",
    "WarmStartSettings",
    "classifier_parse_example_spec",
    "regressor_parse_example_spec",
    "train_and_evaluate",
]

__getattr__, __dir__ = _namespace.attach(__name__)
