"""Facts of a draft written in one line, for tables: `drafting 2024-03-04; +appraisal 2024-04` (+ is resumed)."""

from datetime import date
from typing import Any
from uuid import UUID

from shared.contracts.vocabulary import Answer, Instrument, Precision, Procedure, Regime, Stage
from shared.rules.facts import Communication, DraftFacts, Scope, StageEntry

_PRECISION = {1: Precision.YEAR, 2: Precision.MONTH, 3: Precision.DAY}


def draft(stages: str = "", held: str = "", **changes: Any) -> DraftFacts:
    """Make facts: entries have the ids 1, 2, …, communications 101, 102, … (`2024-03-05 1,2` names policies)."""
    defaults: dict[str, Any] = {
        "draft_id": UUID(int=1000),
        "instrument": Instrument.LAW,
        "regime": Regime.LAW_2015,
        "procedure": Procedure.ORDINARY,
        "lead_unit_code": "BTP",
        "scope": Scope(explicit=Answer.YES),
        "entries": tuple(_entry(number, text) for number, text in enumerate(_items(stages), start=1)),
        "communications": tuple(_held(number, text) for number, text in enumerate(_items(held), start=101)),
    }
    return DraftFacts(**(defaults | changes))


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(";") if item.strip()]


def _entry(number: int, text: str) -> StageEntry:
    stage, on = text.split()
    day, precision = _dated(on)
    return StageEntry(
        entry_id=UUID(int=number),
        stage=Stage(stage.removeprefix("+")),
        entered_on=day,
        precision=precision,
        resumed=stage.startswith("+"),
    )


def _held(number: int, text: str) -> Communication:
    on, _, policies = text.partition(" ")
    day, precision = _dated(on)
    numbers = frozenset(int(item) for item in policies.split(",") if item)
    return Communication(
        communication_id=UUID(int=number), held_on=day, precision=precision, policies=numbers
    )


def _dated(text: str) -> tuple[date, Precision]:
    parts = [int(part) for part in text.split("-")]
    year, month, day = [*parts, 1, 1][:3]
    return date(year, month, day), _PRECISION[len(parts)]
