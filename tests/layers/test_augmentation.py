import json

import keras
import numpy as np
import pytest

from tfkit.layers import Augmentation, RandomWarp, augmentation

tf = pytest.importorskip("tensorflow")


def photos(batch=400):
    return np.random.default_rng(0).random((batch, 10, 10, 3)).astype("float32")


def test_photos_are_mirrored_half_of_the_time():
    x = photos()
    changed = np.asarray(augmentation("photos", strength=0, seed=1)(x, training=True))
    # With no geometry left each image is the original or its mirror image (1e-5:
    # coordinates are float32).
    mirrored = abs(changed - x[:, :, ::-1]).max((1, 2, 3)) < 1e-4
    untouched = abs(changed - x).max((1, 2, 3)) < 1e-4
    assert np.all(mirrored ^ untouched)
    # Binomial with 400 draws: standard error 2.5 %, times 4.
    assert mirrored.mean() == pytest.approx(0.5, abs=0.1)


def test_digits_are_never_mirrored():
    x = photos()
    unchanged = augmentation("digits", strength=0, seed=1)(x, training=True)
    np.testing.assert_allclose(unchanged, x, atol=1e-4)
    kinds = [type(layer) for layer in augmentation("digits").layers]
    assert keras.layers.RandomFlip not in kinds


@pytest.mark.parametrize("preset", ["photos", "digits"])
class TestBothPresets:
    def test_change_every_image_in_training_only(self, preset):
        x = photos(50)
        layer = augmentation(preset, seed=1)
        changed = np.asarray(layer(x, training=True))
        assert np.all(abs(changed - x).max((1, 2, 3)) > 0.05)
        np.testing.assert_array_equal(layer(x), x)
        model = keras.Sequential([keras.Input((10, 10, 3)), layer])
        # Keras's own random layers change images here: their default is to train.
        np.testing.assert_array_equal(model(x), x)
        np.testing.assert_array_equal(model.predict(x, verbose=0), x)
        assert np.any(np.asarray(model(x, training=True)) != x)

    def test_follow_the_seed(self, preset):
        def once(seed):
            return np.asarray(augmentation(preset, seed=seed)(photos(5), training=True))

        np.testing.assert_array_equal(once(1), once(1))
        assert not np.array_equal(once(1), once(2))
        assert not np.array_equal(once(None), once(None))

    def test_work_in_a_data_pipeline(self, preset):
        augment = augmentation(preset, seed=1)
        data = tf.data.Dataset.from_tensor_slices((photos(20), np.arange(20))).batch(8)
        changed = data.map(lambda x, y: (augment(x, training=True), y))
        total = 0
        for (x, y), (before, labels) in zip(changed, data, strict=True):
            assert x.shape == before.shape
            assert np.all(abs(x.numpy() - before.numpy()).max((1, 2, 3)) > 0.05)
            np.testing.assert_array_equal(y, labels)
            total += len(y)
        assert total == 20

    def test_config_is_plain_and_complete(self, preset):
        layer = augmentation(preset, strength=0.5, seed=3, name="augment")
        config = json.loads(json.dumps(layer.get_config()))
        copy = Augmentation.from_config(config)
        assert copy.get_config() == layer.get_config()
        np.testing.assert_array_equal(
            copy(photos(3), training=True),
            augmentation(preset, strength=0.5, seed=3)(photos(3), training=True),
        )

    def test_half_strength_is_half_of_each_amount(self, preset):
        full, half = (
            augmentation(preset, strength=strength).layers[-1] for strength in (1, 0.5)
        )
        for amount in ("rotation", "crop", "shift", "elastic"):
            assert getattr(half, amount) == getattr(full, amount) / 2


def test_flip_and_angle_do_not_follow_one_stream():
    seeds = {layer.seed for layer in augmentation("photos", seed=1).layers}
    assert len(seeds) == 2


def test_knows_its_output_shape():
    mixture = Augmentation([keras.layers.RandomCrop(6, 6), RandomWarp(rotation=5)])
    assert mixture.compute_output_shape((None, 10, 10, 3)) == (None, 6, 6, 3)


def test_refuses_bad_arguments():
    with pytest.raises(ValueError, match=r"'photos', 'digits'.*preset='photo'"):
        augmentation("photo")
    with pytest.raises(ValueError, match=r"`strength` must be .*<= 2.*strength=3"):
        augmentation("photos", strength=3)
    with pytest.raises(TypeError, match="strength='1'"):
        augmentation("photos", strength="1")
    with pytest.raises(ValueError, match=r"`seed` must be an int >= 0.*seed=-1"):
        augmentation("photos", seed=-1)
