"""The mail about one gap that can't wait for a digest; a recipient gets one of it, ever."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from services.notifier.adapters.rendering.templates import TemplateRenderer
from services.notifier.application.mail_kinds import MailKind
from services.notifier.application.plan import Skipped
from services.notifier.application.planning import Planning
from services.notifier.application.ports import Mail, Notice
from services.notifier.domain.digest import IMMEDIATE, KIND, Digest, compose_immediate
from services.notifier.domain.gaps.gap import Gap
from services.notifier.domain.notification.notification_case import GapCase, Purpose
from services.notifier.domain.notification.reasons import Reason, decide_notification
from services.notifier.domain.recipients.audience import Via
from services.notifier.domain.recipients.recipient import Recipient
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
        served = {digest.recipient.recipient_id for digest in planning.notices(KIND)}
        for gap in planning.situation.open_gaps():
            if _reason(planning, gap).is_news:
                for recipient, stand_in in _not_notified(planning, gap):
                    if recipient.recipient_id not in served:
                        entry = replace(planning.situation.entry(gap), stand_in=stand_in)
                        mail = compose_immediate(recipient, entry, planning.day, planning.calendar)
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


def _not_notified(planning: Planning, gap: Gap) -> Iterator[tuple[Recipient, bool]]:
    """Give who answers for a gap and was not notified of it, and whether it only stands in for its unit."""
    for reach in planning.situation.audience.of_duty(gap.unit_code):
        for recipient in reach.recipients:
            if gap.gap_id not in planning.snapshot.notified.get(recipient.recipient_id, {}):
                yield recipient, reach.via is Via.SUPERIOR
