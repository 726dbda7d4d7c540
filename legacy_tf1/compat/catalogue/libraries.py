"""Names that NumPy, SciPy, scikit-learn, pandas and Matplotlib have dropped or moved.

Each row: the name, the first version without it (or, where NumPy has since given the
name to something else, without what it was), what is written today, and what the runner
does about it where that is not "the old name works".
"""

from __future__ import annotations

NAMES = ("numpy", "scipy", "sklearn", "pandas", "matplotlib")

#: What the runner does where it has no counterpart.
NOTHING = "nothing: the library's own error"

ROWS = f"""
numpy.float | NumPy 1.24 | float, or numpy.float64
numpy.int | NumPy 1.24 | int, or numpy.int64
numpy.bool | NumPy 1.24 | bool (since NumPy 2.0 numpy.bool is NumPy's own type) | Python's bool
numpy.object | NumPy 1.24 | object
numpy.complex | NumPy 1.24 | complex, or numpy.complex128
numpy.str | NumPy 1.24 | str
numpy.unicode | NumPy 1.24 | str
numpy.long | NumPy 1.24 | int (since NumPy 2.0 numpy.long is C's long) | Python's int
numpy.bool8 | NumPy 2.0 | numpy.bool
numpy.float_ | NumPy 2.0 | numpy.float64
numpy.longfloat | NumPy 2.0 | numpy.longdouble
numpy.complex_ | NumPy 2.0 | numpy.complex128
numpy.cfloat | NumPy 2.0 | numpy.complex128
numpy.int0 | NumPy 2.0 | numpy.intp
numpy.uint0 | NumPy 2.0 | numpy.uintp
numpy.string_ | NumPy 2.0 | numpy.bytes_
numpy.unicode_ | NumPy 2.0 | numpy.str_
numpy.Inf | NumPy 2.0 | numpy.inf
numpy.Infinity | NumPy 2.0 | numpy.inf
numpy.infty | NumPy 2.0 | numpy.inf
numpy.PINF | NumPy 2.0 | numpy.inf
numpy.NINF | NumPy 2.0 | -numpy.inf
numpy.NaN | NumPy 2.0 | numpy.nan
numpy.NAN | NumPy 2.0 | numpy.nan
numpy.alltrue | NumPy 2.0 | numpy.all
numpy.sometrue | NumPy 2.0 | numpy.any
numpy.product | NumPy 2.0 | numpy.prod
numpy.cumproduct | NumPy 2.0 | numpy.cumprod
numpy.in1d | NumPy 2.4 | numpy.isin
numpy.mat | NumPy 2.0 | numpy.asmatrix, or numpy.array
numpy.rank | NumPy 1.18 | numpy.ndim
numpy.round_ | NumPy 2.0 | numpy.round
numpy.trapz | NumPy 2.4 | numpy.trapezoid
numpy.asfarray | NumPy 2.0 | numpy.asarray(a, dtype=float)
numpy.asscalar | NumPy 1.23 | a.item()
numpy.msort | NumPy 2.0 | numpy.sort(a, axis=0)
numpy.find_common_type | NumPy 2.0 | numpy.result_type
numpy.sctypes | NumPy 2.0 | the types by their names
scipy.misc.imread | SciPy 1.2 | imageio.v3.imread, or PIL.Image.open | reads by Pillow
scipy.misc.imsave | SciPy 1.2 | imageio.v3.imwrite, or PIL.Image.save | writes by Pillow, scaled as then
scipy.misc.imresize | SciPy 1.3 | PIL.Image.resize | resizes by Pillow, scaled as then
scipy.misc.imrotate | SciPy 1.2 | scipy.ndimage.rotate | rotates by Pillow
scipy.misc.imshow | SciPy 1.2 | matplotlib.pyplot.imshow
scipy.misc.toimage | SciPy 1.2 | PIL.Image.fromarray | scaled as then
scipy.misc.fromimage | SciPy 1.2 | numpy.asarray(image)
scipy.misc.bytescale | SciPy 1.2 | skimage.exposure.rescale_intensity
scipy.misc.face | SciPy 1.12 | scipy.datasets.face()
scipy.misc.ascent | SciPy 1.12 | scipy.datasets.ascent()
scipy.misc.comb | SciPy 1.3 | scipy.special.comb
scipy.misc.factorial | SciPy 1.3 | scipy.special.factorial
scipy.misc.logsumexp | SciPy 1.3 | scipy.special.logsumexp
scipy.misc.derivative | SciPy 1.12 | scipy.differentiate.derivative | {NOTHING}
scipy.misc | SciPy 2.0 | scipy.special, scipy.datasets, imageio
scipy.ndimage.imread | SciPy 1.2 | imageio.v3.imread | reads by Pillow
scipy.signal.hann | SciPy 1.13 | scipy.signal.windows.hann
scipy.signal.gaussian | SciPy 1.13 | scipy.signal.windows.gaussian
scipy.integrate.simps | SciPy 1.14 | scipy.integrate.simpson
scipy.integrate.trapz | SciPy 1.14 | scipy.integrate.trapezoid
scipy.integrate.cumtrapz | SciPy 1.14 | scipy.integrate.cumulative_trapezoid
scipy.stats.binom_test | SciPy 1.12 | scipy.stats.binomtest | {NOTHING}
sklearn.cross_validation.train_test_split | scikit-learn 0.20 | sklearn.model_selection.train_test_split
sklearn.cross_validation.cross_val_score | scikit-learn 0.20 | sklearn.model_selection.cross_val_score
sklearn.cross_validation.KFold | scikit-learn 0.20 | KFold(n_splits).split(x) of sklearn.model_selection | takes n first and is iterated, as then
sklearn.cross_validation.StratifiedKFold | scikit-learn 0.20 | StratifiedKFold(n_splits).split(x, y) of model_selection | takes y first and is iterated, as then
sklearn.cross_validation.ShuffleSplit | scikit-learn 0.20 | ShuffleSplit(n_splits).split(x) of sklearn.model_selection | takes n first and is iterated, as then
sklearn.cross_validation | scikit-learn 0.20 | sklearn.model_selection
sklearn.grid_search | scikit-learn 0.20 | sklearn.model_selection
sklearn.learning_curve | scikit-learn 0.20 | sklearn.model_selection
sklearn.externals.joblib | scikit-learn 0.23 | joblib
sklearn.externals.six | scikit-learn 0.23 | nothing: Python 3 alone
sklearn.preprocessing.Imputer | scikit-learn 0.22 | sklearn.impute.SimpleImputer | columns only (axis=0)
sklearn.mixture.GMM | scikit-learn 0.20 | sklearn.mixture.GaussianMixture
sklearn.datasets.load_boston | scikit-learn 1.2 | sklearn.datasets.fetch_california_housing | reads boston_house_prices.csv, where you have it
sklearn.datasets.fetch_mldata | scikit-learn 0.22 | sklearn.datasets.fetch_openml(name) | reads a .mat file, where you have it
sklearn.utils.linear_assignment_ | scikit-learn 0.23 | scipy.optimize.linear_sum_assignment
sklearn.metrics.jaccard_similarity_score | scikit-learn 0.23 | sklearn.metrics.jaccard_score | {NOTHING}
sklearn.decomposition.RandomizedPCA | scikit-learn 0.20 | PCA(svd_solver="randomized") | {NOTHING}
sklearn.lda | scikit-learn 0.19 | sklearn.discriminant_analysis | {NOTHING}
sklearn.qda | scikit-learn 0.19 | sklearn.discriminant_analysis | {NOTHING}
sklearn.datasets.samples_generator | scikit-learn 0.24 | sklearn.datasets | {NOTHING}
pandas.rolling_mean | pandas 0.23 | series.rolling(window).mean()
pandas.rolling_std | pandas 0.23 | series.rolling(window).std() | {NOTHING}
pandas.datetime | pandas 2.0 | datetime.datetime
pandas.Int64Index | pandas 2.0 | pandas.Index
pandas.Panel | pandas 0.25 | a DataFrame with a MultiIndex, or xarray | {NOTHING}
matplotlib.pyplot.hold | Matplotlib 3.0 | nothing: figures hold
matplotlib.cm.get_cmap | Matplotlib 3.9 | matplotlib.colormaps[name]
matplotlib.cm.spectral | Matplotlib 2.2 | matplotlib.colormaps["nipy_spectral"]
matplotlib.mlab.normpdf | Matplotlib 3.1 | scipy.stats.norm.pdf | {NOTHING}
"""

