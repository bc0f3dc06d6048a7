"""The mails about programmes: to who owes or reads above, with the mails of the day; to who follows, once a week."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

from services.notifier.adapters.mails.pages import PageMails, common
from services.notifier.adapters.rendering.duty_words import (
    answer_values,
    duty_values,
    step_values,
    steps_heading,
    subject_of,
)
from services.notifier.adapters.rendering.templates import in_language, linked
from services.notifier.application.pipeline import MailKind, Planning, Skipped
from services.notifier.application.ports import Mail, MailLink, Notice
from services.notifier.domain.notification.reasons import Reason, Standing
from services.notifier.domain.notification.timing import DIGEST, of_week
from services.notifier.domain.overview import WEEKLY_LIST
from services.notifier.domain.programmes.notices import (
    DUTIES,
    DUTIES_LIST,
    DutiesList,
    DutiesNotice,
    DutyLine,
)
from services.notifier.domain.recipients.audience import Recipient, Unit, once_an_address
from shared.contracts.vocabulary import OptionalMail
from shared.kernel.errors import Text
from shared.rules.programme import states
from shared.signed_links.duty_links import OPEN_TO_OTHERS, DutyAnswer

IN_FULL = 20  # items with buttons; a mail with more would be cut off by some readers


class LinksOfDuties(Protocol):
    def of(self, notice: DutiesNotice, line: DutyLine) -> Mapping[DutyAnswer, MailLink]:
        """Give the links under an item of a mail."""
        ...


@dataclass(frozen=True)
class DutiesKind(MailKind):
    """Goes out with the digests of a day, if something is new to its reader."""

    name: ClassVar[str] = DUTIES
    scheduled: ClassVar[int | None] = 1
    label: ClassVar[Text] = Text("Việc theo chương trình, kế hoạch", "Items of the programme")
    lasts_a_day: ClassVar[bool] = True
    runs_with: ClassVar[str | None] = DIGEST
    needs: ClassVar[str | None] = "programmes.facts"

    pages: PageMails
    links: LinksOfDuties

    def plan(self, planning: Planning) -> Iterable[Notice | Skipped]:
        if self.runs_with not in planning.due:
            return
        for recipient in once_an_address(planning.recipients()):
            notice = planning.duties.notice(
                recipient, planning.reminders(recipient), planning.turn_of(recipient)
            )
            if notice is None:
                continue
            if planning.is_done(self.name, recipient) or planning.is_done_later(self.name, recipient):
                yield Skipped(Reason.ALREADY_SENT, recipient.unit_code, recipient)
            else:
                owing = {line.duty.owed.unit_code for line in notice.owed}
                contacts = planning.contacts(owing)
                names = {**planning.snapshot.tree.names(contacts), **notice.unit_names}
                yield replace(notice, unit_names=names, contacts=contacts)

    def render(self, notice: DutiesNotice, unit: Unit) -> Mail:
        language, names = notice.recipient.language, notice.unit_names
        urged = sum(line.standing is Standing.OVERDUE and not line.duty.waiting for line in notice.owed)
        about_time = sum(step.kind in states.ANSWERS for step in notice.steps)
        counts = (len(notice.owed), urged, len(notice.above), len(notice.steps), about_time)
        links = [self.links.of(notice, line) if n < IN_FULL else {} for n, line in enumerate(notice.owed)]
        values: dict[str, Any] = {
            "subject": in_language(subject_of(*counts), language),
            "owed": [
                duty_values(line, names, language) | {"answers": answer_values(line, of_line, language)}
                for line, of_line in zip(notice.owed, links, strict=True)
            ],
            "has_answers": any(links),
            "has_own": any(line.duty.owed.act in OPEN_TO_OTHERS for line in notice.owed),
            "above": [duty_values(line, names, language) for line in notice.above],
            "steps": [step_values(step, names, language) for step in notice.steps],
            "steps_heading": in_language(steps_heading(about_time), language),
            "contacts": [(names.get(code, code), email) for code, email in notice.contacts.items()],
        }
        mail = self.pages.regular(notice, common(notice, [unit]) | values, (), None)
        given = linked(*(link for of_line in links for link in of_line.values()))
        return replace(mail, links=(*mail.links, *given))


@dataclass(frozen=True)
class DutiesListKind(MailKind):
    name: ClassVar[str] = DUTIES_LIST
    scheduled: ClassVar[int | None] = 4
    label: ClassVar[Text] = Text(
        "Danh sách việc quá thời hạn theo chương trình, kế hoạch", "List of overdue items of programmes"
    )
    optional: ClassVar[OptionalMail] = OptionalMail.WEEKLY_LIST
    runs_with: ClassVar[str | None] = WEEKLY_LIST
    needs: ClassVar[str | None] = "programmes.facts"

    pages: PageMails

    def recipients(self, planning: Planning) -> Iterable[Recipient]:
        return planning.situation.audience.supervisors()

    def compose(self, planning: Planning, recipient: Recipient) -> DutiesList | None:
        return planning.duties.overdue_list(recipient, of_week(self.name, planning.day).period)

    def ends(self, notice: DutiesList) -> OptionalMail | None:
        return None if notice.is_duty else self.optional

    def render(self, notice: DutiesList, unit: Unit) -> Mail:
        language = notice.recipient.language
        values = common(notice, notice.follows or [unit]) | {
            "overdue": [duty_values(line, notice.unit_names, language) for line in notice.overdue],
            "units": len({line.duty.owed.unit_code for line in notice.overdue}),
        }
        return self.pages.regular(notice, values, (), self.ends(notice))
