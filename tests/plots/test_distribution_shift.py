import numpy as np

from tfkit.diagnose.distribution_shift import distribution_shift, find_duplicates


def test_features_and_classes_are_drawn():
    generator = np.random.default_rng(0)
    a, b = generator.normal(size=(2, 200, 3))
    b[:, 1] += 1
    y_a, y_b = np.arange(200) % 2, np.zeros(200, int)
    report = distribution_shift(
        a, b, labels_a=y_a, labels_b=y_b, class_names=["cat", "dog"]
    )
    figure = report.plot()
    features, classes = figure.axes
    assert figure.get_suptitle().startswith("dev is not distributed as train")
    assert features.get_title() == "features: 1 differ"
    assert features.get_yticklabels()[0].get_text() == "feature 1"
    lengths = [bar.get_width() for bar in features.patches]
    np.testing.assert_allclose(lengths, [item.shift for item in report.features])
    assert "standard deviations" in features.get_xlabel()
    shares = sorted(bar.get_width() for bar in classes.patches)
    assert shares == [0.0, 0.5, 0.5, 1.0]
    assert [text.get_text() for text in classes.get_legend().get_texts()] == [
        "train",
        "dev",
    ]


def test_the_most_different_of_many_features_are_drawn():
    a, b = np.random.default_rng(0).normal(size=(2, 60, 40))
    axes = distribution_shift(a, b).plot().axes[0]
    assert axes.get_title() == "features, 15 of 40: 0 differ"
    assert len(axes.patches) == 15


def test_no_text_is_cut_off():
    generator = np.random.default_rng(0)
    names = [f"a feature with a very long name, number {k}" for k in range(3)]
    a, b = generator.normal(size=(2, 60, 3))
    report = distribution_shift(
        a, b + 9, feature_names=names, labels_a=[0] * 60, labels_b=[0] * 60
    )
    duplicates = find_duplicates(
        a, a, labels=(np.zeros(60, int), np.ones(60, int)), groups=([1] * 60, [1] * 60)
    )
    for figure in (report.plot(), duplicates.plot()):
        figure.draw_without_rendering()
        width, height = figure.bbox.size
        for text in figure.findobj(lambda artist: hasattr(artist, "get_text")):
            # Ticks beyond the limits are kept and not drawn.
            tick = text.get_text().endswith("%")
            if text.get_text() and text.get_visible() and not tick:
                box = text.get_window_extent()
                assert box.x0 >= -1, text
                assert box.x1 <= width + 1, text
                assert box.y1 <= height + 1, text


def test_overlaps_are_shares():
    x = np.arange(20.0).reshape(10, 2)
    figure = find_duplicates(x, np.concatenate([x[:2], x[:2] + 100])).plot()
    axes = figure.axes[0]
    assert axes.get_title() == "leakage: 2 of 4 dev examples (50.0%) are in train"
    assert max(bar.get_width() for bar in axes.patches) == 0.5
    assert [text.get_text() for text in axes.texts][-1] == "2 of 4"


def test_nothing_twice_is_an_empty_chart():
    axes = find_duplicates(np.arange(20.0).reshape(10, 2)).plot().axes[0]
    assert axes.get_title() == "no duplicates"
    assert axes.get_legend() is None
