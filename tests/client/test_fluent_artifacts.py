"""Files into runs and out of them."""

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import PIL.Image
import pytest
import yaml

import kirok
from kirok.base.errors import BadRequest, InvalidParameter, NotFound

pytestmark = pytest.mark.usefixtures("tracked")


def names(run_id: str, path: str | None = None) -> list[str]:
    return [info.path for info in kirok.MlflowClient().list_artifacts(run_id, path)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small tree of files."""
    root = tmp_path / "out"
    (root / "deep" / "er").mkdir(parents=True)
    (root / "empty").mkdir()
    (root / "a.txt").write_text("a")
    (root / "deep" / "er" / "b c.bin").write_bytes(bytes(range(256)))
    return root


def test_files_and_folders_go_in_and_come_out_whole(folder: Path, tmp_path: Path) -> None:
    with kirok.start_run() as run:
        kirok.log_artifact(str(folder / "a.txt"))
        kirok.log_artifact(folder / "a.txt", "below/here")  # type: ignore[arg-type]  # a Path, as people pass
        kirok.log_artifact(str(folder), "whole")
        kirok.log_artifacts(str(folder), "content")
    run_id = run.info.run_id
    assert names(run_id) == ["a.txt", "below", "content", "whole"]
    assert names(run_id, "content") == ["content/a.txt", "content/deep"]
    assert names(run_id, "whole/out/deep/er") == ["whole/out/deep/er/b c.bin"]
    assert names(run_id, "a.txt") == []
    place = tmp_path / "fetched"
    fetched = Path(kirok.artifacts.download_artifacts(run_id=run_id, dst_path=str(place)))
    assert fetched == place
    assert (place / "content" / "deep" / "er" / "b c.bin").read_bytes() == bytes(range(256))
    assert (place / "below" / "here" / "a.txt").read_text() == "a"
    one = kirok.MlflowClient().download_artifacts(run_id, "content/deep")
    assert (Path(one) / "er" / "b c.bin").stat().st_size == 256
    assert Path(one).is_absolute()


def test_text_dictionaries_and_streams_become_files() -> None:
    with kirok.start_run() as run:
        kirok.log_text("기록 · ж", "notes/ж.txt")
        kirok.log_dict({"a": [1, 2], "when": Path("x")}, "a.json")
        kirok.log_dict({"a": [1, 2]}, "a.yaml")
        kirok.log_dict({"a": 1}, "plain")
        kirok.log_stream(io.BytesIO(b"\x00" * 3_000_000), "big.bin")
    root = f"runs:/{run.info.run_id}"
    assert kirok.artifacts.load_text(f"{root}/notes/ж.txt") == "기록 · ж"
    assert kirok.artifacts.load_dict(f"{root}/a.json") == {"a": [1, 2], "when": "x"}
    assert yaml.safe_load(kirok.artifacts.load_text(f"{root}/a.yaml")) == {"a": [1, 2]}
    assert kirok.artifacts.load_dict(f"{root}/plain") == {"a": 1}
    assert kirok.artifacts.list_artifacts(run_id=run.info.run_id)[2].file_size == 3_000_000
    with pytest.raises(BadRequest, match="JSON"):
        kirok.artifacts.load_dict(f"{root}/a.yaml")
    with pytest.raises(BadRequest, match="PIL Image"):
        kirok.artifacts.load_image(f"{root}/a.yaml")


def test_files_are_found_by_their_uris() -> None:
    with kirok.start_run() as run:
        kirok.log_text("x", "deep/x.txt")
        assert kirok.get_artifact_uri() == run.info.artifact_uri
        uri = kirok.get_artifact_uri("deep/x.txt")
    assert kirok.artifacts.load_text(uri) == "x"
    assert [info.path for info in kirok.artifacts.list_artifacts(f"runs:/{run.info.run_id}/deep")] == ["deep/x.txt"]


@pytest.mark.parametrize("name", ["a b.txt", "50% off.txt", "50%25.txt", "why?.txt", "ü/é.txt"])
def test_a_file_of_any_name_is_found_by_its_uri(name: str) -> None:
    with kirok.start_run() as run:
        kirok.log_text(name, f"deep/{name}")
        uri = kirok.get_artifact_uri(f"deep/{name}")
    assert kirok.artifacts.load_text(uri) == name
    assert kirok.artifacts.load_text(f"runs:/{run.info.run_id}/deep/{name}") == name


def test_files_of_this_machine_are_found_by_path_and_by_uri(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = folder / "deep" / "er" / "b c.bin"
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    for spelled in (str(file), file.as_uri(), "deep/er/b c.bin", "file:deep/er/b%20c.bin", "~/deep/er/b c.bin"):
        assert kirok.artifacts.download_artifacts(spelled) == str(file)
    for nothing in ("/", "s3://bucket", "mlflow-artifacts:/"):
        with pytest.raises(InvalidParameter, match="names no file"):
            kirok.artifacts.download_artifacts(nothing)


def test_figures_are_saved_in_the_format_of_their_name() -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().plot([0, 1], [1, 0])
    with kirok.start_run() as run:
        kirok.log_figure(figure, "curve.png", save_kwargs={"dpi": 30})
        kirok.log_figure(figure, "curve.svg")
        with pytest.raises(TypeError, match="Unsupported figure"):
            kirok.log_figure("no figure", "x.png")
    assert kirok.artifacts.load_image(f"runs:/{run.info.run_id}/curve.png").format == "PNG"
    assert "<svg" in kirok.artifacts.load_text(f"runs:/{run.info.run_id}/curve.svg")
    assert names(run.info.run_id) == ["curve.png", "curve.svg"]


def test_images_of_every_kind_are_saved_as_a_file() -> None:
    pixels = np.zeros((4, 6, 3), dtype=np.uint8)
    pixels[:, :3] = [255, 128, 0]
    with kirok.start_run() as run:
        kirok.log_image(pixels, "array.png")
        kirok.log_image(pixels / 255.0, "floats.png")
        kirok.log_image(PIL.Image.fromarray(pixels), "pil.png")
        kirok.log_image(kirok.Image(pixels), "image.png")
        kirok.log_image(pixels[:, :, 0] > 0, "mask.png")
    for name in ("array", "floats", "pil", "image"):
        image = kirok.artifacts.load_image(f"runs:/{run.info.run_id}/{name}.png")
        assert np.array_equal(np.array(image), pixels), name
    assert "mlflow.loggedImages" not in kirok.get_run(run.info.run_id).data.tags


def test_images_by_step_carry_key_step_and_time_in_their_names() -> None:
    with kirok.start_run() as run:
        kirok.log_image(np.zeros((600, 300), dtype=np.uint8), key="dogs/big", step=3, timestamp=1234)
    whole, small = sorted(names(run.info.run_id, "images"), key=len)
    assert whole.startswith("images/dogs~big+step+3+timestamp+1234+")
    assert whole.endswith(".png")
    assert small == f"{whole.removesuffix('.png')}+compressed.webp"
    assert kirok.artifacts.load_image(f"runs:/{run.info.run_id}/{small}").size == (128, 256)
    assert kirok.get_run(run.info.run_id).data.tags["mlflow.loggedImages"] == "True"


def test_what_is_no_image_is_refused() -> None:
    pixels = np.zeros((2, 2), dtype=np.uint8)
    with kirok.start_run() as run:
        for wrong in ({}, {"artifact_file": "a.png", "key": "a"}, {"artifact_file": "a.png", "step": 1}):
            with pytest.raises(TypeError):
                kirok.log_image(pixels, **wrong)
        with pytest.raises(TypeError):
            kirok.log_image("a.png", "a.png")  # type: ignore[arg-type]  # the mistake
        for shape in ((2, 2, 7), (2,)):
            with pytest.raises(ValueError, match=r"hape|channel"):
                kirok.log_image(np.zeros(shape, dtype=np.uint8), "a.png")
        with pytest.raises(ValueError, match="255"):
            kirok.log_image(np.full((2, 2), 256), "a.png")
        with pytest.raises(ValueError, match="invalid characters"):
            kirok.log_image(pixels, key="a#b")
        with pytest.warns(UserWarning, match="Rescaling"):
            kirok.log_image(np.full((2, 2), 7.0), "bright.png")
    assert names(run.info.run_id) == ["bright.png"]


@pytest.mark.parametrize("file", ["rows.json", "deep/rows.json", "rows.parquet"])
def test_a_table_grows_call_by_call(file: str) -> None:
    with kirok.start_run() as first:
        kirok.log_table({"question": ["a", "b"], "score": [0.5, 1.0]}, file)
        kirok.log_table(pd.DataFrame({"question": ["c"], "score": [0.0]}), file)
    with kirok.start_run() as second:
        kirok.log_table({"question": "d", "score": 0.25}, file)
    rows = kirok.load_table(file, extra_columns=["run_id"])
    assert sorted(zip(rows["question"], rows["score"], strict=True)) == [("a", 0.5), ("b", 1), ("c", 0), ("d", 0.25)]
    assert set(rows["run_id"]) == {first.info.run_id, second.info.run_id}
    assert list(kirok.load_table(file, run_ids=[second.info.run_id])["question"]) == ["d"]
    tag = kirok.get_run(first.info.run_id).data.tags["mlflow.loggedArtifacts"]
    assert json.loads(tag) == [{"path": file, "type": "table"}]


def test_a_table_of_images_keeps_them_beside_it() -> None:
    image = kirok.Image(np.zeros((3, 3), dtype=np.uint8))
    with kirok.start_run() as run:
        kirok.log_table({"name": ["a"], "picture": [image]}, "shown.json")
        with pytest.raises(ValueError, match="mix of images"):
            kirok.log_table({"picture": [image, "text"]}, "mixed.json")
    cell = kirok.load_table("shown.json")["picture"][0]
    assert cell["type"] == "image"
    assert kirok.artifacts.load_image(f"runs:/{run.info.run_id}/{cell['filepath']}").size == (3, 3)
    assert kirok.artifacts.load_image(f"runs:/{run.info.run_id}/{cell['compressed_filepath']}").format == "WEBP"


def test_tables_that_cannot_be_are_refused() -> None:
    with kirok.start_run() as run:
        with pytest.raises(ValueError, match="extension"):
            kirok.log_table({"a": [1]}, "rows.csv")
        with pytest.raises(ValueError, match="forbidden character"):
            kirok.log_table({"a": [1]}, "a:b.json")
        with pytest.raises(InvalidParameter, match="DataFrame or a dictionary"):
            kirok.log_table([1], "rows.json")  # type: ignore[arg-type]  # the mistake
        with pytest.raises(NotFound, match="No runs found"):
            kirok.load_table("rows.json")
    assert names(run.info.run_id) == []


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "%2e%2e/x", "a#b"])
def test_a_path_out_of_the_run_is_refused(path: str, tmp_path: Path) -> None:
    with kirok.start_run() as run:
        with pytest.raises(InvalidParameter, match="Invalid path"):
            kirok.log_text("x", path)
        with pytest.raises(InvalidParameter, match="Invalid path"):
            kirok.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path=path)
    assert names(run.info.run_id) == []


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with kirok.start_run() as run:
        with pytest.raises(FileNotFoundError):
            kirok.log_artifact("nowhere.txt")
        with pytest.raises(NotADirectoryError):
            kirok.log_artifacts("nowhere")
    for place in (None, str(tmp_path / "new")):
        with pytest.raises(NotFound, match="please ensure that the path is correct"):
            kirok.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="nothing", dst_path=place)
    assert kirok.artifacts.list_artifacts(run_id=run.info.run_id, artifact_path="nothing") == []
    with pytest.raises(NotFound):
        kirok.artifacts.load_text(f"runs:/{'0' * 32}/x")


def test_a_place_is_given_in_one_way() -> None:
    for given in ({}, {"artifact_uri": "runs:/a/b", "run_id": "a"}):
        with pytest.raises(InvalidParameter, match="Exactly one"):
            kirok.artifacts.download_artifacts(**given)
    with pytest.raises(InvalidParameter, match="artifact_path"):
        kirok.artifacts.list_artifacts("runs:/a/b", artifact_path="c")
    with pytest.raises(InvalidParameter, match="Not a proper runs:/ URI"):
        kirok.artifacts.list_artifacts("runs:a")
