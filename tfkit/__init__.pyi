from . import averages as averages
from . import callbacks as callbacks
from . import data as data
from . import diagnose as diagnose
from . import ensembles as ensembles
from . import experiment as experiment
from . import initializers as initializers
from . import layers as layers
from . import optimizers as optimizers
from . import plots as plots
from . import regularizers as regularizers
from . import schedules as schedules
from .experiment import Experiment as Experiment
from .models import Model as Model
from .models import Sequential as Sequential
from .models import accelerate as accelerate
from .models import mlp as mlp
from .models import softmax_regression as softmax_regression
from .saving import load_model as load_model

__version__: str