#: Arguments: of which function, the old one, the first version without it, the new one.
KEYWORDS = f"""
numpy.histogram | normed | NumPy 1.24 | density=
sklearn.preprocessing.OneHotEncoder | sparse | scikit-learn 1.4 | sparse_output=
sklearn.preprocessing.OneHotEncoder | n_values | scikit-learn 0.22 | categories=
sklearn.preprocessing.OneHotEncoder | categorical_features | scikit-learn 0.22 | a ColumnTransformer
sklearn.linear_model.SGDClassifier | n_iter | scikit-learn 0.21 | max_iter=
sklearn.linear_model.SGDRegressor | n_iter | scikit-learn 0.21 | max_iter=
sklearn.linear_model.Perceptron | n_iter | scikit-learn 0.21 | max_iter=
sklearn.linear_model.LogisticRegression | multi_class | scikit-learn 1.8 | nothing, or a OneVsRestClassifier
sklearn.linear_model.LinearRegression | normalize | scikit-learn 1.2 | a StandardScaler before it | {NOTHING}
sklearn.manifold.TSNE | n_iter | scikit-learn 1.7 | max_iter=
pandas.read_csv | error_bad_lines | pandas 2.0 | on_bad_lines="skip"
pandas.read_csv | squeeze | pandas 2.0 | .squeeze("columns")
pandas.read_csv | delim_whitespace | pandas 3.0 | sep=r"\\s+"
"""
