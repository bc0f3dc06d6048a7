"""Entries of programmes for tests of the mails about them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from services.notifier.domain.digest import Situation
from services.notifier.domain.gaps.gap_alert import Silence
from services.notifier.domain.notification.timing import STEPS
from services.notifier.domain.programmes.book import DutyBook
from services.notifier.domain.programmes.notices import (
    DutiesList,
    DutiesNotice,
    EntryWords,
    LastReminder,
    Programmes,
    Reminders,
)
from services.notifier.domain.recipients.audience import Recipient
from shared.contracts.vocabulary import Dataset, Language, ProgrammeKind, RecipientRole
from shared.rules.programme.states import EntryFact
from tests.unit.notifier.builders import CALENDAR, MONDAY, recipient, tree

Kind = ProgrammeKind
READER = recipient(41, unit_code="XA", email="vh@xa-a.example.vn")
OF_STP = recipient(42, unit_code="STP", role=RecipientRole.SUPERVISOR, email="pbgdpl@stp.example.vn")
OF_UBND = recipient(43, unit_code="UBND", role=RecipientRole.HEAD, email="vp@ubnd.example.vn")
EVERYBODY = (READER, OF_STP, OF_UBND)


def entry(number: int, kind: Kind, unit_code: str = "STP", **changes: Any) -> EntryFact:
    return EntryFact(entry_id=UUID(int=number), kind=kind, position=number, unit_code=unit_code, **changes)


def task(number: int = 1, due_on: date | None = date(2026, 11, 20), **changes: Any) -> EntryFact:
    """Make a task that the justice department assigned to the commune."""
    given: dict[str, Any] = {
        "happened_on": date(2026, 1, 5),
        "lead_unit_code": "XA",
        "due_on": due_on,
        "needs_acceptance": True,
    }
    return entry(number, Kind.TASK_ASSIGNED, **given | changes)


def step(number: int, kind: Kind, of: EntryFact, on: date, **changes: Any) -> EntryFact:
    return entry(number, kind, of.unit_code, of_entry=of.entry_id, happened_on=on, **changes)


REASONS = {Kind.EXTENSION_REQUESTED: "Chờ kinh phí", Kind.EXTENSION_REFUSED: "Đã gia hạn một lần"}


def programmes(*facts: EntryFact, dataset: Dataset = Dataset.LIVE) -> Programmes:
    words = {
        fact.entry_id: EntryWords(
            title=f"Việc số {fact.entry_id.int}",
            year=2026,
            dataset=dataset,
            entry_ref="VM-XA-2026-001" if fact.kind is Kind.OBSTACLE_RAISED else None,
            document=fact.document,
            note="Bố trí kinh phí trong quý IV" if fact.kind is Kind.OBSTACLE_DECIDED else None,
            reason=REASONS.get(fact.kind),
        )
        for fact in facts
    }
    return Programmes(facts, words)


def book(
    *facts: EntryFact,
    day: date = MONDAY,
    recipients: Sequence[Recipient] = EVERYBODY,
    silences: Sequence[Silence] = (),
    dataset: Dataset = Dataset.LIVE,
    successions: Mapping[str, Sequence[tuple[date, str]]] | None = None,
) -> DutyBook:
    situation = Situation(
        day=day,
        gaps=(),
        contexts={},
        recipients=recipients,
        tree=replace(tree(successions), day=day),
        steps=STEPS,
        calendar=CALENDAR,
    )
    return DutyBook(situation=situation, programmes=programmes(*facts, dataset=dataset), silences=silences)


def remembered(notice: DutiesNotice | None) -> Reminders:
    """What the ledger has of a mail."""
    assert notice is not None
    return {
        item.item_id: LastReminder(
            day=notice.day,
            unit_code=item.unit_code,
            above=item.reason.is_above,
            standing=item.standing,
            due_on=item.due_on,
        )
        for item in notice.items
    }


INSPECTION = entry(
    20, Kind.INSPECTION_CONDUCTED, happened_on=date(2026, 10, 1), lead_unit_code="XA", quantity=3
)
FINDING = replace(
    step(
        21,
        Kind.FINDING_RECORDED,
        INSPECTION,
        date(2026, 10, 1),
        due_on=date(2026, 11, 27),
        lead_unit_code="XA",
    ),
    document="Kết luận số 7/KL-STP",
)
OBSTACLE = entry(
    30,
    Kind.OBSTACLE_RAISED,
    "XA",
    happened_on=date(2026, 10, 1),
    lead_unit_code="STP",
    due_on=date(2026, 11, 10),
)
PASSED_ON = step(31, Kind.OBSTACLE_FORWARDED, OBSTACLE, date(2026, 11, 16), lead_unit_code="UBND")
DECIDED = replace(
    step(32, Kind.OBSTACLE_DECIDED, OBSTACLE, date(2026, 11, 20), lead_unit_code="UBND"),
    document="Công văn số 15/UBND-TP",
)
ENTRIES = (task(), task(2, date(2026, 11, 27), document="Kế hoạch số 210/KH-UBND"), INSPECTION, FINDING)


def reader(of: Recipient, language: Language) -> Recipient:
    return replace(of, language=language)


def to_the_commune(language: Language = Language.VI) -> DutiesNotice:
    """A task overdue, one due soon, a finding; and its obstacle was passed on and decided."""
    own = reader(READER, language)
    notice = book(*ENTRIES, OBSTACLE, PASSED_ON, DECIDED, recipients=(own, OF_STP, OF_UBND)).notice(own, {})
    assert notice is not None
    names = {**notice.unit_names, "STP": "Sở Tư pháp"}
    return replace(notice, contacts={"STP": OF_STP.email}, unit_names=names)


def to_the_committee(language: Language = Language.VI) -> DutiesNotice:
    """An obstacle waits for its decision, and a task of the commune is long overdue."""
    own = reader(OF_UBND, language)
    facts = (task(due_on=date(2026, 11, 2)), OBSTACLE, PASSED_ON)
    notice = book(*facts, recipients=(READER, OF_STP, own), dataset=Dataset.EXERCISE).notice(own, {})
    assert notice is not None
    return notice


def what_became(language: Language = Language.VI) -> DutiesNotice:
    own = reader(READER, language)
    notice = book(OBSTACLE, PASSED_ON, DECIDED, recipients=(own, OF_STP, OF_UBND)).notice(own, {})
    assert notice is not None
    return notice


def listed(language: Language = Language.VI) -> DutiesList:
    own = reader(OF_STP, language)
    result = book(*ENTRIES, OBSTACLE, PASSED_ON, recipients=(READER, own, OF_UBND)).overdue_list(
        own, "2026-W48"
    )
    assert result is not None
    return result
