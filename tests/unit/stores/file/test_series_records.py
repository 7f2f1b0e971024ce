"""Long series that grow: read from where the last reading ended, and right whatever was done to them."""

import random
from pathlib import Path

import msgspec
import pytest

from kirok.rules.series import Columns, Rank, statistics_of
from kirok.stores.file import series_records
from kirok.stores.file.meta import Warnings
from kirok.stores.file.metric_lines import parse_ranks
from kirok.stores.file.series_records import SeriesRecord, read_series

NOW, LATER = 0, 1 << 62
"""A time at which every file is young, and one at which every file rests."""


@pytest.fixture(autouse=True)
def every_file_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series_records, "_LONG_BYTES", 0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "loss"


def read(file: Path, known: SeriesRecord | None, at_ns: int = NOW) -> SeriesRecord:
    found = read_series(str(file), known, at_ns, Warnings())
    assert found is not None
    return found


def lines(steps: range, value: float = 0.5) -> str:
    return "".join(f"{1000 + step} {value} {step}\n" for step in steps)


def is_right(record: SeriesRecord, file: Path) -> bool:
    """But for the last digits of the mean: sums of parts round otherwise."""
    found = statistics_of(Columns.of(parse_ranks(file.read_bytes())[0]))
    return record.statistics == msgspec.structs.replace(found, mean=record.statistics.mean) and (
        record.statistics.mean == pytest.approx(found.mean)
    )


def test_what_was_appended_is_all_that_is_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(lines(range(100)))
    record = read(file, None)
    parsed: list[int] = []

    def noted(content: bytes) -> tuple[list[Rank], int]:
        parsed.append(len(content))
        return parse_ranks(content)

    monkeypatch.setattr(series_records, "parse_ranks", noted)
    for start in range(100, 200, 10):
        with file.open("a") as opened:
            opened.write(lines(range(start, start + 10), value=start))
        record = read(file, record)
        assert is_right(record, file)
    assert max(parsed) < 200


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("0.5", "0.7"),
        lambda text: text.replace("0.5 0\n", "0.7 0\n"),
        lambda text: text[: len(text) // 2],
        lambda text: text + lines(range(3)),
        lambda text: text + "nonsense\n",
        lambda text: text + "2000 0.25",
        lambda text: text.replace(" 99\n", " 98\n") + lines(range(99, 120)),
        lambda text: "",
    ],
    ids="values one cut repeated broken torn last nothing".split(),
)
def test_whatever_is_done_to_a_file_its_record_is_right(file: Path, change: "object") -> None:
    file.write_text(lines(range(100)))
    record = read(file, None)
    file.write_text(change(file.read_text()))  # type: ignore[operator]  # a function of the text
    found = read_series(str(file), record, NOW, Warnings())
    if file.read_text():
        assert found is not None
        assert is_right(found, file)
    else:
        assert found is None


def test_an_edit_of_older_lines_shows_once_the_file_rests(file: Path) -> None:
    file.write_text(lines(range(100)))
    record = read(file, None)
    file.write_text(lines(range(50), value=9.0) + lines(range(50, 110)))
    grown = read(file, record)
    assert grown.statistics.count == 110
    assert is_right(read(file, grown, LATER), file)


def test_a_file_that_rests_is_not_opened(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(lines(range(100)))
    record = read(file, None, LATER)
    monkeypatch.setattr(series_records, "parse_ranks", None)
    assert read(file, record, LATER) is record


def test_any_order_of_points_comes_to_the_same(file: Path) -> None:
    dice, record = random.Random(5), None
    file.write_text("")
    for _ in range(60):
        with file.open("a") as opened:
            step = dice.choice([dice.randrange(50), record.statistics.last.step + 1 if record else 0])
            opened.write(f"{dice.randrange(3)} {dice.choice(['nan', 'inf', '1.0', '-2.5'])} {step}\n")
        record = read(file, record)
        theirs = statistics_of(Columns.of(parse_ranks(file.read_bytes())[0]))
        assert repr(record.statistics.last) == repr(theirs.last)
        assert (record.statistics.count, record.statistics.minimum) == (theirs.count, theirs.minimum)
