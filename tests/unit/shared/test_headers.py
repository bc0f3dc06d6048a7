"""Headers of messages are read as nats-py reads them, whatever stands in them."""

from hypothesis import example, given
from hypothesis import strategies as st
from nats.aio.client import Client

from shared.eventstore.jetstream import Connection

LINES = st.lists(
    st.sampled_from(
        [
            b"Nats-Subject: loa.draft.7.retitled",
            b"Nats-Sequence:7",
            b"traceparent:\t00-ab-01 ",
            "Nats-Note: ti\u1ebfng Vi\u1ec7t: \xa0".encode(),
            b"no colon",
            b": no name",
            b"two words: left out",
            "t\xean: left out".encode(),
            b"Broken: \xff\xc3",
            b"a\x1cb: left out",
            b" Padded : x",
            b"",
        ]
    )
    | st.binary(max_size=30)
)


@given(LINES.map(b"\r\n".join))
@example(b"Nats-Msg-Id: 1\r\nNats-Msg-Id: 2\r\n\r\n")
def test_headers_are_read_as_nats_py_reads_them(raw: bytes) -> None:
    assert Connection._parse_header_lines(raw) == Client._parse_header_lines(raw)
