"""New links for one gap, to the mailbox that asked for them: at most once a day."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.notifier.adapters.rendering.templates import TemplateRenderer
from services.notifier.application.mail_kinds import MailKind
from services.notifier.application.planning import Planning
from services.notifier.application.ports import Mail
from services.notifier.domain.digest import RENEWED, Digest, compose_renewed
from services.notifier.domain.recipients.recipient import Recipient
from services.notifier.domain.recipients.supervision import Unit
from shared.kernel.errors import Text


@dataclass(frozen=True)
class RenewedKind(MailKind):
    name: ClassVar[str] = RENEWED
    label: ClassVar[Text] = Text("Thư cấp lại liên kết", "New links")

    renderer: TemplateRenderer

    def requested(self, planning: Planning, recipient: Recipient, gap_id: UUID | None) -> Digest | None:
        for entry in planning.situation.entries(recipient, {}):
            if entry.gap.gap_id == gap_id and not entry.above:
                return planning.named(compose_renewed(recipient, entry, planning.day, planning.calendar))
        return None

    def render(self, notice: Digest, unit: Unit) -> Mail:
        return self.renderer.render(notice, unit)
