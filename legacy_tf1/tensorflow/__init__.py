"""TensorFlow 1's face: `import legacy_tf1.tensorflow as tf`.

Importing it turns this process to graph mode, reference variables and shapes of
`Dimension`s, as TensorFlow 1 had them (`tf.compat.v1.disable_v2_behavior`), and puts
back its rule for the seeds of random operations (`legacy_tf1.compat.seeds`).
"""

from legacy_tf1.compat import quiet as _quiet

with _quiet.tensorflow_import():
    import tensorflow.compat.v1 as _v1

from tensorflow.python.framework import random_seed as _random_seed
from tensorflow.python.util import deprecation as _deprecation

from legacy_tf1.compat import eager as _eager
from legacy_tf1.compat import namespace as _namespace
from legacy_tf1.compat import pre_1_0 as _pre_1_0
from legacy_tf1.compat import seeds as _seeds

_namespace.install()
_seeds.install()
with _deprecation.silence():
    _v1.disable_v2_behavior()

from legacy_tf1.tensorflow import _operations, _sessions, _variables  # noqa: E402

__version__ = VERSION = "1.15.5"

InteractiveSession = _sessions.InteractiveSession
Session = _sessions.Session

get_seed = _random_seed.get_seed  # by TensorFlow 1's rule by now

enable_eager_execution = _eager.enable_eager_execution

get_variable = _variables.get_variable
variable_scope = _variables.variable_scope

# Since 1.0 in another order of arguments, or gone.
audio_summary = _pre_1_0.audio_summary
batch_matmul = _pre_1_0.batch_matmul
concat = _pre_1_0.concat
histogram_summary = _pre_1_0.histogram_summary
image_summary = _pre_1_0.image_summary
ones_initializer = _pre_1_0.ones_initializer
reverse = _pre_1_0.reverse
scalar_summary = _pre_1_0.scalar_summary
split = _pre_1_0.split
zeros_initializer = _pre_1_0.zeros_initializer

# Composed otherwise since.
clip_by_global_norm = _operations.clip_by_global_norm
confusion_matrix = _operations.counted(_v1.confusion_matrix, 2)
eye = _operations.counted(_v1.eye, -4)
lin_space = linspace = _operations.lin_space
matrix_diag = _operations.counted(_v1.matrix_diag, -4)
matrix_diag_part = _operations.counted(_v1.matrix_diag_part, -2)
matrix_set_diag = _operations.counted(_v1.matrix_set_diag, -1)
random_uniform = _operations.random_uniform
reduce_all = _operations.reduce_all
reduce_any = _operations.reduce_any
reduce_max = _operations.reduce_max
reduce_mean = _operations.reduce_mean
reduce_min = _operations.reduce_min
reduce_prod = _operations.reduce_prod
reduce_sum = _operations.reduce_sum
trace = _operations.counted(_v1.trace, -2)
transpose = _operations.transpose

__getattr__, __dir__ = _namespace.attach(__name__)
