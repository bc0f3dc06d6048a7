"""The weekly list and the monthly page as mails, with the letter and the chart that go along."""

from dataclasses import dataclass, replace
from typing import Any

from jinja2 import Environment

from services.notifier.adapters.chart import chart
from services.notifier.adapters.headers import header
from services.notifier.adapters.letter import DOCX, Row, urging_letter
from services.notifier.adapters.message import message_id
from services.notifier.adapters.naming import in_language, name_of, policies_of
from services.notifier.adapters.preference_wording import KINDS as OPTIONAL_KINDS
from services.notifier.adapters.preference_wording import frequency
from services.notifier.adapters.rendering import Mailboxes, TemplateRenderer
from services.notifier.adapters.wording import NOBODY_READS, ROLES, said_by
from services.notifier.application.ports import Attachment, Mail, Notice
from services.notifier.domain.digest import Digest, Line
from services.notifier.domain.overview import MonthlySummary, WeeklyList
from services.notifier.domain.preference import SettingsNote, offered
from services.notifier.domain.supervision import Unit
from shared.contracts.datasets import banners
from shared.contracts.vocabulary import Language, OptionalMail
from shared.rules.wording import STAGES

CHART = "chart"


@dataclass(frozen=True, slots=True)
class NoticeRenderer:
    """Renders every kind of mail; digests have a renderer of their own.

    `requests` is the address of what units ask for, with what grants it; `mailboxes` lead to what a recipient
    wants to be sent.
    """

    digests: TemplateRenderer
    templates: Environment
    sender: str
    requests: str
    mailboxes: Mailboxes

    def message_id(self, notice: Notice) -> str:
        return message_id(notice.key, self.sender)

    def render(self, notice: Notice, unit: Unit) -> Mail:
        match notice:
            case Digest():
                return self.digests.render(notice, unit)
            case WeeklyList():
                return self._filled(notice, _of_list(notice, unit, self.requests), _letter(notice, unit))
            case MonthlySummary():
                picture = Attachment(
                    name="bieu-do.png",
                    media_type="image/png",
                    content=chart(notice.months),
                    content_id=CHART,
                )
                return self._filled(notice, _of_month(notice, unit), picture)
            case SettingsNote():
                settings = self.mailboxes.of(notice.recipient, notice.day)
                return self._written(notice, _of_settings(notice, unit) | {"settings": settings})

    def _filled(self, notice: WeeklyList | MonthlySummary, values: dict[str, Any], file: Attachment) -> Mail:
        """Write what nobody is obliged to get, with the way out of it."""
        settings = self.mailboxes.of(notice.recipient, notice.day, OptionalMail(notice.kind))
        mail = self._written(notice, values | {"settings": settings, "optional": True})
        return replace(mail, attachments=(file,), unsubscribe=settings)

    def _written(self, notice: Notice, values: dict[str, Any]) -> Mail:
        folder = f"{notice.kind}/{notice.recipient.language}"
        subject, text, html = (
            self.templates.get_template(f"{folder}/{name}").render(values)
            for name in ("subject.txt", "body.txt", "body.html")
        )
        return Mail(header(subject), text, html)


def _common(notice: WeeklyList | MonthlySummary, unit: Unit) -> dict[str, Any]:
    language = notice.recipient.language
    notes = banners(notice.datasets)
    return {
        "unit": header(unit.name),
        "role": in_language(ROLES[notice.recipient.role], language),
        "day": notice.day,
        "banners": [in_language(note, language) for note in notes],
    }


def _of_list(notice: WeeklyList, unit: Unit, requests: str) -> dict[str, Any]:
    lines = [_shown(line, notice, notice.recipient.language) for line in notice.lines]
    units = len({line.gap.unit_code for line in notice.lines})
    asked = any(line.matter.asks for line in notice.lines)
    return _common(notice, unit) | {"lines": lines, "units": units, "requests": requests if asked else None}


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
        "said": in_language(NOBODY_READS if line.stand_in else said_by(line.matter), language),
    }


def _letter(notice: WeeklyList, unit: Unit) -> Attachment:
    """The letter is a Vietnamese document, whatever language its reader's mail has."""
    shown = (_shown(line, notice, Language.VI) for line in notice.lines)
    rows = [
        Row(
            unit=line["unit"],
            matter=f"Truyền thông {line['policies']}, dự thảo {line['name']}",
            due_on=f"{line['due_on']:%d/%m/%Y}",
            overdue_days=line["overdue_days"],
            reason=line["said"],
        )
        for line in shown
    ]
    superior = header(unit.parent_name) if unit.parent_name else None
    notes = [note.vi for note in banners(notice.datasets)]
    content = urging_letter(header(unit.name), superior, notice.day, rows, notes)
    return Attachment(name=f"du-thao-cong-van-don-doc-{notice.day}.docx", media_type=DOCX, content=content)


def _of_month(notice: MonthlySummary, unit: Unit) -> dict[str, Any]:
    units = [(header(notice.unit_names.get(code, code)), number) for code, number in notice.units]
    return _common(notice, unit) | {
        "month": notice.month,
        "months": notice.months,
        "units": units,
        "area": notice.area,
        "chart": CHART,
    }


def _of_settings(notice: SettingsNote, unit: Unit) -> dict[str, Any]:
    language, chosen = notice.recipient.language, notice.chosen
    kinds = [
        (in_language(OPTIONAL_KINDS[kind], language), chosen.wants(kind))
        for kind in offered(notice.recipient.role)
    ]
    return {
        "unit": header(unit.name),
        "role": in_language(ROLES[notice.recipient.role], language),
        "day": notice.day,
        "banners": [],
        "frequency": in_language(frequency(chosen), language),
        "kinds": kinds,
    }
