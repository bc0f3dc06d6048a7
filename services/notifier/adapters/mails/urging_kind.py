"""The mail with the letter of a supervising body: a person sends it, no run does."""

from dataclasses import dataclass, replace
from typing import ClassVar

from services.notifier.adapters.delivery.message import header
from services.notifier.adapters.mails.pages import PageMails, common
from services.notifier.adapters.rendering.letter_rows import DOCX
from services.notifier.application.pipeline import MailKind
from services.notifier.application.ports import Attachment, Mail
from services.notifier.domain.recipients.audience import Unit
from services.notifier.domain.urging import URGING, UrgingNote
from shared.kernel.errors import Text


@dataclass(frozen=True)
class UrgingKind(MailKind):
    """Goes out at once when it is sent from the page of urging letters, in addition to the one mail of the day."""

    name: ClassVar[str] = URGING
    label: ClassVar[Text] = Text("Công văn đôn đốc", "Urging letter")

    pages: PageMails

    def render(self, notice: UrgingNote, unit: Unit) -> Mail:
        mail = self.pages.written(
            notice,
            common(notice, [unit])
            | {
                "to": header(notice.unit),
                "issuer": header(notice.issuer),
                "count": notice.count,
                "deadline": notice.deadline,
                "contact": notice.contact,
            },
        )
        name = f"cong-van-don-doc-{notice.unit_code}-{notice.day}.docx"
        return replace(mail, attachments=(Attachment(name=name, media_type=DOCX, content=notice.content),))
