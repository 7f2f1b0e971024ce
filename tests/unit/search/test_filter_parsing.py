"""What a filter says, and how one is refused."""

import pytest

from kirok.base.errors import InvalidParameter
from kirok.search.expression import And, Comparator, Comparison, Entity, Expression, Function, Not, Or, Value
from kirok.search.parse import MAX_COMPARISONS, MAX_NESTING, parse_experiment_filter, parse_run_filter
from kirok.search.tokens import MAX_FILTER_LENGTH


def metric(key: str, comparator: str, value: Value) -> Comparison:
    return Comparison(Entity.METRIC, key, Comparator(comparator), value)


def of_series(function: Function, key: str, comparator: str, value: Value) -> Comparison:
    return Comparison(Entity.METRIC, key, Comparator(comparator), value, function)


def param(key: str, comparator: str, value: Value = None) -> Comparison:
    return Comparison(Entity.PARAM, key, Comparator(comparator), value)


def attribute(key: str, comparator: str, value: Value) -> Comparison:
    return Comparison(Entity.ATTRIBUTE, key, Comparator(comparator), value)


A, B, C = metric("a", ">", 1.0), metric("b", ">", 2.0), metric("c", ">", 3.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("metrics.a > 1", A),
        ("metric.a>1.", A),
        ("`metrics`.`a` > 1e0", A),
        ('metrics."a" > 1', A),
        ("metrics.a.b.c <= -.5", metric("a.b.c", "<=", -0.5)),
        ("metrics.`val loss/x` != 1E3", metric("val loss/x", "!=", 1000.0)),
        ("metrics.손실 = 1e400", metric("손실", "=", float("inf"))),
        ("metrics.and > 1", metric("and", ">", 1.0)),
        ("params.x = 'it''s'", param("x", "=", "it''s")),
        ('parameter.x = "it\'s"', param("x", "=", "it's")),
        (r"param.x = 'a\'b'", param("x", "=", r"a\'b")),
        ("params.x = 'C:\\'", param("x", "=", "C:\\")),
        ("parameters.x ilike ''", param("x", "ILIKE", "")),
        ("params.x Is  Not\nNull", param("x", "IS NOT NULL")),
        ("params.x < 0.1", param("x", "<", 0.1)),
        ("params.x = 10", param("x", "=", 10.0)),
        ("tag.mlflow.user = 'me'", Comparison(Entity.TAG, "mlflow.user", Comparator.EQUAL, "me")),
        ("status = 'FAILED'", attribute("status", "=", "FAILED")),
        ("attr.Created >= 5", attribute("start_time", ">=", 5)),
        ("run.`Run name` LIKE '%'", attribute("run_name", "LIKE", "%")),
        ('"end_time" < 1.5', attribute("end_time", "<", 1.5)),
        ("run_id not in ('a', \"b\",)", attribute("run_id", "NOT IN", ("a", "b"))),
        ("datasets.context IN ('x')", Comparison(Entity.DATASET, "context", Comparator.IN, ("x",))),
        ("min(metrics.a) < 1", of_series(Function.MIN, "a", "<", 1.0)),
        ("Best ( metric.`val loss/x` ) >= 2", of_series(Function.BEST, "val loss/x", ">=", 2.0)),
        ("count(metrics.a) IS NULL", of_series(Function.COUNT, "a", "IS NULL", None)),
        ("metrics.loss.min < 1", metric("loss.min", "<", 1.0)),
        ("metrics.a between -1 and 1e3", metric("a", "BETWEEN", (-1.0, 1000.0))),
        ("metrics.a IN (1, 2.5,)", metric("a", "IN", (1.0, 2.5))),
        ("metrics.a IS NULL", metric("a", "IS NULL", None)),
        ("params.x NOT BETWEEN 1 AND 2", param("x", "NOT BETWEEN", (1.0, 2.0))),
        ("params.x IN (1, 2)", param("x", "IN", (1.0, 2.0))),
        ("params.x IN ('1', '2')", param("x", "IN", ("1", "2"))),
        ("params.x NOT like 'a%'", param("x", "NOT LIKE", "a%")),
        (r"params.x RLIKE '^a(b|\d{2,})*$'", param("x", "RLIKE", r"^a(b|\d{2,})*$")),
        ("params.x not contains 'a B'", param("x", "NOT CONTAINS", "a B")),
        ("end_time IS NULL", attribute("end_time", "IS NULL", None)),
        ("start_time BETWEEN 1 AND 2.5", attribute("start_time", "BETWEEN", (1, 2.5))),
        ("duration > 1000", attribute("duration", ">", 1000)),
        ("status NOT IN ('FAILED', 'KILLED')", attribute("status", "NOT IN", ("FAILED", "KILLED"))),
        ("experiment_id IN ('1', '02')", attribute("experiment_id", "IN", ("1", "2"))),
        ("experiment_name RLIKE '^a'", attribute("experiment_name", "RLIKE", "^a")),
        ("parent_run_id IS NULL", attribute("parent_run_id", "IS NULL", None)),
        ("text CONTAINS 'resnet baseline'", attribute("text", "CONTAINS", "resnet baseline")),
        ("dataset.name IS NULL", Comparison(Entity.DATASET, "name", Comparator.IS_NULL)),
    ],
)
def test_a_comparison_is_read(text: str, expected: Expression) -> None:
    assert parse_run_filter(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("metrics.a > 1 and metrics.b > 2", And((A, B))),
        ("metrics.a > 1 metrics.b > 2", And((A, B))),
        ("AND metrics.a > 1 AND AND metrics.b > 2 AND", And((A, B))),
        ("metrics.a > 1 OR metrics.b > 2 AND metrics.c > 3", Or((A, And((B, C))))),
        ("(metrics.a > 1 or metrics.b > 2) AND metrics.c > 3", And((Or((A, B)), C))),
        ("metrics.a > 1 AND (metrics.b > 2 AND metrics.c > 3)", And((A, B, C))),
        ("NOT metrics.a > 1 AND metrics.b > 2", And((Not(A), B))),
        ("NOT (metrics.a > 1 AND metrics.b > 2)", Not(And((A, B)))),
        ("not NOT ((metrics.a > 1))", Not(Not(A))),
    ],
)
def test_not_binds_closer_than_and_and_and_closer_than_or(text: str, expected: Expression) -> None:
    assert parse_run_filter(text) == expected


