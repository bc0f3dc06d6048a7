"""Headers of NATS messages: what is read quickly is what nats-py reads."""

from hypothesis import example, given
from hypothesis import strategies as st
from nats.aio.client import Client

from shared.connection import Connection

LINES = st.lists(
    st.one_of(
        st.binary(max_size=20),
        st.tuples(st.text(max_size=8), st.text(max_size=8)).map(lambda two: f"{two[0]}: {two[1]}".encode()),
    ),
    max_size=6,
)


@given(LINES)
@example(
    [
        b"Nats-Msg-Id: 1",
        b"traceparent:\t00-1 ",
        b"No-Colon",
        b"a b: c",
        b" x : y",
        b"\xff: z",
        b":v",
        b"e:\xff",
    ]
)
def test_headers_are_read_as_nats_py_reads_them(lines: list[bytes]) -> None:
    raw = b"\r\n".join([*lines, b"", b""])
    assert Connection._parse_header_lines(raw) == Client._parse_header_lines(raw)


def test_nats_py_still_comes_this_way() -> None:
    assert "_parse_header_lines" in Client._process_headers.__code__.co_names
