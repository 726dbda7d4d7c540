"""The callbacks need no TensorFlow kernel: one training of all of them on JAX."""

import os
import subprocess
import sys
import textwrap

import pytest


def test_all_of_them_on_jax(tmp_path):
    pytest.importorskip("jax")
    code = """
        import sys, keras, numpy as np
        from tfkit.callbacks import control_file
        from tfkit.callbacks import (
            EarlyStopping, LearningRateDecay, ManualControl, SnapshotEnsemble
        )
        assert keras.backend.backend() == "jax"
        x, y = np.random.default_rng(0).normal(size=(2, 16, 1)).astype("float32")

        def fit(callbacks, epochs, **options):
            keras.utils.set_random_seed(0)
            model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
            model.compile(keras.optimizers.SGD(0.5, **options), loss="mse")
            history = model.fit(
                x[:8], y[:8], validation_data=(x[8:], y[8:]), epochs=epochs,
                batch_size=4, shuffle=False, verbose=0, callbacks=callbacks,
            )
            return model, history.history

        def ask(epoch, logs):
            if epoch == 1:
                control_file.request(sys.argv[1], learning_rate=0.25)

        callbacks = [
            LearningRateDecay(lambda epoch: 0.5),
            ManualControl(sys.argv[1], every_batches=1),
            keras.callbacks.LambdaCallback(on_epoch_begin=ask),
        ]
        _, history = fit(callbacks, 3)
        np.testing.assert_allclose(history["learning_rate"], [0.5, 0.25, 0.25])

        stop = EarlyStopping(patience=2, restore_optimizer=True)
        model, history = fit([stop], 50)
        assert 0 < stop.stopped_epoch < 49
        best = fit([], stop.best_epoch + 1)[0]
        np.testing.assert_array_equal(model.get_weights()[0], best.get_weights()[0])

        stop = EarlyStopping(patience=2)
        model, history = fit([stop], 50, use_ema=True)
        best = fit([], stop.best_epoch + 1, use_ema=True)[0]
        np.testing.assert_array_equal(model.get_weights()[0], best.get_weights()[0])

        snapshots = SnapshotEnsemble(2, 2, learning_rate=0.1)
        _, history = fit([snapshots], 2)
        np.testing.assert_allclose(history["learning_rate"], [0.05, 0.05], rtol=1e-6)
        assert snapshots.ensemble().predict(x, verbose=0).shape == (16, 1)
    """
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)],
        check=True,
        env={**os.environ, "KERAS_BACKEND": "jax"},
    )
