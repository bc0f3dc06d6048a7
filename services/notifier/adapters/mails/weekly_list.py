"""The weekly list of what is overdue in a supervisor's area, with a draft letter."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from services.notifier.adapters.delivery.headers import header
from services.notifier.adapters.mails.page_mail import PageMails, common
from services.notifier.adapters.rendering.draft_names import in_language, name_of, policies_of
from services.notifier.adapters.rendering.reminder_letter import DOCX, Row, urging_letter
from services.notifier.adapters.rendering.wording import NO_READER, answer_of, late
from services.notifier.application.mail_kinds import MailKind
from services.notifier.application.planning import Planning
from services.notifier.application.ports import Attachment, Mail
from services.notifier.domain.digest import Line
from services.notifier.domain.notification.schedule import MailRun, of_week
from services.notifier.domain.overview import WEEKLY_LIST, WeeklyList, weekly_list
from services.notifier.domain.recipients.recipient import Recipient
from services.notifier.domain.recipients.supervision import Unit
from shared.contracts.datasets import banners
from shared.contracts.vocabulary import Language, OptionalMail
from shared.kernel.errors import Text
from shared.rules.wording import STAGES


@dataclass(frozen=True)
class WeeklyListKind(MailKind):
    """`requests` is the address of what units ask for, with what grants it."""

    name: ClassVar[str] = WEEKLY_LIST
    label: ClassVar[Text] = Text("Danh sách hằng tuần", "Weekly list")
    optional: ClassVar[OptionalMail] = OptionalMail.WEEKLY_LIST

    pages: PageMails
    requests: str

    def run_of(self, day: date) -> MailRun:
        return of_week(self.name, day)

    def recipients(self, planning: Planning) -> Iterable[Recipient]:
        return planning.situation.audience.supervisors()

    def compose(self, planning: Planning, recipient: Recipient) -> WeeklyList | None:
        period, notified = self.run_of(planning.day).period, planning.notified(recipient)
        return weekly_list(recipient, planning.situation, period, notified)

    def ends(self, notice: WeeklyList) -> OptionalMail | None:
        return None if notice.is_duty else self.optional

    def render(self, notice: WeeklyList, unit: Unit) -> Mail:
        values = _values(notice, unit, self.requests)
        return self.pages.regular(notice, values, tuple(_letters(notice, unit)), self.ends(notice))


def _values(notice: WeeklyList, unit: Unit, requests: str) -> dict[str, Any]:
    lines = [_shown(line, notice, notice.recipient.language) for line in notice.lines]
    units = len({line.gap.unit_code for line in notice.lines})
    asked = any(line.context.asks for line in notice.lines)
    values = common(notice, [follows for follows, _ in notice.areas] or [unit], notice.datasets)
    return values | {"lines": lines, "units": units, "requests": requests if asked else None}


def _shown(line: Line, notice: WeeklyList, language: Language) -> dict[str, Any]:
    gap = line.gap
    return {
        "unit": header(notice.unit_names.get(gap.unit_code, gap.unit_code)),
        "name": name_of(gap.instrument, header(gap.title), language),
        "policies": policies_of(gap.policies, language),
        "stage": in_language(STAGES[gap.stage], language),
        "draft_code": gap.draft_code,
        "due_on": gap.due_on,
        "overdue_days": line.overdue_days,
        "late": in_language(late(line.overdue_days), language),
        "said": in_language(NO_READER if line.stand_in else answer_of(line.context), language),
    }


def _letters(notice: WeeklyList, unit: Unit) -> Iterator[Attachment]:
    """Write a letter for each unit that the reader follows others for: each issues its own."""
    areas = notice.areas or ((unit, notice.lines),)
    for issuer, lines in areas:
        mark = f"-{issuer.code}" if len(areas) > 1 else ""
        yield Attachment(
            name=f"du-thao-cong-van-don-doc-{notice.day}{mark}.docx",
            media_type=DOCX,
            content=_letter(notice, issuer, lines),
        )


def _letter(notice: WeeklyList, unit: Unit, lines: Sequence[Line]) -> bytes:
    """The letter is a Vietnamese document, whatever language its reader's mail has."""
    shown = (_shown(line, notice, Language.VI) for line in lines)
    rows = [
        Row(
            unit=line["unit"],
            subject=f"Truyền thông {line['policies']}, dự thảo {line['name']}",
            due_on=f"{line['due_on']:%d/%m/%Y}",
            overdue_days=line["overdue_days"],
            reason=line["said"],
        )
        for line in shown
    ]
    superior = header(unit.parent_name) if unit.parent_name else None
    notes = [note.vi for note in banners(notice.datasets)]
    return urging_letter(header(unit.name), superior, notice.day, rows, notes)
