"""Old roots of artifacts, and the new ones that stand for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirok.base.errors import InvalidParameter
from kirok.rules.aliases import Alias, parse_aliases, place_of

WINDOWS_SPELLINGS = [
    r"E:\runs\7\ab\artifacts",
    "E:/runs/7/ab/artifacts",
    r"e:\Runs\7\ab\artifacts",
    "file:///E:/runs/7/ab/artifacts",
    "file://E:/runs/7/ab/artifacts",
    "file:E:/runs/7/ab/artifacts",
]


def resolved(location: str, *aliases: str) -> str:
    return parse_aliases(aliases).resolve(location)


@pytest.mark.parametrize("location", WINDOWS_SPELLINGS)
@pytest.mark.parametrize("old", [r"E:\runs", "e:/runs/", "file:///E:/runs", "file:E:/runs"])
def test_all_spellings_of_a_drive_are_one(location: str, old: str) -> None:
    assert resolved(location, f"{old}=/mnt/e") == "/mnt/e/7/ab/artifacts"


@pytest.mark.parametrize("location", [r"\\Box\ml\runs\7", "//box/ml/runs/7", "file://BOX/ML/runs/7"])
def test_all_spellings_of_a_share_are_one(location: str) -> None:
    assert resolved(location, r"\\box\ml=/srv/ml") == "/srv/ml/runs/7"


@pytest.mark.parametrize(
    ("location", "alias", "found"),
    [
        ("/old/runs/7", "/old=/new", "/new/runs/7"),
        ("file:///old/runs/7", "/old=/new", "/new/runs/7"),
        ("/old/runs/7", "/old=file:///new", "file:///new/runs/7"),
        ("file:///old/a%20b/7", "/old=/new", "/new/a b/7"),
        ("/old/a b/7", "file:///old/a%20b=file:///new", "file:///new/7"),
        ("/old/50%/7", "/old=file:///new", "file:///new/50%25/7"),
        ("s3://old/7/ab", "s3://old=s3://new/mlflow", "s3://new/mlflow/7/ab"),
        ("s3://old/x/7/ab", "s3://old/x/=s3://new/", "s3://new/7/ab"),
        ("s3://old/7?endpoint=a", "s3://old=s3://new", "s3://new/7?endpoint=a"),
        ("/old/7/ab", "/old=gs://bucket/runs", "gs://bucket/runs/7/ab"),
        ("wasbs://c@old.blob.core.windows.net/7", "wasbs://c@old.blob.core.windows.net=/new", "/new/7"),
        ("mlflow-artifacts:/7/ab", "mlflow-artifacts:/=s3://bucket", "s3://bucket/7/ab"),
        ("mlflow-artifacts:///7/ab", "mlflow-artifacts:/7=s3://bucket", "s3://bucket/ab"),
        ("s3://bucket/7/ab", "s3://bucket=mlflow-artifacts:/old", "mlflow-artifacts:/old/7/ab"),
        ("dbfs:/runs/7", "dbfs:/runs=s3://bucket", "s3://bucket/7"),
        ("/data/7", r"/data=\\box\ml", "file://box/ml/7"),
        ("./mlruns/0/ab", "./mlruns=/data/mlruns", "/data/mlruns/0/ab"),
        ("/old/runs", "/old/runs=/new", "/new"),
        ("/y/date=2020/7", "/y/date=2020=s3://b/date=2021", "s3://b/date=2021/7"),
    ],
)
def test_the_beginning_of_a_location_is_replaced(location: str, alias: str, found: str) -> None:
    assert resolved(location, alias) == found


@pytest.mark.parametrize(
    ("location", "alias"),
    [
        ("/older/7", "/old=/new"),
        ("s3://old2/7", "s3://old=s3://new"),
        ("/x/old/7", "/old=/new"),
        ("/OLD/7", "/old=/new"),
        ("/old/../etc/passwd", "/old=/new"),
        ("file:///old/%2e%2e/etc", "/old=/new"),
        ("runs:/old/7", "/old=/new"),
        ("", "/old=/new"),
        ("/old\0/7", "/old=/new"),
        ("E:runs/7", r"E:\=/new"),
    ],
)
def test_what_lies_elsewhere_stays(location: str, alias: str) -> None:
    assert resolved(location, alias) == location


def test_the_longest_old_root_decides() -> None:
    aliases = ("/data=/a", "/data/runs/7=/b", "/data/runs=/c")
    found = [resolved(f"/data/{tail}", *aliases) for tail in ("x", "runs/1", "runs/7/ab")]
    assert found == ["/a/x", "/c/1", "/b/ab"]


def test_a_root_that_moved_into_itself_is_replaced_once() -> None:
    once = resolved("s3://bucket/7/ab", "s3://bucket=s3://bucket/mlflow")
    assert once == resolved(once, "s3://bucket=s3://bucket/mlflow") == "s3://bucket/mlflow/7/ab"


@pytest.mark.parametrize(
    ("aliases", "named"),
    [
        (("/old",), "names no two places"),
        (("=/new",), "names no two places"),
        (("/old=",), "names no two places"),
        (("/old=new",), "relative path"),
        (("/old=runs:/x",), "names no two places"),
        (("/old=/new/../x",), "names no two places"),
        ((r"E:\x=file:///e:/X",), "one place twice"),
        (("/a=/b", "file:///a=/c"), "begin alike"),
        (("/a=/b", "/b=/a"), "overlap"),
        (("/a=/b", "/b/c=/d"), "overlap"),
        (("/a=/b/c", "/b=/d"), "overlap"),
    ],
)
def test_nonsense_is_refused_by_name(aliases: tuple[str, ...], named: str) -> None:
    with pytest.raises(InvalidParameter, match=named) as refused:
        parse_aliases(aliases)
    assert repr(aliases[-1])[1:-1] in refused.value.message


names = st.text("abc %=\\é", min_size=1, max_size=3).map(lambda name: name.strip()).filter(bool)
roots = st.tuples(st.sampled_from(["/", "file:///", "E:/", "s3://"]), st.lists(names, min_size=1, max_size=2))


@given(roots, roots, st.lists(names, max_size=3))
def test_what_was_resolved_is_not_resolved_again(
    old: tuple[str, list[str]], new: tuple[str, list[str]], tail: list[str]
) -> None:
    old_root, new_root = (start + "/".join(each) for start, each in (old, new))
    try:
        alias = Alias.of(old_root, new_root)
    except InvalidParameter:
        return
    found = alias.renamed("/".join([old_root, *tail]))
    if found is not None and alias.renamed(found) is not None:
        # OLD may lie in NEW: /a/b moved up to /a. Then only what is called as OLD's last names again is moved twice.
        old_place, new_place = place_of(old_root), place_of(new_root)
        assert old_place is not None
        assert new_place is not None
        assert old_place.within(new_place) is not None
