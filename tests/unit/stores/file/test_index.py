"""The index: what is read once is not read again, and every change is seen, whoever made it and however quickly."""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kirok.entities.metrics import Metric
from kirok.entities.runs import Param, RunTag
from kirok.stores.file.index import Index, IndexFile
from kirok.stores.file.layout import INDEX
from kirok.stores.file.meta import Unreadable, Warnings
from kirok.stores.file.scans import SETTLED_AFTER_NS, Scan, scan
from kirok.stores.file.store import open_file
from kirok.stores.protocols import Stores


class Reading:
    """Counts what is read."""

    def __init__(self) -> None:
        self.places: list[str] = []

    def __call__(self, place: str, known: str | None, at_ns: int) -> str:
        self.places.append(place)
        if place.endswith("bad"):
            raise Unreadable(place)
        if place.endswith("gone"):
            raise FileNotFoundError(place)
        return f"{place}, read {self.places.count(place)} times"


@pytest.fixture
def reading() -> Reading:
    return Reading()


def index_at(root: Path, reading: Reading) -> Index[str]:
    return Index(IndexFile(str(root), None), str, reading, Warnings())


def old(fingerprint: int = 1) -> Scan:
    return Scan(fingerprint, time.time_ns() - 2 * SETTLED_AFTER_NS)


def young(fingerprint: int = 1) -> Scan:
    return Scan(fingerprint, time.time_ns())


def test_what_has_not_changed_is_read_once_by_any_process(tmp_path: Path, reading: Reading) -> None:
    for _ in range(3):
        index = index_at(tmp_path, reading)
        assert index.all("1", {"1/a": old(), "1/b": old(2)}) == {"1/a": "1/a, read 1 times", "1/b": "1/b, read 1 times"}
        assert index.one("1", "1/a", old()) == "1/a, read 1 times"
    assert sorted(reading.places) == ["1/a", "1/b"]


def test_what_has_changed_is_read_again(tmp_path: Path, reading: Reading) -> None:
    index = index_at(tmp_path, reading)
    index.all("1", {"1/a": old(), "1/b": old()})
    assert index.all("1", {"1/a": old(), "1/b": old(2)})["1/b"] == "1/b, read 2 times"
    assert reading.places == ["1/a", "1/b", "1/b"]


def test_what_changed_just_now_is_read_until_a_change_would_show(tmp_path: Path, reading: Reading) -> None:
    index = index_at(tmp_path, reading)
    for times in (1, 2, 3):
        assert index.one("1", "1/a", young()) == f"1/a, read {times} times"
    for _ in range(2):
        assert index.one("1", "1/a", old()) == "1/a, read 4 times"


def test_what_cannot_be_read_is_left_out_and_asked_for_again(tmp_path: Path, reading: Reading) -> None:
    index = index_at(tmp_path, reading)
    for _ in range(2):
        assert list(index.all("1", {"1/a": old(), "1/bad": old(), "1/gone": old()})) == ["1/a"]
    assert reading.places == ["1/a", "1/bad", "1/gone", "1/bad", "1/gone"]


def test_what_is_gone_leaves_the_index_with_all_that_lay_in_it(tmp_path: Path, reading: Reading) -> None:
    index = index_at(tmp_path, reading)
    index.all("", {"1": old(), "2": old()})
    index.all("1", {"1/a": old()})
    index.all("1/datasets", {"1/datasets/d": old()})
    index.all("2", {"2/a": old()})
    index.all("", {"2": old()})
    with sqlite3.connect(tmp_path / INDEX) as connection:
        assert sorted(connection.execute("SELECT place FROM records")) == [("2",), ("2/a",)]
    connection.close()


