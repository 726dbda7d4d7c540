import io

import keras
import numpy as np
from rich.console import Console

from tfkit.callbacks import progress
from tfkit.callbacks.progress import ProgressDisplay


def fit(display, epochs=3, **options):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    x = np.zeros((8, 1), "float32")
    model.fit(x, x, epochs=epochs, verbose=0, callbacks=[display], **options)


def shown(terminal, monkeypatch=None, **options):
    out = io.StringIO()
    fit(
        ProgressDisplay(Console(file=out, force_terminal=terminal, width=100)),
        **options,
    )
    return out.getvalue()


def test_plain_lines_hold_the_first_and_the_last_epoch():
    # Three epochs of one tiny batch end well within the two seconds between lines.
    assert shown(False).splitlines() == [
        "epoch 1/3  loss 0.0000",
        "epoch 3/3  loss 0.0000",
    ]


def test_plain_lines_come_again_after_a_pause(monkeypatch):
    clock = iter(range(0, 100, 10))
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(clock)))
    display = ProgressDisplay(Console(file=(out := io.StringIO()), width=100))
    display.set_params({"epochs": 3})
    display.on_train_begin()
    for epoch, loss in enumerate([3.0, 1.0, 2.0]):
        display.on_epoch_end(epoch, {"loss": loss, "val_loss": loss})
    display.on_train_end()
    assert out.getvalue().splitlines() == [
        "epoch 1/3  loss 3.0000  dev loss 3.0000  best 3.0000",
        "epoch 2/3  loss 1.0000  dev loss 1.0000  best 1.0000",
        "epoch 3/3  loss 2.0000  dev loss 2.0000  best 1.0000",
    ]


def test_a_terminal_gets_one_live_bar():
    text = shown(True)
    assert "epoch 3/3" in text
    assert "\x1b[" in text  # it moves the cursor instead of adding lines


def test_it_can_be_closed_before_it_began():
    out = io.StringIO()
    ProgressDisplay(Console(file=out)).close()
    assert out.getvalue() == ""


def test_the_display_can_be_used_again_and_closed_twice():
    out = io.StringIO()
    display = ProgressDisplay(Console(file=out, width=100))
    fit(display, epochs=1)
    fit(display, epochs=1)
    display.close()
    assert out.getvalue().count("epoch 1/1") == 2


def test_the_bar_fits_into_80_columns():
    out = io.StringIO()
    display = ProgressDisplay(Console(file=out, force_terminal=True, width=80))
    display.set_params({"epochs": 100})
    display.on_train_begin()
    logs = {"loss": 0.1, "accuracy": 0.9, "val_loss": 0.25, "val_accuracy": 0.975}
    display.on_epoch_end(99, logs)
    display.on_train_end()
    assert "loss 0.1000  dev 0.2500 (best 0.2500)  acc 97.5 %" in out.getvalue()
