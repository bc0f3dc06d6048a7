"""Gaps, recipients and words of the notifier for tests, with everything that a test doesn't care about."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.notifier.domain.gaps.gap_alert import AlertContext, Gap, Silence
from services.notifier.domain.gaps.unit_answers import UnitAnswer
from services.notifier.domain.notification.reasons import LastNotification, Standing
from services.notifier.domain.recipients.audience import JUSTICE, Recipient, Tree, Unit
from shared.contracts.vocabulary import (
    Dataset,
    Instrument,
    Procedure,
    RecipientRole,
    Stage,
    UnitKind,
    UnitLevel,
)
from shared.directory import folds
from shared.directory.folds import directory_of
from shared.rules.rulebook.rulebook import load_rulebook

CALENDAR = load_rulebook().calendar
MONDAY = date(2026, 11, 23)  # its Tuesday, 24 November, is a holiday from 2026 on
UNIT = "BTP"


def gap(number: int = 1, **changes: Any) -> Gap:
    existing: dict[str, Any] = {
        "gap_id": UUID(int=number),
        "draft_code": f"LUAT-{number}",
        "title": "Luật Đất đai (sửa đổi)",
        "instrument": Instrument.LAW,
        "procedure": Procedure.ORDINARY,
        "unit_code": UNIT,
        "stage": Stage.DRAFT_CONSULTATION,
        "since": date(2026, 11, 2),
        "due_on": date(2026, 11, 30),
        "policies": (1, 2),
        "dataset": Dataset.LIVE,
    }
    return Gap(**existing | changes)


def recipient(number: int = 99, **changes: Any) -> Recipient:
    existing: dict[str, Any] = {
        "recipient_id": UUID(int=number),
        "unit_code": UNIT,
        "role": RecipientRole.FOCAL_POINT,
        "email": "dau.moi@btp.example.vn",
    }
    return Recipient(**existing | changes)


def notified(standing: Standing, **changes: Any) -> LastNotification:
    existing: dict[str, Any] = {
        "day": date(2026, 11, 20),
        "due_on": date(2026, 11, 30),
        "policies": (1, 2),
        "unit_code": UNIT,
    }
    return LastNotification(standing=standing, **existing | changes)


def silence(**changes: Any) -> Silence:
    existing: dict[str, Any] = {
        "silence_id": UUID(int=7),
        "first_day": MONDAY,
        "last_day": date(2026, 11, 27),
        "reason": "Chờ ý kiến của Ủy ban",
    }
    return Silence(**existing | changes)


# A province as the law has it: the committee above the departments, the justice department among them.
UNITS = (
    Unit("TINH", "Tỉnh A", level=UnitLevel.PROVINCIAL, kind=UnitKind.PROVINCE),
    Unit("UBND", "UBND tỉnh A", "Tỉnh A", "TINH", UnitLevel.PROVINCIAL, UnitKind.PEOPLES_COMMITTEE),
    Unit("STP", "Sở Tư pháp", "UBND tỉnh A", "UBND", UnitLevel.PROVINCIAL, JUSTICE),
    Unit("SO-A", "Sở A", "UBND tỉnh A", "UBND", UnitLevel.PROVINCIAL, UnitKind.DEPARTMENT),
    Unit("XA", "UBND xã A", "UBND tỉnh A", "UBND", UnitLevel.COMMUNE, UnitKind.COMMUNE_COMMITTEE),
    Unit("BTP", "Bộ Tư pháp", level=UnitLevel.CENTRAL, kind=UnitKind.MINISTRY),
    Unit("BTC", "Bộ Tài chính", level=UnitLevel.CENTRAL, kind=UnitKind.MINISTRY),
)


def tree(successions: Mapping[str, Sequence[tuple[date, str]]] | None = None, **changes: Any) -> Tree:
    """Make a tree of `UNITS`; `successions` give (day, heir) of a unit."""
    directory = directory_of(_registered(unit, (successions or {}).get(unit.code, ())) for unit in UNITS)
    return Tree(directory=directory, day=MONDAY, **changes)


def _registered(unit: Unit, heirs: Sequence[tuple[date, str]]) -> folds.Unit:
    assert unit.level
    assert unit.kind
    return folds.Unit(
        unit_code=unit.code,
        unit_name=unit.name,
        level=unit.level,
        kind=unit.kind,
        parent_code=unit.parent_code,
        successions=tuple(folds.Succession(heir, on) for on, heir in heirs),
    )


def answer(
    name: str, on: date, number: int = 1, to_unit_code: str | None = None, **content: str
) -> UnitAnswer:
    """Make an answer of a unit, by the name of its event."""
    return UnitAnswer(
        name=name, on=on, content=content, answer_id=UUID(int=500 + number), to_unit_code=to_unit_code
    )


def planned(*days: tuple[date, date]) -> AlertContext:
    """Make what stands after a unit named days, each (answered on, planned for)."""
    answers = tuple(
        answer("acknowledged", on, number, planned_on=day.isoformat())
        for number, (on, day) in enumerate(days, start=1)
    )
    on, day = days[-1]
    return AlertContext(answer="acknowledged", answered_on=on, planned_on=day, answers=answers)
