"""What a server's reply means, when an address is given up, what an operator may try again: tables without a server."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from services.notifier.domain.delivery.retries import (
    DEFERRED,
    PATIENCE,
    UNREACHABLE,
    DigestState,
    Meaning,
    PastMail,
    Reply,
    Shipment,
    Step,
    check_retry,
    deferred_since,
    ended_state,
    is_given_up,
)
from services.notifier.domain.errors import MailIsOver, MailNotFailed
from services.notifier.domain.gaps.gap_alert import latest_planned_day
from services.notifier.domain.recipients.audience import taken_off
from shared.kernel.local_day import VIETNAM
from tests.unit.notifier.builders import MONDAY, recipient


@pytest.mark.parametrize(
    ("code", "text", "step", "meaning"),
    [
        (421, "4.3.2 closing", Step.RECIPIENT, Meaning.SERVER_LATER),
        (450, "4.2.0 greylisted", Step.RECIPIENT, Meaning.LATER),
        (451, "4.7.1 try later", Step.MESSAGE, Meaning.LATER),
        (451, "4.7.1 not now", Step.SENDER, Meaning.SERVER_LATER),
        (550, "no such user", Step.RECIPIENT, Meaning.NEVER_ADDRESS),
        (551, "moved", Step.RECIPIENT, Meaning.NEVER_ADDRESS),
        (553, "bad name", Step.RECIPIENT, Meaning.NEVER_ADDRESS),
        (550, "5.1.1 no such mailbox", Step.RECIPIENT, Meaning.NEVER_ADDRESS),
        (554, "5.2.1 disabled", Step.RECIPIENT, Meaning.NEVER_ADDRESS),
        (550, "5.7.1 looks like advertising", Step.RECIPIENT, Meaning.NEVER),
        (552, "mailbox full", Step.RECIPIENT, Meaning.NEVER),
        (550, "5.1.1 no such mailbox", Step.MESSAGE, Meaning.NEVER),
        (554, "no", Step.MESSAGE, Meaning.NEVER),
        (550, "no", Step.SENDER, Meaning.NEVER),
    ],
)
def test_what_a_reply_means(code: int, text: str, step: Step, meaning: Meaning) -> None:
    assert Reply(code, text, step).meaning is meaning


def test_a_reply_has_a_reason_of_few() -> None:
    codes = (550, 552, 553, 554, 571)
    assert [Reply(code, "", Step.MESSAGE).reason for code in codes] == [
        "mailbox_refused",
        "mailbox_full",
        "address_refused",
        "message_refused",
        "smtp_refused",
    ]
    assert len(str(Reply(554, "x" * 999, Step.MESSAGE))) == 300


def at(day: int) -> datetime:
    return datetime(2026, 11, day, 8, tzinfo=VIETNAM)


def past(day: int, state: DigestState, last: str | None = None) -> PastMail:
    return PastMail(at(day), state, last)


OFF = DigestState.EXPIRED


@pytest.mark.parametrize(
    ("mails", "since"),
    [
        ([], None),
        ([past(20, OFF, DEFERRED)], at(20)),
        ([past(20, OFF, DEFERRED), past(19, OFF, DEFERRED)], at(19)),
        ([past(20, OFF, DEFERRED), past(19, DigestState.SENT), past(18, OFF, DEFERRED)], at(20)),
        ([past(20, DigestState.SENT), past(19, OFF, DEFERRED)], None),
        ([past(20, OFF, UNREACHABLE)], None),  # our own server's fault
        ([past(20, DigestState.QUEUED), past(19, OFF, DEFERRED)], at(19)),
    ],
)
def test_since_when_an_address_puts_off_everything(mails: list[PastMail], since: datetime | None) -> None:
    assert deferred_since(mails) == since


def test_an_address_is_given_up_after_some_days() -> None:
    assert is_given_up(at(23), at(20), at(20) + PATIENCE)
    assert not is_given_up(at(23), at(20), at(20) + PATIENCE - timedelta(seconds=1))
    assert is_given_up(at(20), None, at(23))
    assert not is_given_up(at(22), None, at(23))
    assert (ended_state(unsure=True), ended_state(unsure=False)) == (DigestState.UNSURE, OFF)


SHIPMENT = Shipment(lasts_a_day=True, day=MONDAY, queued_at=at(23))


def test_an_operator_tries_again_what_was_refused_and_is_not_over() -> None:
    check_retry(DigestState.FAILED, SHIPMENT, at(23))
    with pytest.raises(MailIsOver):
        check_retry(DigestState.FAILED, SHIPMENT, at(24))
    for state in set(DigestState) - {DigestState.FAILED}:
        with pytest.raises(MailNotFailed):
            check_retry(state, SHIPMENT, at(23))


def test_how_far_ahead_an_activity_may_be_planned() -> None:
    assert latest_planned_day(MONDAY, date(2026, 11, 9)) == date(2027, 1, 22)
    assert latest_planned_day(MONDAY, date(2026, 12, 1)) == date(2027, 1, 30)


def test_who_is_taken_off_a_list_had_yesterday_as_last_day() -> None:
    kept, gone = recipient(1, email="a@b.vn"), recipient(2, email="c@d.vn")
    last_day = replace(recipient(3, email="e@f.vn"), valid_to=MONDAY)
    ended = replace(recipient(4, email="g@h.vn"), valid_to=date(2026, 11, 22))
    actual = taken_off([kept, gone, last_day, ended], {"a@b.vn"}, MONDAY)
    assert [(item.recipient_id.int, item.valid_to) for item in actual] == [
        (2, date(2026, 11, 22)),
        (3, date(2026, 11, 22)),
    ]
