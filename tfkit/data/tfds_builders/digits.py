"""The UCI optical digits as a set of TensorFlow Datasets, from scikit-learn's own file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import tensorflow_datasets as tfds


class Digits(tfds.core.GeneratorBasedBuilder):
    """The test part of UCI's "Optical recognition of handwritten digits".

    1797 pictures of 8x8 pixels, values 0 to 16, from 13 writers. There is one split,
    "train", with all of them: scikit-learn ships no other part.

    Example:
        >>> import tensorflow_datasets as tfds
        >>> import tfkit.data.tfds_builders
        >>> tfds.builder_cls("digits").name
        'digits'

    Reference:
        Alpaydin and Kaynak, 1998, https://archive.ics.uci.edu/dataset/80
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar[dict[str, str]] = {
        "1.0.0": "The file that scikit-learn brings along."
    }

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description="Handwritten digits, 8x8 pixels of 0 to 16 (UCI optical digits).",
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(8, 8, 1), dtype=np.uint8),
                    "label": tfds.features.ClassLabel(num_classes=10),
                }
            ),
            supervised_keys=("image", "label"),
            homepage="https://archive.ics.uci.edu/dataset/80",
            citation=(
                "@misc{optdigits, author={Alpaydin, E. and Kaynak, C.}, year={1998}, "
                "title={Optical Recognition of Handwritten Digits}, "
                "publisher={UCI Machine Learning Repository}}"
            ),
        )

    def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
        del dl_manager  # Nothing to download.
        return {"train": self._generate_examples()}

    def _generate_examples(self) -> Iterator[tuple[int, dict[str, Any]]]:
        from sklearn.datasets import load_digits

        bunch = load_digits()
        images = bunch.images.astype(np.uint8)[..., np.newaxis]
        for i, (image, label) in enumerate(zip(images, bunch.target, strict=True)):
            yield i, {"image": image, "label": int(label)}
