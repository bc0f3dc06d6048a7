"""What mailboxes ask for: given what they said before, a wish makes these events; what then goes out, as a table."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.notifier.domain.digest import Digest, Entry, compose
from services.notifier.domain.notification.reasons import (
    MailCase,
    Reason,
    Standing,
    Turn,
    decide_notification,
)
from services.notifier.domain.notification.timing import Verdict, following, turns
from services.notifier.domain.recipients.preference import (
    EVERYTHING,
    Command,
    Prefer,
    Preference,
    Unsubscribe,
    offered,
    preference,
)
from shared.contracts.notifier import (
    RecipientEvent,
    RecipientFrequencyChosen,
    RecipientResubscribed,
    RecipientUnsubscribed,
)
from shared.contracts.vocabulary import OptionalMail, PreferenceDoor, RecipientRole, Weekday
from tests.unit.notifier.builders import CALENDAR, MONDAY, gap, notified, recipient
from tests.unit.notifier.mails import COMMUNICATED, OVERDUE, climbed

WHO: dict[str, Any] = {"recipient_id": UUID(int=99), "unit_code": "BTP"}
PAGE, CLICK = PreferenceDoor.PAGE, PreferenceDoor.ONE_CLICK
LIST, THANKS = OptionalMail.WEEKLY_LIST, OptionalMail.THANKS


def ended(kind: OptionalMail, through: PreferenceDoor = PAGE, reason: str | None = None) -> RecipientEvent:
    return RecipientUnsubscribed(kind=kind, through=through, reason=reason, **WHO)


def again(kind: OptionalMail) -> RecipientEvent:
    return RecipientResubscribed(kind=kind, through=PAGE, **WHO)


def on(day: Weekday | None) -> RecipientEvent:
    return RecipientFrequencyChosen(digest_day=day, through=PAGE, **WHO)


def prefer(day: Weekday | None = None, *unwanted: OptionalMail, reason: str | None = None) -> Prefer:
    return Prefer(wanted=Preference(day, frozenset(unwanted)), through=PAGE, reason=reason, **WHO)


def click(kind: OptionalMail) -> Unsubscribe:
    return Unsubscribe(kind=kind, through=CLICK, **WHO)


@pytest.mark.parametrize(
    ("given", "when", "then"),
    [
        ([], prefer(), []),
        ([], prefer(Weekday.FRIDAY), [on(Weekday.FRIDAY)]),
        ([on(Weekday.FRIDAY)], prefer(Weekday.FRIDAY), []),
        ([on(Weekday.FRIDAY)], prefer(), [on(None)]),
        ([], prefer(None, LIST, reason="Đã có lịch họp"), [ended(LIST, reason="Đã có lịch họp")]),
        ([ended(LIST)], prefer(None, THANKS), [again(LIST), ended(THANKS)]),
        ([], click(LIST), [ended(LIST, CLICK)]),
        ([ended(LIST)], click(LIST), []),
        ([ended(LIST), again(LIST)], click(LIST), [ended(LIST, CLICK)]),
        ([on(Weekday.FRIDAY), ended(THANKS)], click(LIST), [ended(LIST, CLICK)]),
    ],
)
def test_a_wish(given: list[RecipientEvent], when: Command, then: list[RecipientEvent]) -> None:
    assert list(preference.decide(preference.fold(given), when)) == then


@pytest.mark.parametrize(
    ("role", "kinds"),
    [
        (RecipientRole.FOCAL_POINT, {THANKS}),
        (RecipientRole.HEAD, {OptionalMail.MONTHLY_SUMMARY, THANKS}),
        (RecipientRole.SUPERVISOR, set(OptionalMail)),
    ],
)
def test_what_a_role_may_end(role: RecipientRole, kinds: set[OptionalMail]) -> None:
    assert set(offered(role)) == kinds


def of(*entries: Entry) -> Digest:
    before = {COMMUNICATED.gap_id: notified(Standing.OVERDUE)}
    composed = compose(recipient(), entries, before, MONDAY, CALENDAR)
    assert composed is not None
    return composed


THANKED = of(Entry(gap=COMMUNICATED))
LATE = of(Entry(gap=OVERDUE))
FIRST = of(Entry(gap=gap(1, due_on=date(2026, 11, 30))))
SOON = of(Entry(gap=gap(1, due_on=date(2026, 11, 25))))
ESCALATED = climbed()
MIXED = of(Entry(gap=COMMUNICATED), Entry(gap=gap(1, due_on=date(2026, 11, 30))))
NO_THANKS = Preference(unwanted=frozenset({THANKS}))
TODAY = Turn(today=True, following=date(2026, 11, 30))
LATER = Turn(today=False, following=date(2026, 11, 26))


@pytest.mark.parametrize(
    ("digest", "wanted", "turn", "expected"),
    [
        (THANKED, EVERYTHING, None, None),
        (THANKED, NO_THANKS, None, Reason.UNSUBSCRIBED),
        (THANKED, NO_THANKS, LATER, Reason.UNSUBSCRIBED),
        (THANKED, EVERYTHING, LATER, Reason.NOT_THIS_DAY),
        (THANKED, EVERYTHING, TODAY, None),
        (MIXED, NO_THANKS, None, None),  # somebody has something to do
        (MIXED, NO_THANKS, LATER, Reason.NOT_THIS_DAY),
        (FIRST, EVERYTHING, None, None),
        (FIRST, EVERYTHING, TODAY, None),
        (FIRST, EVERYTHING, LATER, Reason.NOT_THIS_DAY),
        (SOON, EVERYTHING, LATER, None),  # due before the chosen day
        (SOON, EVERYTHING, replace(LATER, following=date(2026, 11, 25)), None),  # due on it
        (SOON, EVERYTHING, replace(LATER, following=date(2026, 11, 24)), Reason.NOT_THIS_DAY),
        (LATE, NO_THANKS, LATER, None),
        (ESCALATED, EVERYTHING, LATER, None),
    ],
)
def test_what_is_kept_back(
    digest: Digest, wanted: Preference, turn: Turn | None, expected: Reason | None
) -> None:
    reason = decide_notification(MailCase(lines=digest.lines, unwanted=wanted.unwanted, turn=turn))
    assert (None if reason.is_news else reason) is expected


def test_what_is_above_climbed_because_it_is_overdue() -> None:
    """What goes up the tree never waits for a day of the week, because nothing goes up before it is overdue."""
    assert {line.standing for line in ESCALATED.above} == {Standing.OVERDUE}
    early = Entry(gap=gap(1, due_on=date(2026, 11, 30)), verdict=Verdict.TOO_SOON, above=True)
    assert compose(recipient(), [early], {}, MONDAY, CALENDAR) is None


def days(*days: str) -> frozenset[str]:
    return frozenset(f"{day}.digest" for day in days) | {"2026-W48.weekly_list"}


TUESDAY, THURSDAY = Weekday.TUESDAY, Weekday.THURSDAY


@pytest.mark.parametrize(
    ("day", "done", "today", "expected"),
    [
        (MONDAY, days(), True, {Weekday.MONDAY}),
        (date(2026, 11, 25), days(), True, {TUESDAY, Weekday.WEDNESDAY}),  # 24 November is a holiday
        (date(2026, 11, 25), days("2026-11-23"), True, {TUESDAY, Weekday.WEDNESDAY}),
        (date(2026, 11, 26), days("2026-11-23", "2026-11-25"), True, {THURSDAY}),
        (
            date(2026, 11, 26),
            days("2026-11-23"),
            True,
            {TUESDAY, Weekday.WEDNESDAY, THURSDAY},
        ),  # we were away
        (date(2026, 11, 26), days("2026-11-23"), False, {THURSDAY}),  # a preview makes up for nothing
        (date(2026, 11, 27), days("2026-11-26"), True, {Weekday.FRIDAY}),  # who is new missed nothing
        (date(2026, 2, 23), days(), True, set(Weekday)),  # after Tết, 14 to 22 February
        (date(2026, 2, 24), days("2026-02-23"), True, {TUESDAY}),
    ],
)
def test_whose_turn_it_is(day: date, done: frozenset[str], today: bool, expected: set[Weekday]) -> None:
    assert turns(day, done, CALENDAR, today=today) == expected


@pytest.mark.parametrize(
    ("chosen", "day", "expected"),
    [
        (Weekday.WEDNESDAY, MONDAY, date(2026, 11, 25)),
        (Weekday.MONDAY, MONDAY, date(2026, 11, 30)),
        (TUESDAY, MONDAY, date(2026, 11, 25)),
        (Weekday.FRIDAY, date(2026, 2, 13), date(2026, 2, 23)),
    ],
)
def test_when_the_next_turn_comes(chosen: Weekday, day: date, expected: date) -> None:
    assert following(chosen, day, CALENDAR) == expected
