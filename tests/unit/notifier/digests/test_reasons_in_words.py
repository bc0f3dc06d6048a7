"""A reason not to send is never printed as a reason for sending: in mails, in the outbox, by the command, by the API."""

import re
from datetime import date

import pytest

from deploy.cli.ask import mail as command
from services.notifier.adapters.delivery.outbox import _why
from services.notifier.adapters.rendering.templates import REASONS, WHY_NAMED, WHY_SENT, why_in_mail
from services.notifier.application.pipeline import Skipped, UnmailedGap
from services.notifier.domain.digest import Entry, compose
from services.notifier.domain.gaps.gap_alert import AlertContext
from services.notifier.domain.gaps.gap_alert_fold import _last_reason
from services.notifier.domain.notification.reasons import (
    Effect,
    LineReason,
    Reason,
    SendReason,
    SkipReason,
    classified,
)
from shared.contracts.vocabulary import Language
from tests.unit.notifier.builders import CALENDAR, MONDAY, gap, recipient
from tests.unit.notifier.mails import DIGESTS, MINISTRY

KINDS = {
    Effect.MAIL: SendReason,
    Effect.LINE: LineReason,
    Effect.NO_LINE: SkipReason,
    Effect.NO_MAIL: SkipReason,
}


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_is_of_one_type_and_refused_by_the_others(reason: Reason) -> None:
    own = KINDS[reason.effect]
    assert type(classified(reason)) is own
    for other in {SendReason, LineReason, SkipReason} - {own}:
        with pytest.raises(ValueError, match=reason.value):
            other(reason)


@pytest.mark.parametrize("reason", Reason)
def test_mails_and_outbox_have_words_for_what_stands_in_mails_alone(reason: Reason) -> None:
    if reason is Reason.DUE:  # of a mail without lines
        return
    if not reason.in_mail:
        assert reason not in REASONS
        assert _why(reason) == reason
        with pytest.raises(ValueError, match=reason.value):
            why_in_mail(reason)
        return
    label, _ = why_in_mail(reason)
    assert label is (WHY_SENT if reason.effect is Effect.MAIL else WHY_NAMED)
    assert _why(reason).startswith(label.vi)


@pytest.mark.parametrize("reason", Reason)
def test_only_a_reason_not_to_send_explains_what_is_not_sent(reason: Reason) -> None:
    if reason.effect in {Effect.NO_LINE, Effect.NO_MAIL}:
        assert Skipped(reason).reason is reason
        assert UnmailedGap("STP", "NQ-1", reason).reason is reason
        return
    with pytest.raises(ValueError, match=reason.value):
        Skipped(reason)
    with pytest.raises(ValueError, match=reason.value):
        UnmailedGap("STP", "NQ-1", reason)


@pytest.mark.parametrize("reason", Reason)
def test_the_command_has_words_for_every_reason_not_to_send_and_for_no_other(reason: Reason) -> None:
    in_no_mail = {Reason.ALERT_PENDING, Reason.SILENCED, Reason.SNOOZED, Reason.DRAFT_HALTED}
    assert (reason.value in command.SKIPS) is (reason.effect is Effect.NO_MAIL)
    assert (reason.value in command.SUPPRESSED) is (reason in in_no_mail)


@pytest.mark.parametrize("reason", Reason)
def test_an_alert_was_last_sent_for_a_reason_to_send(reason: Reason) -> None:
    assert _last_reason(reason) == ({"last_reason": reason} if reason.effect is Effect.MAIL else {})


@pytest.mark.parametrize(
    ("language", "sent", "named"),
    [(Language.VI, "Lý do gửi hôm nay", "Ghi chú"), (Language.EN, "Why today", "Note")],
)
def test_a_planned_day_is_no_reason_for_a_mail(language: Language, sent: str, named: str) -> None:
    """The mail goes out for the first draft; that a unit has named a day for the second is a note."""
    planned = AlertContext(answer="acknowledged", planned_on=date(2026, 12, 4))
    entries = [
        Entry(gap=gap(1, due_on=date(2026, 11, 9))),
        Entry(gap=gap(2, due_on=date(2026, 11, 9)), context=planned),
    ]
    digest = compose(recipient(language=language), entries, {}, MONDAY, CALENDAR)
    assert digest is not None
    assert [str(line.reason) for line in digest.owed] == ["overdue_first", "planned"]
    mail = DIGESTS.render(digest, MINISTRY)
    for part in (mail.text, mail.html):
        assert re.findall(f"{sent}|{named}", part) == [sent, named]