@pytest.mark.parametrize("text", [None, "", "AND", " and AND "])
def test_a_filter_may_ask_nothing(text: str | None) -> None:
    assert parse_run_filter(text) is None


@pytest.mark.parametrize(
    ("text", "position", "mend"),
    [
        ("metrics.val-loss > 1", 11, "did you mean metrics.`val-loss`?"),
        ("metrics.a/b-1 > 1", 9, "did you mean metrics.`a/b-1`?"),
        ("metrics.a-1 > 1", 9, "did you mean metrics.`a-1`?"),
        ("m1 > 0.5", 0, "Did you mean metrics.`m1` or params.`m1` or tags.`m1`?"),
        ("Metrics.m > 1", 0, "Did you mean metrics.`m`?"),
        ("parms.x = '1'", 0, "Did you mean params.`x`?"),
        ("state_time > 1", 0, "Did you mean start_time?"),
        ("lifecycle_stage = 'active'", 0, "through the argument run_view_type"),
        ("metrics.m = '1'", 12, "without quotes"),
        ("metrics.m = nan", 12, "NaN cannot be compared with"),
        ("params.lr < '0.1'", 10, "leave the quotes out: params.lr < 0.1"),
        ("params.lr ~ 'x'", 10, "Write params.lr RLIKE '…'"),
        ("params.lr RLIKE '^(a|b'", 18, "A literal one is written \\("),
        ("params.lr RLIKE 'a+?'", 19, "Repeat a group"),
        ("params.lr BETWEEN 1 AND 'x'", 18, "BETWEEN takes two numbers"),
        ("params.lr BETWEEN '1' AND '2'", 10, "leave the quotes out"),
        ("params.lr IN (1, 'x')", 17, "in quotes, or none"),
        ("params.lr IN 1", 13, "IN takes a list"),
        ("metrics.m IN (1, 'x')", 17, "without quotes"),
        ("text = 'x'", 5, "Write text CONTAINS 'some words'."),
        ("text CONTAINS ' '", 14, "Every one of them must be found"),
        ("text IS NULL", 5, "not one of"),
        ("params.lr == 'x'", 10, "Write =."),
        ("params.lr <> 'x'", 10, "Write !=."),
        ("tags.a > 'x'", 7, "not one of"),
        ("metrics.m BETWEEN 1", 18, "Write BETWEEN low AND high."),
        ("metrics.m BETWEEN 1, 2", 18, "Write BETWEEN low AND high."),
        ("metrics.m >", 11, "A value must follow"),
        ("metrics.m > 1 AND NOT", 21, "A comparison must stand here"),
        ("(metrics.m > 1", 0, "not closed"),
        ("metrics.m > 1)", 13, "never opened"),
        ("params.x = 'abc", 11, "This quote is not closed"),
        ("sum(metrics.m) < 1", 0, "The functions are min, max, mean, first, last, count, best"),
        ("min(params.m) < 1", 4, "Functions are of metrics alone: min(metrics.loss)."),
        ("min(loss) < 1", 4, "Did you mean metrics.`loss`"),
        ("min(metrics.val-loss) < 1", 15, "did you mean metrics.`val-loss`?"),
        ("min(metrics.m, metrics.n) < 1", 13, "Write one metric in parentheses"),
        ("min(1) < 1", 4, "Write a metric: min(metrics.loss)."),
        ("min(metrics.m", 13, "Write one metric in parentheses"),
        ("min(", 4, "Write a metric"),
        ("run_id IN ('a' 'b')", 15, "A comma goes between"),
        ("run_id IN 'a'", 10, "IN takes a list"),
        ("run_id = ('a')", 9, "IN takes a list"),
        ("metrics.m > 1;", 13, "Leave the ';' out"),
    ],
)
def test_a_refusal_points_at_the_place_and_says_the_mend(text: str, position: int, mend: str) -> None:
    with pytest.raises(InvalidParameter) as refusal:
        parse_run_filter(text)
    sentence, shown, caret = refusal.value.message.split("\n")
    assert mend in sentence
    assert shown.strip() == text.strip()
    assert caret.index("^") - len("  ") == position


