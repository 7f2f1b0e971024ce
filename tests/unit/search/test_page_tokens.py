"""Page tokens: MLflow's form, and refusals in its words."""

import base64

import pytest

from kirok.base.errors import InvalidParameter
from kirok.search.page_token import make_page_token, parse_page_token


def test_the_token_is_mlflows() -> None:
    assert make_page_token(100) == base64.b64encode(b'{"offset": 100}').decode()


@pytest.mark.parametrize("token", [None, ""])
def test_without_a_token_the_list_starts_at_its_head(token: str | None) -> None:
    assert parse_page_token(token) == 0


@pytest.mark.parametrize("offset", ["5", '"5"'])
def test_an_offset_is_a_number_or_its_digits(offset: str) -> None:
    assert parse_page_token(base64.b64encode(f'{{"offset": {offset}}}'.encode()).decode()) == 5


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("no base64!", "Invalid page token, could not base64-decode"),
        ("abc", "Invalid page token, could not base64-decode"),
        ("é", "Invalid page token, could not base64-decode"),
        (base64.b64encode(b"not json").decode(), "Invalid page token, decoded value=b'not json'"),
        (base64.b64encode(b"\xff").decode(), "Invalid page token, decoded value="),
        (base64.b64encode(b"[" * 100_000).decode(), "Invalid page token, decoded value="),
        (base64.b64encode(b"[1]").decode(), "Invalid page token, parsed value=[1]"),
        (base64.b64encode(b'{"offset": 0}').decode(), "Invalid page token, parsed value={'offset': 0}"),
        (base64.b64encode(b'{"offset": -5}').decode(), "Invalid page token, parsed value="),
        (base64.b64encode(b'{"offset": true}').decode(), "Invalid page token, parsed value="),
        (base64.b64encode(b'{"offset": "x"}').decode(), "Invalid page token, parsed value="),
        (base64.b64encode(b'{"offset": 99999999999999999999}').decode(), "Invalid page token, parsed value="),
    ],
)
def test_a_made_up_token_is_refused(token: str, words: str) -> None:
    with pytest.raises(InvalidParameter) as refusal:
        parse_page_token(token)
    assert refusal.value.message.startswith(words)
    assert len(refusal.value.message) < 300
