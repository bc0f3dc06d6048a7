"""The mail about one gap that can't wait for a digest; a recipient gets one of it, ever."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import UUID

from services.notifier.adapters.rendering.templates import TemplateRenderer
from services.notifier.application.mail_kinds import MailKind
from services.notifier.application.plan import Skipped
from services.notifier.application.planning import Planning
from services.notifier.application.ports import Mail, Notice
from services.notifier.domain.digest import IMMEDIATE, KIND, Digest, Entry, compose_immediate
from services.notifier.domain.gaps.gap import Gap
from services.notifier.domain.notification.notification_case import GapCase, Purpose
from services.notifier.domain.notification.reasons import Reason, decide_notification
from services.notifier.domain.recipients.address_book import address_of
from services.notifier.domain.recipients.audience import Via
from services.notifier.domain.recipients.supervision import Unit
from shared.kernel.errors import Text


@dataclass(frozen=True)
class ImmediateKind(MailKind):
    name: ClassVar[str] = IMMEDIATE
    label: ClassVar[Text] = Text("Thư gửi ngay", "Immediate mail")
    lasts_a_day: ClassVar[bool] = True

    renderer: TemplateRenderer

    def plan(self, planning: Planning) -> Iterable[Notice | Skipped]:
        """Write to those whom no digest goes to now."""
        served = {address_of(digest.recipient) for digest in planning.notices(KIND)}
        urgent: dict[str, dict[UUID, Entry]] = defaultdict(dict)
        for entry in _urgent(planning):
            if entry.reader and (address := address_of(entry.reader)) not in served:
                urgent[address].setdefault(entry.gap.gap_id, entry)
        for entries in urgent.values():
            first, *more = entries.values()
            if first.reader:
                mail = compose_immediate(first.reader, first, planning.day, planning.calendar, more)
                yield planning.named(mail)

    def render(self, notice: Digest, unit: Unit) -> Mail:
        return self.renderer.render(notice, unit)


def _reason(planning: Planning, gap: Gap) -> Reason:
    return decide_notification(
        GapCase(
            gap=gap,
            day=planning.day,
            local=planning.local,
            calendar=planning.calendar,
            purpose=Purpose.AT_ONCE,
            context=planning.situation.context(gap),
        )
    )


def _urgent(planning: Planning) -> Iterator[Entry]:
    """Give the gaps that can't wait, for each recipient who answers for one and was not notified of it."""
    for gap in planning.situation.open_gaps():
        if not _reason(planning, gap).is_news:
            continue
        for reach in planning.situation.audience.of_duty(gap.unit_code):
            stand_in = reach.via is Via.SUPERIOR
            for recipient in reach.recipients:
                if gap.gap_id not in planning.notified(recipient):
                    yield replace(planning.situation.entry(gap), stand_in=stand_in, reader=recipient)
