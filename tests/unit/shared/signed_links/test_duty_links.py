"""Links under items of programmes: which answers an item has, and that a link is read as it was issued and for nothing else."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.rules.figures import Period
from shared.rules.programme.owed import Act, Owed
from shared.signed_links.duty_links import DutyAnswer, answers_to, duty_link, link_to, short_link
from shared.signed_links.links import LinkNotValid
from shared.signed_links.short_links import Purpose, answer_link

EXPIRES = datetime(2026, 12, 30, tzinfo=UTC)
DONE, MORE_TIME, OBSTACLE = DutyAnswer.DONE, DutyAnswer.MORE_TIME, DutyAnswer.OBSTACLE


def owed(act: Act, **more: Any) -> Owed:
    given: dict[str, Any] = {"asked_by": "STP", "due_on": date(2026, 11, 20), "since": date(2026, 1, 5)}
    return Owed(item_id=UUID(int=1), entry_id=UUID(int=2), act=act, unit_code="XA", **given | more)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (owed(Act.CARRY_OUT), [DONE, MORE_TIME, OBSTACLE]),
        (owed(Act.CARRY_OUT, asked_by="XA"), [DONE, OBSTACLE]),
        (owed(Act.CORRECT), [DONE, MORE_TIME, OBSTACLE]),
        (owed(Act.REPORT), [DONE, MORE_TIME, OBSTACLE]),
        (owed(Act.DECIDE), [DONE]),
        (owed(Act.ACCEPT), [DONE]),
        (owed(Act.RECEIVE), [DONE]),
    ],
)
def test_more_time_is_asked_of_another_unit_and_a_decision_is_only_taken(
    item: Owed, expected: list[DutyAnswer]
) -> None:
    assert list(answers_to(item)) == expected


@pytest.mark.parametrize("period", [None, Period(date(2026, 1, 1), date(2026, 3, 14))])
def test_a_link_is_read_as_it_was_issued_and_for_nothing_else(period: Period | None) -> None:
    link = link_to(owed(Act.REPORT, period=period), 2026, DONE, "mail-1", UUID(int=3), EXPIRES)
    assert duty_link(short_link(link)) == link
    assert link.period_from == (period.from_day if period else None)
    with pytest.raises(LinkNotValid):
        answer_link(short_link(link))
    for purpose in (Purpose.ANSWER, Purpose.MAILBOX, Purpose.SIGN_IN):
        with pytest.raises(LinkNotValid):
            duty_link(replace(short_link(link), purpose=purpose))
    others = {link_to(owed(Act.REPORT), 2026, answer, mail, UUID(int=3), EXPIRES).link_id
              for answer in DutyAnswer for mail in ("mail-1", "mail-2")}  # fmt: skip
    assert len(others) == 8
