"""Reports of failed delivery, as a table: what they say, and whether they are believed."""

from uuid import UUID

import pytest

from services.notifier.adapters.delivery.bounces import Bounce, bounce_of
from tests.support.samples.reports import TOKEN, report

BOUNCE = Bounce(TOKEN, "5.1.1 smtp; 550 5.1.1 no such user")

EMPTY = (
    b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n"
    b"Content-Type: message/delivery-status\r\n\r\n\r\n--x--\r\n"
)


@pytest.mark.parametrize(
    ("content", "addresses", "expected"),
    [
        (report(), [f"bounce+{TOKEN.hex}@loa.example.vn"], BOUNCE),
        (report(to=f"bounce+{TOKEN.hex}@loa.example.vn"), [], BOUNCE),
        (report(action="delayed", to=f"bounce+{TOKEN.hex}@loa.example.vn"), [], None),
        (report(action="relayed", to=f"bounce+{TOKEN.hex}@loa.example.vn"), [], None),
        (report(action="Failed", to=f"bounce+{TOKEN.hex}@loa.example.vn"), [], BOUNCE),
        (report(), [], None),  # nobody knows which mail
        (report(), ["bounce@loa.example.vn", "bounce+1234@loa.example.vn"], None),
        (b"Subject: Out of office\r\n\r\nback on Monday\r\n", [f"bounce+{TOKEN.hex}@loa.example.vn"], None),
        (b"\xff\xfe\x00", [f"bounce+{TOKEN.hex}@loa.example.vn"], None),
        (
            EMPTY,
            [f"bounce+{TOKEN.hex}@loa.example.vn"],
            None,
        ),
    ],
)
def test_reports(content: bytes, addresses: list[str], expected: Bounce | None) -> None:
    assert bounce_of(content, addresses) == expected


def test_the_token_is_that_of_the_envelope_not_of_another_header() -> None:
    other = UUID(int=2)
    actual = bounce_of(
        report(to=f"bounce+{other.hex}@loa.example.vn"), [f"bounce+{TOKEN.hex}@loa.example.vn"]
    )
    assert actual is not None
    assert actual.token == TOKEN
