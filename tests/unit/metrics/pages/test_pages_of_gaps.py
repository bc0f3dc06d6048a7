"""Pages of gaps: together they are the whole list, also where days and drafts are the same."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from uuid import UUID

import pytest

from services.metrics.adapters.figures.views import gaps_view
from services.metrics.application.queries import Gaps, SeenGap
from shared.contracts.vocabulary import Dataset
from shared.http.requests import paging
from shared.http.requests.paging import BadCursor, Cursor
from tests.support.platform.projections import RULEBOOK
from tests.unit.metrics.made_up import UNITS, a_gap

DAY = date(2026, 3, 10)
GAPS = [
    replace(a_gap(code, "BTP", day, 1), gap_id=UUID(int=number))
    for day, code, number in product((DAY - timedelta(days=1), DAY), ("A", "B-1"), (1, 2))
]


def answer() -> Gaps:
    units = UNITS.on(DAY)
    seen = [SeenGap(gap, DAY, units, RULEBOOK.calendar, {}) for gap in GAPS]
    return Gaps(as_of=DAY, position=7, gaps=seen, datasets=frozenset({Dataset.SAMPLE}))


@pytest.mark.parametrize("limit", [1, 3, 4, len(GAPS), 500])
def test_pages_together_are_the_whole_list(limit: int) -> None:
    whole, after, rows, pages = gaps_view(answer(), "1"), None, [], 0
    assert (whole.total, whole.overdue, whole.next) == (len(GAPS), len(GAPS) // 2, None)
    while True:
        page = gaps_view(answer(), "1", Cursor(path="/gaps", limit=limit, after=after))
        assert (page.total, page.overdue, page.banners) == (whole.total, whole.overdue, whole.banners)
        rows += page.gaps
        pages += 1
        if page.next is None:
            break
        after = paging._decode("/gaps", page.next)
    assert rows == whole.gaps
    assert pages == -(-len(GAPS) // limit)


def test_a_page_goes_on_where_its_row_stood_before_it_was_closed() -> None:
    key = f"{GAPS[2].due_on} {GAPS[2].draft_code} {GAPS[2].gap_id}"
    now = answer()
    left = replace(now, gaps=[seen for seen in now.gaps if seen.gap is not GAPS[2]])
    page = gaps_view(left, "1", Cursor(path="/gaps", limit=2, after=key))
    assert [(gap.draft_code, gap.gap_id) for gap in page.gaps] == [
        (gap.draft_code, gap.gap_id) for gap in GAPS[3:5]
    ]


@pytest.mark.parametrize(
    "key", ["2026-03-10", "2026-03-10 A", "x A 00000000-0000-0000-0000-000000000001", ""]
)
def test_what_is_no_key_of_a_gap_is_refused(key: str) -> None:
    with pytest.raises(BadCursor):
        gaps_view(answer(), "1", Cursor(path="/gaps", limit=2, after=key or " "))