def test_a_long_filter_is_shown_around_the_place() -> None:
    text = " AND ".join(["metrics.a > 1"] * 50 + ["metrics.oops ~ 1"])
    with pytest.raises(InvalidParameter) as refusal:
        parse_run_filter(text)
    _, shown, caret = refusal.value.message.split("\n")
    assert len(shown) < 110
    assert shown[caret.index("^")] == "~"


def test_control_characters_do_not_reach_a_message() -> None:
    with pytest.raises(InvalidParameter) as refusal:
        parse_run_filter("tags.\x1b[31m = 'x'")
    assert "\x1b" not in refusal.value.message


@pytest.mark.parametrize("character", ["\0", "\ud800"])
def test_what_no_database_holds_is_refused(character: str) -> None:
    with pytest.raises(InvalidParameter, match="cannot be searched for") as refusal:
        parse_run_filter(f"tags.a = '{character}'")
    assert refusal.value.message.encode()


@pytest.mark.parametrize(
    "text",
    [
        "(" * (MAX_NESTING + 1) + "metrics.a > 1" + ")" * (MAX_NESTING + 1),
        "NOT " * 100_000 + "metrics.a > 1",
        "(" * 200_000,
        " AND ".join(["metrics.a > 1"] * (MAX_COMPARISONS + 1)),
        "x" * (MAX_FILTER_LENGTH + 1),
        f"metrics.a IN ({', '.join(map(str, range(MAX_COMPARISONS + 1)))})",
        " AND ".join(["text CONTAINS 'a b c d e f g h i j'"] * (MAX_COMPARISONS // 10) + ["metrics.a > 1"]),
        f"text CONTAINS '{'a' * 1_001}'",
    ],
    ids=["nested", "not", "open", "many", "long", "list", "words", "word"],
)
def test_a_filter_has_bounds(text: str) -> None:
    with pytest.raises(InvalidParameter):
        parse_run_filter(text)


def test_the_bounds_leave_room() -> None:
    assert parse_run_filter("NOT (" * MAX_NESTING + "metrics.a > 1" + ")" * MAX_NESTING)
    assert parse_run_filter(" AND ".join(["metrics.a > 1"] * MAX_COMPARISONS))
    ids = ", ".join(f"'{number:032x}'" for number in range(10_000))
    assert parse_run_filter(f"run_id IN ({ids})")


def test_a_time_beyond_64_bits_is_only_far_away() -> None:
    huge = parse_run_filter("start_time < " + "9" * 5_000)
    assert huge == attribute("start_time", "<", 10**19)
    assert parse_run_filter("start_time > -" + "9" * 5_000) == attribute("start_time", ">", -(10**19))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name like 'a%'", attribute("name", "LIKE", "a%")),
        ("attribute.experiment_id = '007'", attribute("experiment_id", "=", "7")),
        ("experiment_id IN ('1', '02')", attribute("experiment_id", "IN", ("1", "2"))),
        ("creation_time > 5", attribute("creation_time", ">", 5)),
        ("tag.a IS NULL", Comparison(Entity.TAG, "a", Comparator.IS_NULL)),
        ("NOT name = 'x'", Not(attribute("name", "=", "x"))),
    ],
)
def test_a_filter_of_experiments_is_read(text: str, expected: Expression) -> None:
    assert parse_experiment_filter(text) == expected


@pytest.mark.parametrize(
    "text", ["metrics.m > 1", "attributes.name = 'x'", "creation_time > 1.5", "experiment_id = 'a'"]
)
def test_experiments_have_fewer_fields(text: str) -> None:
    with pytest.raises(InvalidParameter):
        parse_experiment_filter(text)
