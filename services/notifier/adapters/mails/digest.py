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
from services.notifier.domain.notification.schedule import Round, of_day
from services.notifier.domain.notification.standing import Told
from services.notifier.domain.overview import WEEKLY_LIST
from services.notifier.domain.recipients.recipient import Recipient
from services.notifier.domain.recipients.supervision import Unit
from shared.kernel.errors import Text


@dataclass(frozen=True)
class DigestKind(MailKind):
    name: ClassVar[str] = KIND
    label: ClassVar[Text] = Text("Thư tổng hợp trong ngày", "Digest of the day")
    lasts_a_day: ClassVar[bool] = True
    one_a_day: ClassVar[bool] = True
    made_on_request: ClassVar[bool] = True

    renderer: TemplateRenderer

    def round_of(self, day: date) -> Round:
        return of_day(self.name, day)

    def plan(self, planning: Planning) -> Iterable[Notice | Skipped]:
        """Plan the weekly list first: what it says has climbed is not said again in the digest."""
        told = with_lists(planning.desk.told, planning.notices(WEEKLY_LIST))
        for recipient in planning.recipients():
            yield self._digest(planning, recipient, told.get(recipient.recipient_id, {}))

    def _digest(
        self, planning: Planning, recipient: Recipient, told: Mapping[UUID, Told]
    ) -> Notice | Skipped:
        about = (self.name, recipient.recipient_id)
        found: Digest | None = None
        sent_today, sent_later = about in planning.desk.done, about in planning.desk.later
        round_made = self.name not in planning.due
        if not (sent_today or sent_later or round_made):
            entries = planning.situation.entries(recipient, told)
            found = compose(recipient, entries, told, planning.day, planning.calendar)
        case = MailCase(
            lines=found.lines if found else (),
            unwanted=planning.desk.preference(recipient).unwanted,
            turn=planning.turn_of(recipient),
            sent_today=sent_today,
            sent_later=sent_later,
            round_made=round_made,
        )
        reason = decide_notification(case)
        if found is None or not reason.is_news:
            return Skipped(reason, recipient.unit_code, recipient)
        return planning.named(found)

    def render(self, notice: Digest, unit: Unit) -> Mail:
        return self.renderer.render(notice, unit)


def with_lists(
    told: Mapping[UUID, Mapping[UUID, Told]], lists: Iterable[Notice]
) -> Mapping[UUID, Mapping[UUID, Told]]:
    """What has climbed to somebody and stands in a list of today is not said again in today's digest."""
    known = {recipient: dict(of_gap) for recipient, of_gap in told.items()}
    for notice in lists:
        climbed = (line for line in notice.lines if line.reason is Reason.ESCALATED)
        known.setdefault(notice.recipient.recipient_id, {}).update(
            {line.gap.gap_id: _told_of(line, notice.day) for line in climbed}
        )
    return known


def _told_of(line: Line, day: date) -> Told:
    return Told(
        day=day,
        standing=line.standing,
        due_on=line.gap.due_on,
        policies=line.gap.policies,
        unit_code=line.unit_code,
        above=True,
    )
