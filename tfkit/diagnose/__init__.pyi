from .bias_variance import BiasVariance as BiasVariance
from .bias_variance import bias_variance as bias_variance
from .error_rate import ErrorRate as ErrorRate
from .error_rate import error_rate as error_rate
from .predictions import PredictionReport as PredictionReport
from .predictions import judge_predictions as judge_predictions
