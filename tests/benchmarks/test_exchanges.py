"""A reply is the same however the network cut it up."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.exchanges import BadReply, Reply, ReplyReader

WITH_LENGTH = b"HTTP/1.1 200 OK\r\nServer: x\r\ncontent-LENGTH: 11\r\n\r\nhello\r\n\r\nyo"
CHUNKED = b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\na;x=y\r\n0123456789\r\n0\r\n\r\n"


def _pieces(whole: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(whole), *(cut % len(whole) for cut in cuts)})
    return [whole[start:end] for start, end in pairwise(edges)]


@given(st.lists(st.integers(min_value=0), max_size=12))
@settings(max_examples=60)
def test_a_reply_is_complete_with_its_last_byte_and_the_next_starts_afresh(cuts: list[int]) -> None:
    reader = ReplyReader()
    for whole, expected in [
        (WITH_LENGTH, Reply(200, b"hello\r\n\r\nyo")),
        (CHUNKED, Reply(404, b"hello0123456789")),
        (WITH_LENGTH, Reply(200, b"hello\r\n\r\nyo")),
    ]:
        answers = [reader.feed(piece) for piece in _pieces(whole, cuts)]
        assert answers[-1] == expected
        assert set(answers[:-1]) <= {None}


def test_an_empty_body_is_a_reply() -> None:
    assert ReplyReader().feed(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") == Reply(200, b"")


@pytest.mark.parametrize("head", [b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"])
def test_a_reply_without_an_end_is_refused(head: bytes) -> None:
    with pytest.raises(BadReply):
        ReplyReader().feed(head)
