"""Do two sets of data come from one distribution, and do they share examples?"""

from tfkit.diagnose.distribution_shift.compare import distribution_shift
from tfkit.diagnose.distribution_shift.duplicate_report import DuplicateReport, Overlap
from tfkit.diagnose.distribution_shift.duplicates import find_duplicates
from tfkit.diagnose.distribution_shift.report import (
    ClassDifference,
    DistributionShift,
    FeatureDifference,
    ShiftTest,
)

__all__ = [
    "ClassDifference",
    "DistributionShift",
    "DuplicateReport",
    "FeatureDifference",
    "Overlap",
    "ShiftTest",
    "distribution_shift",
    "find_duplicates",
]
