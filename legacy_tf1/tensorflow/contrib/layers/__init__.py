"""As `tf.contrib.layers` of TensorFlow 1.15; today `tf.keras.layers`."""

from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.tensorflow.contrib.framework.scoping import (
    add_arg_scope as add_arg_scope,
)
from legacy_tf1.tensorflow.contrib.framework.scoping import arg_scope as arg_scope
from legacy_tf1.tensorflow.contrib.layers import feature_column as _feature_column
from legacy_tf1.tensorflow.contrib.layers.composition import *  # noqa: F403
from legacy_tf1.tensorflow.contrib.layers.connected import *  # noqa: F403
from legacy_tf1.tensorflow.contrib.layers.convolutional import *  # noqa: F403
from legacy_tf1.tensorflow.contrib.layers.embeddings import *  # noqa: F403
from legacy_tf1.tensorflow.contrib.layers.initializers import *  # noqa: F403
from legacy_tf1.tensorflow.contrib.layers.normalization import *  # noqa: F403
from legacy_tf1.tensorflow.contrib.layers.optimizers import *  # noqa: F403
from legacy_tf1.tensorflow.contrib.layers.pooling import *  # noqa: F403
from legacy_tf1.tensorflow.contrib.layers.regularizers import *  # noqa: F403
from legacy_tf1.tensorflow.contrib.layers.reshaping import *  # noqa: F403
from legacy_tf1.tensorflow.contrib.layers.summaries import *  # noqa: F403

bucketized_column = _feature_column.bucketized_column
create_feature_spec_for_parsing = _feature_column.create_feature_spec_for_parsing
crossed_column = _feature_column.crossed_column
embedding_column = _feature_column.embedding_column
one_hot_column = _feature_column.one_hot_column
real_valued_column = _feature_column.real_valued_column
sparse_column_with_hash_bucket = _feature_column.sparse_column_with_hash_bucket
sparse_column_with_integerized_feature = (
    _feature_column.sparse_column_with_integerized_feature
)
sparse_column_with_keys = _feature_column.sparse_column_with_keys
sparse_column_with_vocabulary_file = _feature_column.sparse_column_with_vocabulary_file
weighted_sparse_column = _feature_column.weighted_sparse_column

__getattr__, __dir__ = _namespace.attach(__name__)
