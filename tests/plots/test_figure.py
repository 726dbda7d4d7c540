import io
import subprocess
import sys
import threading

import numpy as np

from tfkit import plots
from tfkit.plots.figure import shortened


def pictures():
    rng = np.random.default_rng(0)
    images, p = rng.uniform(size=(30, 8, 8)), rng.dirichlet(np.ones(3), 30)
    labels, points = rng.integers(0, 3, 30), rng.normal(size=(30, 2))
    yield plots.learning_rate([0, 1], [0.1, 0.05])
    yield plots.training_curves({"loss": [1.0, 0.5]})
    yield plots.confusion_matrix([[5, 1], [2, 7]], ["cat", "dog"])
    yield plots.worst_mistakes(images, labels, p.argmax(axis=1), p)
    yield plots.precision_recall(labels > 0, 1 - p[:, 0])
    yield plots.decision_boundary(lambda g: np.full(len(g), 0.3), points, labels > 0)
    yield plots.first_layer_filters(rng.normal(size=(64, 5)), (8, 8))
    yield plots.layer_profile({"a": 1.0, "b": 0.1}, "gradient norm", slope=True)


def drawn(figure):
    image = io.BytesIO()
    figure.savefig(image, format="raw")
    return image.getvalue()


def test_pictures_drawn_in_threads_are_the_same_pictures():
    expected = [drawn(figure) for figure in pictures()]
    found = {}

    def draw(number):
        found[number] = [drawn(figure) for figure in pictures()]

    threads = [threading.Thread(target=draw, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert [found.get(n) == expected for n in range(2)] == [True] * 2


def test_every_picture_is_drawn_above():
    assert len(list(pictures())) == len(plots.__all__)


def test_no_picture_loads_pyplot():
    program = (
        "import sys; from tfkit import plots; "
        "plots.precision_recall([0, 1], [0.1, 0.9])._repr_png_(); "
        "print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_a_notebook_shows_every_picture():
    for figure in pictures():
        assert figure._repr_png_().startswith(b"\x89PNG")


def test_long_names_are_cut():
    assert shortened("versicolor", 10) == "versicolor"
    assert shortened("versicolors", 10) == "versicolo…"
