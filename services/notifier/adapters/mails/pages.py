"""What mails of several kinds have in common: their templates, the link to the settings of a mailbox, common values."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from jinja2 import Environment

from services.notifier.adapters.delivery.message import header
from services.notifier.adapters.rendering.templates import ROLES, Mailboxes, all_of, in_language, linked
from services.notifier.application.ports import Attachment, Mail, Notice
from services.notifier.domain.recipients.audience import Unit
from shared.contracts.event import banners
from shared.contracts.vocabulary import OptionalMail


@dataclass(frozen=True, slots=True)
class PageMails:
    """`mailboxes` lead to what a recipient wants to be sent."""

    templates: Environment
    mailboxes: Mailboxes

    def regular(
        self, notice: Notice, values: dict[str, Any], files: tuple[Attachment, ...], ends: OptionalMail | None
    ) -> Mail:
        """Write a mail that comes regularly; one that its reader may end has an unsubscribe link."""
        mail = self.with_settings(notice, values | {"optional": ends is not None}, ends)
        return replace(mail, attachments=files)

    def with_settings(self, notice: Notice, values: dict[str, Any], ends: OptionalMail | None = None) -> Mail:
        """Write a mail with a link to the page of its mailbox; one click there ends mail of the kind `ends`."""
        mailbox = self.mailboxes.of(notice, ends)
        settings = mailbox.address if mailbox else None
        mail = self.written(notice, values | {"settings": settings})
        return replace(mail, unsubscribe=settings if ends else None, links=linked(mailbox))

    def written(self, notice: Notice, values: dict[str, Any]) -> Mail:
        folder = f"{notice.kind}/{notice.recipient.language}"
        subject, text, html = (
            self.templates.get_template(f"{folder}/{name}").render(values)
            for name in ("subject.txt", "body.txt", "body.html")
        )
        return Mail(header(subject), text, html)


def common(notice: Notice, units: Sequence[Unit]) -> dict[str, Any]:
    """`units` are those in which the address is listed for this mail."""
    language = notice.recipient.language
    return {
        "unit": all_of((header(unit.name) for unit in units), language),
        "role": in_language(ROLES[notice.recipient.role], language),
        "day": notice.day,
        "banners": [in_language(note, language) for note in banners(notice.datasets)],
    }
