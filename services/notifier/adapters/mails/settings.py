"""What a mailbox has chosen, with a new link to its page: at most once a day, to the mailbox that asked for it."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from services.notifier.adapters.mails.page_mail import PageMails, common
from services.notifier.adapters.recipients.wording import KINDS, frequency
from services.notifier.adapters.rendering.draft_names import in_language
from services.notifier.application.mail_kinds import MailKind
from services.notifier.application.planning import Planning
from services.notifier.application.ports import Mail
from services.notifier.domain.recipients.preference import SETTINGS, SettingsNote, offered
from services.notifier.domain.recipients.recipient import Recipient
from services.notifier.domain.recipients.supervision import Unit
from shared.kernel.errors import Text


@dataclass(frozen=True)
class SettingsKind(MailKind):
    name: ClassVar[str] = SETTINGS
    label: ClassVar[Text] = Text("Thư về cài đặt nhận thư", "What a mailbox chose")

    pages: PageMails

    def requested(self, planning: Planning, recipient: Recipient, _gap_id: UUID | None) -> SettingsNote:
        chosen = planning.snapshot.preference(recipient)
        oversees = planning.snapshot.tree.oversees(recipient.unit_code)
        return SettingsNote(recipient=recipient, day=planning.day, chosen=chosen, oversees=oversees)

    def render(self, notice: SettingsNote, unit: Unit) -> Mail:
        settings = self.pages.mailboxes.of(notice.recipient, notice.day)
        return self.pages.written(notice, _values(notice, unit) | {"settings": settings})


def _values(notice: SettingsNote, unit: Unit) -> dict[str, Any]:
    language, chosen = notice.recipient.language, notice.chosen
    kinds = [
        (in_language(KINDS[kind], language), chosen.wants(kind))
        for kind in offered(notice.recipient.role, oversees=notice.oversees)
    ]
    return common(notice, [unit]) | {
        "frequency": in_language(frequency(chosen), language),
        "kinds": kinds,
    }
