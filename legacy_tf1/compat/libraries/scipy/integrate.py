"""`scipy.integrate` with the short names that SciPy 1.14 dropped."""

from scipy import integrate as _integrate

from legacy_tf1.compat import faces as _faces

simps = _integrate.simpson
trapz = _integrate.trapezoid
cumtrapz = _integrate.cumulative_trapezoid

__getattr__, __dir__ = _faces.attach(__name__)
