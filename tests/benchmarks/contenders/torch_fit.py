"""PyTorch's eager loop, as its tutorials write it."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from .base import Contender, Timed, array, percent


def digits(epochs: int) -> Contender:
    """20 epochs on the digits, with accuracy and validation."""
    model = nn.Sequential(
        nn.Linear(64, 128),
        nn.ReLU(),
        nn.BatchNorm1d(128),
        nn.Linear(128, 64),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(64, 10),
    )
    train = _loader(array("digits_x"), array("digits_y"), 64, shuffle=True)
    dev = _loader(array("digits_dev_x"), array("digits_dev_y"), 64, shuffle=False)
    return _loop(model, train, dev, epochs)


def mnist(epochs: int) -> Contender:
    """Epochs of a perceptron on MNIST."""
    model = nn.Sequential(
        nn.Linear(784, 128),
        nn.ReLU(),
        nn.Linear(128, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )
    x, y = array("mnist_x").reshape(-1, 784), array("mnist_y")
    return _loop(model, _loader(x, y, 128, shuffle=True), None, epochs)


def cnn(examples: int) -> Contender:
    """One epoch of a small convolutional network on images of MNIST's size."""
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 5 * 5, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )
    x, y = array("mnist_x")[:examples], array("mnist_y")[:examples]
    # PyTorch's order of the axes; with one channel nothing moves.
    x = x.reshape(-1, 1, 28, 28)
    return _loop(model, _loader(x, y, 128, shuffle=True), None, 1)


def _loader(x: np.ndarray, y: np.ndarray, batch_size: int, shuffle: bool) -> DataLoader:
    data = TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
    return DataLoader(data, batch_size=batch_size, shuffle=shuffle)


def _loop(
    model: nn.Module, train: DataLoader, dev: DataLoader | None, epochs: int
) -> Contender:
    torch.manual_seed(0)
    cost = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    initial = copy.deepcopy(model.state_dict())
    last: dict[str, str] = {}

    def one_pass(loader: DataLoader) -> tuple[float, float]:
        total, correct = 0.0, 0
        count = len(loader.dataset)
        for x, y in loader:
            if model.training:
                optimizer.zero_grad()
            logits = model(x)
            loss = cost(logits, y)
            if model.training:
                loss.backward()
                optimizer.step()
            total += loss.item() * len(y)
            correct += (logits.argmax(1) == y).sum().item()
        return total / count, correct / count

    def call() -> None:
        for _ in range(epochs):
            model.train()
            last["accuracy"] = percent(one_pass(train)[1])
            if dev is not None:
                model.eval()
                with torch.no_grad():
                    last["dev accuracy"] = percent(one_pass(dev)[1])

    return Timed(
        call,
        epochs,
        lambda: model.load_state_dict(initial),
        lambda: last if dev is not None else {},
    )
