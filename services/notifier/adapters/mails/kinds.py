"""The kinds of mail that this service sends, in the order in which they are queued."""

from collections.abc import Iterable

from services.notifier.adapters.mails.digest import DigestKind
from services.notifier.adapters.mails.immediate import ImmediateKind
from services.notifier.adapters.mails.monthly_summary import MonthlySummaryKind
from services.notifier.adapters.mails.page_mail import PageMails
from services.notifier.adapters.mails.renewed import RenewedKind
from services.notifier.adapters.mails.settings import SettingsKind
from services.notifier.adapters.mails.weekly_list import WeeklyListKind
from services.notifier.adapters.rendering.templates import TemplateRenderer
from services.notifier.application.mail_kinds import MailKind, MailKinds


def mail_kinds(
    digests: TemplateRenderer, pages: PageMails, requests: str, more: Iterable[MailKind] = ()
) -> MailKinds:
    """`requests` is the address of what units ask for; `more` are additional kinds."""
    return MailKinds(
        [
            DigestKind(digests),
            ImmediateKind(digests),
            WeeklyListKind(pages, requests),
            MonthlySummaryKind(pages),
            RenewedKind(digests),
            SettingsKind(pages),
            *more,
        ]
    )
