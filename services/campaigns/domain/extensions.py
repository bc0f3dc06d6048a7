"""More time: who asks for it, when it can be asked for, given and refused."""

from collections.abc import Iterator
from datetime import date

from services.campaigns.domain import entry_checks as checks
from services.campaigns.domain import programme_errors as refused
from services.campaigns.domain.entry_state import Entered, Entries
from services.campaigns.domain.programme_errors import ReportNotRequired
from shared.contracts.programme import ProgrammeEvent
from shared.contracts.vocabulary import ProgrammeKind
from shared.rules.programme.facts import entry_fact
from shared.rules.programme.kinds import ABOUT_TIME, KINDS
from shared.rules.programme.reports import ExpectedReport, expected_of, extended, units_of
from shared.rules.programme.states import ENDED, EntryFact, is_same_case

Kind = ProgrammeKind


def owing(entries: Entries, followed: Entered) -> Iterator[str]:
    """Give the units that are to do what has a due day: those of which a report is required, or who leads it."""
    if followed.event.name == Kind.REPORT_REQUIRED:
        yield from units_of(_fact(entries, followed))
    else:
        yield followed.content.lead_unit_code or followed.content.unit_code


def check_time(entries: Entries, event: ProgrammeEvent, followed: Entered | None) -> None:
    """Refuse a request, an extension or a refusal that does not fit how things stand before it."""
    if event.name not in ABOUT_TIME or followed is None:
        return
    due_on = due_of(entries, event, followed)
    waiting = _waiting(entries, event, followed)
    if event.name == Kind.EXTENSION_REFUSED and not waiting:
        raise refused.NoExtensionAsked(followed.content.title)
    if event.name != Kind.EXTENSION_REQUESTED:
        return
    standing = checks.standing_of(entries, followed.event.entry_id)
    if standing.status in ENDED or checks.is_reported(entries, followed):
        raise refused.NothingToExtend(followed.content.title)
    if waiting:
        raise refused.ExtensionWaits(followed.content.title)
    if event.lead_unit_code == event.unit_code:
        raise refused.OwnDueDay
    if event.lead_unit_code not in set(owing(entries, followed)):
        raise refused.EntryFieldMisplaced("lead_unit_code", KINDS[Kind.EXTENSION_REQUESTED].words)
    if due_on is not None and event.due_on is not None and event.due_on <= due_on:
        raise refused.NotLater(due_on)


def due_of(entries: Entries, event: ProgrammeEvent, followed: Entered) -> date | None:
    """Give the present due day of what an event about time is about; raises what says that no such report is required."""
    expected = _expected(entries, event, followed)
    return expected.due_on if expected else checks.standing_of(entries, followed.event.entry_id).due_on


def _expected(entries: Entries, event: ProgrammeEvent, followed: Entered) -> ExpectedReport | None:
    """Give the report whose day is meant, if one is; raises what says that nobody requires it."""
    words = KINDS[Kind(event.name)].words
    if followed.event.name != Kind.REPORT_REQUIRED:
        if event.period_from is not None:
            raise refused.EntryFieldMisplaced("period_from", words)
        return None
    for name in ("lead_unit_code", "period_from"):
        if getattr(event, name) is None:
            raise refused.EntryFieldMissing(name, words)
    steps = checks.standing_of(entries, followed.event.entry_id).steps
    for each in expected_of(_fact(entries, followed), followed.content.year):
        if (each.unit_code, each.period.from_day) == (event.lead_unit_code, event.period_from):
            return extended(each, steps)
    raise ReportNotRequired(str(event.lead_unit_code), followed.content.title)


def _waiting(entries: Entries, event: ProgrammeEvent, followed: Entered) -> list[EntryFact]:
    asked = entry_fact(event, len(entries))
    requests = checks.standing_of(entries, followed.event.entry_id).requests
    return [request for request in requests if is_same_case(asked, request)]


def _fact(entries: Entries, entered: Entered) -> EntryFact:
    return checks.facts_of(entries.values())[entered.event.entry_id]
