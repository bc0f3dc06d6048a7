"""The digest of a working day: everything that a unit owes, to who answers for it and to those above."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from services.notifier.adapters.rendering.templates import TemplateRenderer
from services.notifier.application.mail_kinds import MailKind
from services.notifier.application.plan import Skipped
from services.notifier.application.planning import Planning
from services.notifier.application.ports import Mail, Notice
from services.notifier.domain.digest import KIND, Digest, Line, compose
from services.notifier.domain.notification.notification_case import MailCase
from services.notifier.domain.notification.reasons import Reason, decide_notification
from services.notifier.domain.notification.schedule import MailRun, of_day
from services.notifier.domain.notification.standing import LastNotification
from services.notifier.domain.overview import WEEKLY_LIST
from services.notifier.domain.recipients.recipient import Recipient
from services.notifier.domain.recipients.supervision import Unit
from shared.kernel.errors import Text


@dataclass(frozen=True)
class DigestKind(MailKind):
    name: ClassVar[str] = KIND
    label: ClassVar[Text] = Text("Thư tổng hợp trong ngày", "Digest of the day")
    lasts_a_day: ClassVar[bool] = True
    once_a_day: ClassVar[bool] = True
    made_on_request: ClassVar[bool] = True

    renderer: TemplateRenderer

    def run_of(self, day: date) -> MailRun:
        return of_day(self.name, day)

    def plan(self, planning: Planning) -> Iterable[Notice | Skipped]:
        """Plan the weekly list first: what it names as escalated is not repeated in the digest."""
        notified = with_lists(planning.snapshot.notified, planning.notices(WEEKLY_LIST))
        for recipient in planning.recipients():
            yield self._digest(planning, recipient, notified.get(recipient.recipient_id, {}))

    def _digest(
        self, planning: Planning, recipient: Recipient, notified: Mapping[UUID, LastNotification]
    ) -> Notice | Skipped:
        about = (self.name, recipient.recipient_id)
        digest: Digest | None = None
        sent_today, sent_later = about in planning.snapshot.done, about in planning.snapshot.later
        run_made = self.name not in planning.due
        if not (sent_today or sent_later or run_made):
            entries = planning.situation.entries(recipient, notified)
            digest = compose(recipient, entries, notified, planning.day, planning.calendar)
        case = MailCase(
            lines=digest.lines if digest else (),
            unwanted=planning.snapshot.preference(recipient).unwanted,
            turn=planning.turn_of(recipient),
            sent_today=sent_today,
            sent_later=sent_later,
            run_made=run_made,
        )
        reason = decide_notification(case)
        if digest is None or not reason.is_news:
            return Skipped(reason, recipient.unit_code, recipient)
        return planning.named(digest)

    def render(self, notice: Digest, unit: Unit) -> Mail:
        return self.renderer.render(notice, unit)


def with_lists(
    notified: Mapping[UUID, Mapping[UUID, LastNotification]], lists: Iterable[Notice]
) -> Mapping[UUID, Mapping[UUID, LastNotification]]:
    """Count escalations of today's lists as notified, so that today's digest does not repeat them."""
    merged = {recipient: dict(of_gap) for recipient, of_gap in notified.items()}
    for notice in lists:
        climbed = (line for line in notice.lines if line.reason is Reason.ESCALATED)
        merged.setdefault(notice.recipient.recipient_id, {}).update(
            {line.gap.gap_id: _notification_of(line, notice.day) for line in climbed}
        )
    return merged


def _notification_of(line: Line, day: date) -> LastNotification:
    return LastNotification(
        day=day,
        standing=line.standing,
        due_on=line.gap.due_on,
        policies=line.gap.policies,
        unit_code=line.unit_code,
        above=True,
    )
