"""Numbers and dates as officials write them."""

from datetime import date

import pytest

from deploy.cli import console


@pytest.mark.parametrize(
    ("rate", "shown"), [(None, "không áp dụng"), (0.0, "0,0%"), (2 / 3, "66,7%"), (1.0, "100,0%")]
)
def test_a_rate(rate: float | None, shown: str) -> None:
    assert console.percent(rate) == shown


def test_counts_and_days() -> None:
    assert console.count(1234567) == "1.234.567"
    assert (console.day("2026-03-02"), console.day(date(2026, 12, 31)), console.day(None)) == (
        "02/03/2026",
        "31/12/2026",
        "",
    )
    assert console.moment("2026-03-02T23:30:00+00:00") == "03/03/2026 06:30"
