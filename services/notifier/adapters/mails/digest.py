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
from services.notifier.domain.notification.reasons import NOT_NOTIFIED, decide_notification
from services.notifier.domain.notification.schedule import MailRun, of_day
from services.notifier.domain.notification.standing import LastNotification
from services.notifier.domain.overview import WEEKLY_LIST
from services.notifier.domain.recipients.address_book import address_of, once_an_address
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
        """Plan the weekly list first: what it names of other units is not repeated in the digest."""
        listed = named_in(planning.notices(WEEKLY_LIST))
        for recipient in once_an_address(planning.recipients()):
            notified = {**planning.notified(recipient), **listed.get(address_of(recipient), {})}
            yield self._digest(planning, recipient, notified)

    def _digest(
        self, planning: Planning, recipient: Recipient, notified: Mapping[UUID, LastNotification]
    ) -> Notice | Skipped:
        digest: Digest | None = None
        sent_today = planning.is_done(self.name, recipient)
        sent_later = planning.is_done_later(self.name, recipient)
        run_made = self.name not in planning.due
        if not (sent_today or sent_later or run_made):
            entries = planning.situation.entries(recipient, notified)
            digest = compose(recipient, entries, notified, planning.day, planning.calendar)
        case = MailCase(
            lines=digest.lines if digest else (),
            unwanted=planning.preference(recipient).unwanted,
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


def named_in(lists: Iterable[Notice]) -> Mapping[str, Mapping[UUID, LastNotification]]:
    """Give by address what today's lists notify of, so that today's digests do not repeat it."""
    return {
        address_of(notice.recipient): {
            line.gap.gap_id: _notification_of(line, notice.day)
            for line in notice.lines
            if line.reason not in NOT_NOTIFIED
        }
        for notice in lists
    }


def _notification_of(line: Line, day: date) -> LastNotification:
    return LastNotification(
        day=day,
        standing=line.standing,
        due_on=line.gap.due_on,
        policies=line.gap.policies,
        unit_code=line.unit_code,
        above=line.reason.is_above,
    )
