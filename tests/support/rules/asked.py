"""Commands in tests: by whom and when, and the fields of an event that they are to lead to."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from typing import Any, TypeVar

from services.campaigns.domain.draft import DraftSummary
from services.registry.domain import draft_commands as drafts
from shared.contracts.event import SUPERVISION, Event
from shared.contracts.registry import DraftRegistered, DraftScopeAssessed
from shared.contracts.vocabulary import Dataset

C = TypeVar("C")
TODAY = date(2024, 6, 1)


def asked(kind: type[C], event: Event | None = None, /, **more: Any) -> C:
    """Ask for what `event` will say, on `TODAY` by who supervises; `more` says it otherwise."""
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    given = {name: value for name, value in (("by", SUPERVISION), ("today", TODAY)) if name in names}
    taken = {name: value for name, value in dict(event or ()).items() if name in names and value is not None}
    return kind(**given | taken | more)


def registering(
    registered: DraftRegistered, scope: DraftScopeAssessed | None = None, **more: Any
) -> drafts.Register:
    criteria = drafts.Scope(**dict(scope)) if scope else None
    return asked(drafts.Register, registered, scope=criteria, **more)


def draft_of(code: str, policies: Iterable[int] = (1, 2), *leads: tuple[date, str]) -> DraftSummary:
    """Give a draft as campaigns knows it; `leads` follow the unit that leads from the beginning, `BTP`."""
    return DraftSummary(code, frozenset(policies), Dataset.LIVE, [(date.min, "BTP"), *leads])
