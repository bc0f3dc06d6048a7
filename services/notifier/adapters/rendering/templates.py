"""A digest as a mail: subject, text and HTML from the templates of the recipient's language."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from services.notifier.adapters.delivery.headers import header
from services.notifier.adapters.delivery.message import thread_id
from services.notifier.adapters.rendering.calendar_file import due_dates
from services.notifier.adapters.rendering.draft_names import (
    all_of,
    in_language,
    name_of,
    policies_of,
    shortened,
)
from services.notifier.adapters.rendering.wording import (
    ANSWERS,
    NO_READER,
    ROLES,
    answer_of,
    late,
    why_in_mail,
)
from services.notifier.application.ports import Mail
from services.notifier.domain.digest import Digest, Line
from services.notifier.domain.notification.reasons import REPEAT, Reason, is_thanks
from services.notifier.domain.notification.standing import Standing
from services.notifier.domain.recipients.recipient import Recipient
from services.notifier.domain.recipients.supervision import Unit
from shared.contracts.datasets import banners
from shared.contracts.vocabulary import AlertAnswer, Language, OptionalMail
from shared.kernel.counted import counted, noun_of
from shared.rules.wording import GAP_CLOSURES, STAGES

TEMPLATES = Path(__file__).parent / "mail_templates"
IN_FULL = 10  # drafts shown at length; the rest in one line each


@cache
def environment() -> Environment:
    """Make the one environment of every template; a missing value is an error, never an empty place."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    made.filters |= {"day": _day, "counted": counted, "noun_of": noun_of}
    return made


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


class Links(Protocol):
    def of(self, digest: Digest, line: Line) -> Mapping[AlertAnswer, str]:
        """Give the address of each answer that the recipient may give."""
        ...


class Mailboxes(Protocol):
    def of(self, recipient: Recipient, day: date, kind: OptionalMail | None = None) -> str | None:
        """Give the address of the page of a mailbox; one click on it ends mail of the kind."""
        ...


class TemplateRenderer:
    """`links` are the buttons under each gap, `mailboxes` lead to what a recipient wants to be sent.

    `sender` gives the domain of the names of threads.
    """

    def __init__(self, links: Links, mailboxes: Mailboxes, sender: str) -> None:
        self._templates = environment()
        self._links = links
        self._mailboxes = mailboxes
        self._sender = sender

    def render(self, digest: Digest, unit: Unit) -> Mail:
        ends = OptionalMail.THANKS if is_thanks(digest.lines) else None
        settings = self._mailboxes.of(digest.recipient, digest.day, ends)
        values = self._values(digest, unit) | {"settings": settings, "optional": ends is not None}
        part = {
            name: self._templates.get_template(f"digest/{digest.recipient.language}/{name}").render(values)
            for name in ("subject.txt", "body.txt", "body.html")
        }
        subject, text, html = header(part["subject.txt"]), part["body.txt"], part["body.html"]
        unsubscribe = settings if ends else None
        return Mail(subject, text, html, due_dates(digest), self._threads(digest), unsubscribe)

    def _threads(self, digest: Digest) -> tuple[str, ...]:
        """Name the threads of the drafts that are shown at length, that of the subject first."""
        drafts = dict.fromkeys(line.gap.draft_code for line in digest.lines)
        return tuple(thread_id(code, self._sender) for code in islice(drafts, IN_FULL))

    def _values(self, digest: Digest, unit: Unit) -> dict[str, Any]:
        language = digest.recipient.language
        owed = [self._owed(line, digest) for line in digest.owed]
        above = [self._line(line, digest) for line in digest.above]
        closed = [(line.reason, self._line(line, digest)) for line in digest.closed]
        notes = banners(line.gap.dataset for line in digest.lines)
        return {
            **_addressed(digest, unit),
            "kind": digest.kind,
            "day": digest.day,
            "banners": [in_language(note, language) for note in notes],
            "owed": owed[:IN_FULL],
            "rest": owed[IN_FULL:],
            "above": above,
            "count": len(owed),
            "repeat": REPEAT,
            "overdue_count": sum(line.standing is Standing.OVERDUE for line in digest.owed),
            "thanked": [line for reason, line in closed if reason is Reason.RESOLVED_SINCE],
            "dropped": [line for reason, line in closed if reason is not Reason.RESOLVED_SINCE],
        }

    def _owed(self, line: Line, digest: Digest) -> dict[str, Any]:
        """Say what is owed, with the addresses of its answers."""
        answers = [
            {
                "kind": answer.value,
                "label": in_language(ANSWERS[answer], digest.recipient.language),
                "url": url,
            }
            for answer, url in self._links.of(digest, line).items()
        ]
        return {**self._line(line, digest), "answers": answers}

    def _line(self, line: Line, digest: Digest) -> dict[str, Any]:
        gap, language = line.gap, digest.recipient.language
        label, why = why_in_mail(line.reason)
        title, reader = header(gap.title), line.reader or digest.recipient
        return {
            "title": title,
            "name": name_of(gap.instrument, title, language),
            "short_name": name_of(gap.instrument, shortened(title), language),
            "draft_code": gap.draft_code,
            "unit": header(digest.unit_names.get(gap.unit_code, gap.unit_code)),
            "is_other_unit": gap.unit_code != reader.unit_code or len(_units(digest.owed)) > 1,
            "said": in_language(NO_READER if line.stand_in else answer_of(line.context), language),
            "stage": in_language(STAGES[gap.stage], language),
            "policies": policies_of(gap.policies, language),
            "since": gap.since,
            "due_on": gap.due_on,
            "standing": line.standing.value,
            "overdue_days": line.overdue_days,
            "late": in_language(late(line.overdue_days), language),
            "days_left": line.days_left,
            "due_today": gap.due_on == digest.day,
            "why_label": in_language(label, language),
            "why": in_language(why, language),
            "closure": in_language(GAP_CLOSURES[gap.closure], language) if gap.closure else "",
        }


def _units(lines: Iterable[Line]) -> list[str]:
    """Name the units in which a reader reads of these lines, each once."""
    return list(dict.fromkeys(line.reader.unit_code for line in lines if line.reader))


def _addressed(digest: Digest, unit: Unit) -> dict[str, Any]:
    """Say to which units a mail goes; `leaders` lead drafts, `overseers` see to units below."""
    language = digest.recipient.language

    def named(codes: Iterable[str]) -> str:
        names = {**digest.unit_names, unit.code: unit.name}
        return all_of([header(names.get(code, code)) for code in codes] or [header(unit.name)], language)

    leaders, overseers = (_units(lines) or [unit.code] for lines in (digest.owed, digest.above))
    parent = unit.parent_name if leaders == [unit.code] else None
    return {
        "unit": named(_units(digest.lines)),
        "leaders": named(leaders),
        "leader_count": len(leaders),
        "overseeing": not digest.owed and any(line.is_below for line in digest.lines),
        "overseers": named(overseers),
        "overseer_count": len(overseers),
        "parent": header(parent) if parent else None,
        "role": _roles(digest, language),
    }


def _roles(digest: Digest, language: Language) -> str:
    """Name the role of the address; with its unit, if it has several."""
    own_records = {line.reader.recipient_id: line.reader for line in digest.lines if line.reader}
    roles = {reader.role for reader in own_records.values()} or {digest.recipient.role}
    if len(roles) == 1:
        return in_language(ROLES[roles.pop()], language)
    return all_of(
        (
            f"{in_language(ROLES[reader.role], language)} ({header(digest.unit_names.get(reader.unit_code, reader.unit_code))})"
            for reader in own_records.values()
        ),
        language,
    )
