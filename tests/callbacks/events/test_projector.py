import numpy as np
import pytest
from PIL import Image
from tensorboard.plugins.projector import projector_plugin
from tensorboard.util import tb_logging
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from tfkit.callbacks.events.projector import write_embedding

VECTORS = np.random.default_rng(0).normal(size=(10, 4)).astype("float32")


@pytest.fixture
def projector(board):
    """Returns a function: log directory, page and query -> what the tab is sent."""

    def ask(folder, page, **query):
        tabs, _ = board(folder)
        plugin = projector_plugin.ProjectorPlugin(tabs)
        app = Request.application(
            lambda request: Response.from_app(
                plugin.get_plugin_apps()[page], request.environ
            )
        )
        response = Client(app).get("/", query_string={"run": ".", **query})
        assert response.status_code == 200, response.text
        return response

    return ask


def test_tensorboard_serves_what_was_written(tmp_path, projector, caplog):
    images = np.random.default_rng(1).integers(0, 256, (10, 3, 5), "uint8")
    labels = {"class": list("abcdefghij"), "right": [True, False] * 5}
    write_embedding(tmp_path, "last hidden/1", VECTORS, labels, images)
    config = projector(tmp_path, "/info").json["embeddings"][0]
    assert config["tensorName"] == "last hidden/1"
    assert config["tensorShape"] == [10, 4]
    assert config["sprite"]["singleImageDim"] == [5, 3]  # width, height
    name = {"name": "last hidden/1"}
    tensor = projector(tmp_path, "/tensor", **name).data
    # Seven digits, of the at most nine that tell float32 numbers apart.
    np.testing.assert_allclose(
        np.frombuffer(tensor, "float32").reshape(10, 4), VECTORS, rtol=1e-6
    )
    table = projector(tmp_path, "/metadata", **name).text.splitlines()
    assert table[:3] == ["class\tright", "a\tTrue", "b\tFalse"]
    assert len(table) == 11
    assert projector(tmp_path, "/sprite_image", **name).data[1:4] == b"PNG"
    assert tb_logging.get_logger().name not in {r.name for r in caplog.records}


def test_pictures_stand_row_by_row(tmp_path):
    images = np.arange(7 * 2 * 3 * 3, dtype="uint8").reshape(7, 2, 3, 3)
    write_embedding(tmp_path, "e", VECTORS[:7], images=images)
    sprite = np.asarray(Image.open(tmp_path / "projector" / "e" / "sprite.png"))
    assert sprite.shape == (3 * 2, 3 * 3, 3)
    for index, image in enumerate(images):
        row, column = divmod(index, 3)
        np.testing.assert_array_equal(
            sprite[2 * row : 2 * row + 2, 3 * column : 3 * column + 3], image
        )


def test_pictures_taller_than_wide_still_fit(tmp_path):
    # 16 rows of 512 pixels are all there is room for; a square would need 20.
    images = np.zeros((400, 512, 2), "uint8")
    write_embedding(tmp_path, "e", np.ones((400, 1)), images=images)
    with Image.open(tmp_path / "projector" / "e" / "sprite.png") as sprite:
        assert sprite.size == (25 * 2, 16 * 512)


def test_one_column_has_no_head(tmp_path, projector):
    write_embedding(tmp_path, "e", VECTORS[:3], {"class": ["a\tb", "", "c\nd"]})
    table = projector(tmp_path, "/metadata", name="e").text
    assert table == "a b\n(empty)\nc d\n"


def test_embeddings_of_one_folder(tmp_path, projector):
    # Names that differ in what a file's name must not contain.
    names = ["a b", "a/b", "a-b", "..", "ä"]
    for size, name in enumerate(names, start=1):
        write_embedding(tmp_path, name, np.full((size, 2), size))
    write_embedding(tmp_path, "a/b", np.full((7, 3), 0.5))
    embeddings = projector(tmp_path, "/info").json["embeddings"]
    shapes = {one["tensorName"]: one["tensorShape"] for one in embeddings}
    assert shapes == {
        "a b": [1, 2],
        "a/b": [7, 3],
        "a-b": [3, 2],
        "..": [4, 2],
        "ä": [5, 2],
    }
    for name, shape in shapes.items():
        data = projector(tmp_path, "/tensor", name=name).data
        assert len(data) == 4 * shape[0] * shape[1]


def test_no_temporary_files_stay(tmp_path):
    write_embedding(tmp_path, "e", VECTORS, {"class": range(10)}, np.ones((10, 2, 2)))
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == [
        "metadata.tsv",
        "projector_config.pbtxt",
        "sprite.png",
        "tensors.tsv",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": ""}, "name=''"),
        ({"vectors": np.ones(3)}, r"shape=\(3,\)"),
        ({"vectors": np.ones((0, 3))}, r"shape=\(0, 3\)"),
        ({"vectors": [[1.0], [np.nan]]}, "1 of 2 with NaN"),
        (
            {"metadata": {"class": [1, 2]}},
            r"10 vectors. Received: 2 in metadata\['class",
        ),
        ({"images": np.ones((9, 2, 2))}, r"10 vectors. Received: shape=\(9, 2, 2\)"),
        ({"images": np.ones((10, 2, 2, 2))}, "1, 3 or 4 channels"),
        ({"images": np.ones((10, 8000, 2), "uint8"), "count": 10}, None),
        ({"images": np.ones((10, 4000, 4000), bool)}, "at most 4 `images` of 4000"),
    ],
)
def test_arguments(tmp_path, arguments, message):
    call = {"name": "e", "vectors": VECTORS, **arguments}
    call.pop("count", None)
    if message is None:
        write_embedding(tmp_path, **call)
        return
    with pytest.raises(ValueError, match=message):
        write_embedding(tmp_path, **call)
    assert not list(tmp_path.iterdir())