@pytest.mark.parametrize(
    "content", [b"", b"not a database at all" * 500, "cut"], ids=["empty", "nonsense", "cut short"]
)
def test_a_damaged_index_is_made_anew(tmp_path: Path, reading: Reading, content: bytes | str) -> None:
    file = tmp_path / INDEX
    index_at(tmp_path, reading).all("1", {f"1/{i}": old() for i in range(500)})
    file.write_bytes(content if isinstance(content, bytes) else file.read_bytes()[: file.stat().st_size // 2])
    for _ in range(2):
        assert len(index_at(tmp_path, reading).all("1", {f"1/{i}": old() for i in range(500)})) == 500
    assert len(reading.places) == 1_000


def test_an_index_without_its_table_is_made_anew(tmp_path: Path, reading: Reading) -> None:
    index_at(tmp_path, reading).one("1", "1/a", old())
    with sqlite3.connect(tmp_path / INDEX) as connection:
        connection.execute("DROP TABLE records")
    connection.close()
    for _ in range(2):
        assert index_at(tmp_path, reading).one("1", "1/a", old()) == "1/a, read 2 times"


def test_an_index_may_be_deleted_under_its_users(tmp_path: Path, reading: Reading) -> None:
    index = index_at(tmp_path, reading)
    index.one("1", "1/a", old())
    (tmp_path / INDEX).unlink()
    assert index.one("1", "1/a", old()) == "1/a, read 2 times"
    assert index_at(tmp_path, reading).one("1", "1/a", old()) == "1/a, read 2 times"


def test_an_index_of_another_version_is_made_anew(tmp_path: Path, reading: Reading) -> None:
    index_at(tmp_path, reading).one("1", "1/a", old())
    with sqlite3.connect(tmp_path / INDEX) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    assert index_at(tmp_path, reading).one("1", "1/a", old()) == "1/a, read 2 times"


def test_a_row_of_another_shape_is_read_again(tmp_path: Path, reading: Reading) -> None:
    index_at(tmp_path, reading).one("1", "1/a", old())
    numbers = Index(IndexFile(str(tmp_path), None), int, lambda *_: 7, Warnings())
    assert numbers.one("1", "1/a", old()) == 7


def test_a_busy_index_fails_no_reader(tmp_path: Path, reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kirok.stores.file.index._BUSY_S", 0.01)
    index_at(tmp_path, reading).one("1", "1/a", old())
    other = sqlite3.connect(tmp_path / INDEX)
    other.execute("BEGIN EXCLUSIVE")
    index = index_at(tmp_path, reading)
    assert index.one("1", "1/b", old()) == "1/b, read 1 times"
    other.rollback()
    other.close()
    assert index.one("1", "1/b", old()) == "1/b, read 2 times"


def test_where_the_folder_takes_no_index_it_lies_in_the_users_cache(tmp_path: Path, reading: Reading) -> None:
    (tmp_path / "mlruns" / INDEX).mkdir(parents=True)  # in its place, and so as if the folder could only be read
    cache = tmp_path / "cache" / "kirok"
    for _ in range(2):
        index = Index(IndexFile(str(tmp_path / "mlruns"), str(cache)), str, reading, Warnings())
        assert index.one("1", "1/a", old()) == "1/a, read 1 times"
    assert len(list(cache.iterdir())) == 1


def test_where_nothing_can_be_written_there_is_an_index_for_the_process(tmp_path: Path, reading: Reading) -> None:
    (tmp_path / INDEX).mkdir()
    index = index_at(tmp_path, reading)
    for _ in range(2):
        assert index.one("1", "1/a", old()) == "1/a, read 1 times"


def in_place(file: Path, content: str) -> None:
    """Written as MLflow writes a tag: the same file, its content cut and written anew."""
    with file.open("r+") as opened:
        opened.truncate()
        opened.write(content)


def moved_in(file: Path, content: str) -> None:
    """Another file in its place, with the times of the old one, as rsync and restored backups have it."""
    times = file.stat()
    copy = file.with_name("copy")
    copy.write_text(content)
    os.utime(copy, ns=(times.st_atime_ns, times.st_mtime_ns))
    copy.replace(file)


def backdated(file: Path, content: str) -> None:
    """Written in place, and the time of it set back."""
    times = file.stat()
    in_place(file, content)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize("write", [in_place, moved_in, backdated])
def test_a_change_by_others_is_seen_at_once(
    stores: Stores, experiment_id: str, run_id: str, run_folder: Path, write: Callable[[Path, str], None]
) -> None:
    """Values of one length: no size gives the change away."""
    stores.runs.log_batch(
        run_id, metrics=[Metric("loss", 1.0, 1)], params=[Param("a/b", "1")], tags=[RunTag("note", "1")]
    )
    for i in range(2, 8):
        write(run_folder / "metrics" / "loss", f"1 {i}.0 0\n")
        write(run_folder / "params" / "a" / "b", str(i))
        write(run_folder / "tags" / "note", str(i))
        for run in (stores.runs.get_run(run_id), *stores.runs.search_runs([experiment_id])):
            assert run.data.metrics == {"loss": float(i)}
            assert (run.data.params["a/b"], run.data.tags["note"]) == (str(i), str(i))


def test_runs_and_experiments_that_come_and_go_are_seen_at_once(
    stores: Stores, root: Path, experiment_id: str, run_id: str, run_folder: Path, tmp_path: Path
) -> None:
    shutil.move(run_folder, tmp_path / "aside")
    assert stores.runs.search_runs([experiment_id]) == []
    shutil.move(tmp_path / "aside", run_folder)
    assert [run.info.run_id for run in stores.runs.search_runs([experiment_id])] == [run_id]
    shutil.move(root / experiment_id, tmp_path / "aside")
    assert [one.name for one in stores.experiments.search_experiments()] == ["Default"]
    shutil.move(tmp_path / "aside", root / experiment_id)
    assert stores.experiments.get_experiment_by_name("speech") is not None


def test_every_change_of_a_file_shows(tmp_path: Path) -> None:
    record, tags = tmp_path / "meta.yaml", tmp_path / "tags"
    record.write_text("x")
    (tags / "a").mkdir(parents=True)
    seen = [scan(str(tmp_path), "meta.yaml", ["tags", "none"])]
    for file, content in ((tags / "a" / "b", "1"), (tags / "c", "1"), (tags / "c", "22"), (record, "yy")):
        file.write_text(content)
        seen.append(scan(str(tmp_path), "meta.yaml", ["tags", "none"]))
    (tags / "c").unlink()
    seen.append(scan(str(tmp_path), "meta.yaml", ["tags", "none"]))
    assert len(set(seen)) == 6
    assert scan(str(tags), "meta.yaml", []) is None


def test_statistics_are_those_of_the_files(stores: Stores, root: Path, experiment_id: str, run_id: str) -> None:
    for start in (0, 100):
        points = [Metric("loss", float((7 * i) % 13), 1000 + i, i) for i in range(start, start + 100)]
        stores.runs.log_batch(run_id, metrics=points)
        assert stores.series is not None
        found = stores.series.statistics([run_id])[run_id, "loss"]
        assert (found.count, found.minimum, found.maximum, found.last.step) == (start + 100, 0.0, 12.0, start + 99)
    assert len(stores.runs.search_runs([experiment_id], filter_string="max(metrics.loss) > 11")) == 1
    assert stores.runs.search_runs([experiment_id], filter_string="count(metrics.loss) < 200") == []


def test_deleting_the_index_loses_nothing(root: Path, stores: Stores, experiment_id: str, run_id: str) -> None:
    stores.runs.log_batch(run_id, metrics=[Metric("loss", 1.0, 1)])
    before = stores.runs.search_runs([experiment_id])
    stores.close()
    for file in root.rglob(".kirok.*"):
        file.unlink()
    again = open_file(str(root))
    assert again.runs.search_runs([experiment_id]) == before
    again.close()
