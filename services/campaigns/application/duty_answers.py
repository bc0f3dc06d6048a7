"""What a link under an item of a programme records: it is done, more time is asked for, something stands in the way."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid5

from services.campaigns.application.commands import Commands
from services.campaigns.application.queries import ReadModel, Requirement
from services.campaigns.application.reports import Submission, report_for, submission
from services.campaigns.domain import entry_checks as checks
from services.campaigns.domain import extensions
from services.campaigns.domain.entry_state import Entered
from services.campaigns.domain.errors import NothingOwed
from services.campaigns.domain.programme import Programme, Record
from shared.contracts.envelope import Metadata
from shared.contracts.event import LOA_NAMESPACE, Acting
from shared.contracts.programme import ProgrammeEvent, ProgrammeExtensionRequested
from shared.contracts.vocabulary import Dataset, ProgrammeKind
from shared.eventstore.handle import Handled, History
from shared.rules.programme.owed import Act
from shared.rules.programme.states import ENDED, Standing
from shared.signed_links.duty_links import DutyAnswer, DutyLink

Kind = ProgrammeKind
STEPS: Mapping[Act, Kind] = MappingProxyType(
    {
        Act.CARRY_OUT: Kind.TASK_REPORTED,
        Act.ACCEPT: Kind.TASK_ACCEPTED,
        Act.CORRECT: Kind.FINDING_FOLLOWED_UP,
        Act.DECIDE: Kind.OBSTACLE_DECIDED,
        Act.RECEIVE: Kind.REPORT_RECEIVED,
    }
)
"""What "done" means of each act; a report that is required is submitted."""
MOST_TITLE = 300
BY_REQUEST = "Theo đề nghị của đơn vị"
"""The reason of more time that is given without other words; it stands in the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedDuty:
    """An item that is still owed by the unit of a link. `earliest` is the first day on which it can have been done.

    `programme` is where its entry stands: the unit and year; `requirement` that of a report, `reporter` who owes it;
    `recorded`: this link has recorded something already. `request` is the request for more time that is to be answered,
    `asking_name` who sent it.
    """

    link: DutyLink
    title: str
    unit_name: str
    asked_by_name: str
    dataset: Dataset
    programme: tuple[str, int]
    entry_ref: str | None = None
    document: str | None = None
    due_on: date | None = None
    earliest: date | None = None
    of_entry: UUID
    requirement: Requirement | None = None
    reporter: str | None = None
    request: ProgrammeExtensionRequested | None = None
    asking_name: str | None = None
    draft_code: str | None = None
    recorded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What the form says; `until` is the day that is asked for."""

    day: date
    words: str | None = None
    document: str | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class DutyAnswers:
    commands: Commands
    read_model: ReadModel

    async def asked(self, link: DutyLink, today: date) -> AskedDuty:
        """Read what a link is about; raises `NothingOwed` where nothing is to be done by its unit any more."""
        if link.act is Act.REPORT:
            return await self._report(link, today)
        place = (link.asked_by, link.year)
        if link.act is Act.RECEIVE:
            place = await self.read_model.programme_of_entry(link.item_id) or place
        programme, history = await self.commands.programme(*place)
        if link.act is Act.RECEIVE:
            entered = report_for(programme, link.entry_id, link.period_from)
        else:
            entered = programme.entries.get(link.entry_id)
        if entered is None:
            raise NothingOwed
        recorded = await self._is_used(link, history, today)
        due_on = None if recorded else (await self._owed(programme, entered, link, today)).due_on
        about = replace(await self._about(link, today, entered.content, place), recorded=recorded)
        if isinstance(entered.event, ProgrammeExtensionRequested):
            return await self._to_extend(about, programme, entered.event, today)
        return replace(about, due_on=due_on)

    async def _to_extend(
        self, about: AskedDuty, programme: Programme, request: ProgrammeExtensionRequested, today: date
    ) -> AskedDuty:
        """Add what is asked for, by whom, and the present day of what it is about."""
        followed = programme.entries[request.of_entry]
        due_on = extensions.due_of(programme.entries, request, followed)
        units = await self.commands.directory.units_above({request.lead_unit_code or ""}, today)
        asking = units.name(request.lead_unit_code) if request.lead_unit_code else None
        return replace(
            about,
            due_on=due_on,
            request=request,
            asking_name=asking,
            of_entry=request.of_entry,
            entry_ref=followed.content.entry_ref,
            document=followed.content.document,
        )

    async def record(self, asked: AskedDuty, stated: Stated, today: date, metadata: Metadata) -> Handled[Any]:
        """Record the answer for the unit of the link, once."""
        by = await self._acting(asked.link.unit_code, today)
        if asked.link.answer is DutyAnswer.OBSTACLE:
            command = _obstacle(asked, stated, by, today)
        elif asked.link.answer is DutyAnswer.MORE_TIME or asked.request is not None:
            command = _about_time(asked, stated, by, today)
        elif asked.link.act is Act.REPORT:
            given = Submission(
                duty_id=asked.link.entry_id,
                period_from=asked.link.period_from,
                happened_on=stated.day,
                document=stated.document,
                note=stated.words,
            )
            command = submission(asked.requirement, asked.programme[0], given, by, today)
        else:
            command = _step(asked, stated, by, today)
        return await self.commands.enter(command, metadata)

    async def _acting(self, unit_code: str, today: date) -> Acting:
        """Act for a unit and for those for which it carries on."""
        carried = await self.read_model.carried_on_by(unit_code, today)
        return Acting(unit_code, units=carried | {unit_code}, carries_on=carried)

    async def _owed(self, programme: Programme, entered: Entered, link: DutyLink, today: date) -> Standing:
        """Give where an item stands that the unit of a link still owes; raises `NothingOwed`."""
        if entered.cancelled:
            raise NothingOwed
        standing = checks.standing_of(programme.entries, entered.event.entry_id)
        if standing.owed_by is not None:
            units = await self.commands.directory.units_carrying_on({standing.owed_by}, today)
            standing = replace(standing, owed_by=units.successor(standing.owed_by), left_by=standing.owed_by)
        if not _is_owed(programme, entered, standing, link):
            raise NothingOwed
        return standing

    async def _report(self, link: DutyLink, today: date) -> AskedDuty:
        requirement = await self.read_model.requirement(link.entry_id)
        if requirement is None or requirement.fact.cancelled_from is not None:
            raise NothingOwed
        expected = next(
            (
                each
                for each in requirement.expected
                if each.report_id == link.item_id and each.period.from_day == link.period_from
            ),
            None,
        )
        if expected is None:
            raise NothingOwed
        units = await self.commands.directory.units_carrying_on({expected.unit_code}, today)
        if units.successor(expected.unit_code) != link.unit_code:
            raise NothingOwed
        place = (expected.unit_code, requirement.year)
        programme, history = await self.commands.programme(*place)
        duty, of_duty = await self.commands.programme(link.asked_by, requirement.year)
        asks = link.answer is DutyAnswer.MORE_TIME
        recorded = await self._is_used(link, of_duty if asks else history, today)
        if not recorded and report_for(programme, link.entry_id, link.period_from) is not None:
            raise NothingOwed
        entry = duty.events.get(link.entry_id)
        if entry is None:
            raise NothingOwed
        about = await self._about(link, today, entry, (link.asked_by, requirement.year) if asks else place)
        return replace(
            about,
            due_on=expected.due_on,
            requirement=requirement,
            reporter=expected.unit_code,
            recorded=recorded,
        )

    async def _is_used(self, link: DutyLink, history: History, today: date) -> bool:
        """Tell whether a link has recorded something: in the programme of `history`, or else in that of its unit."""
        if link.answer is DutyAnswer.OBSTACLE:
            _, history = await self.commands.programme(link.unit_code, today.year)
        return any(event.metadata.idempotency_key == str(link.link_id) for event in history.events)

    async def _about(
        self, link: DutyLink, today: date, entry: ProgrammeEvent, place: tuple[str, int]
    ) -> AskedDuty:
        units = await self.commands.directory.units_above({link.unit_code, link.asked_by}, today)
        return AskedDuty(
            link=link,
            title=entry.title,
            unit_name=units.name(link.unit_code),
            asked_by_name=units.name(link.asked_by),
            dataset=entry.dataset,
            programme=place,
            entry_ref=entry.entry_ref,
            document=entry.document,
            earliest=entry.happened_on if link.act is not Act.REPORT else None,
            of_entry=entry.entry_id,
            draft_code=entry.draft_code,
        )


def _number(link: DutyLink) -> UUID:
    """Identify what a link records: pressed again it is the same."""
    return uuid5(LOA_NAMESPACE, f"duty:{link.link_id}")


def _is_owed(programme: Programme, entered: Entered, standing: Standing, link: DutyLink) -> bool:
    if link.act is Act.RECEIVE:
        return all(step.kind is not Kind.REPORT_RECEIVED for step in standing.steps)
    if standing.status is None or standing.status in ENDED:
        return False
    owed_by = standing.owed_by
    if link.act is Act.EXTEND:  # or by who stands above it, where it has not answered in time
        return True
    if link.act is Act.DECIDE:  # where no body is named, who decides what the unit asks for
        return link.unit_code == owed_by or link.asked_by in {owed_by, standing.left_by}
    if link.act is Act.ACCEPT:
        return owed_by == link.unit_code and checks.is_reported(programme.entries, entered)
    return owed_by == link.unit_code


def _step(asked: AskedDuty, stated: Stated, by: Acting, today: date) -> Record:
    unit_code, year = asked.programme
    decides = asked.link.act is Act.DECIDE
    return Record(
        by=by,
        today=today,
        kind=STEPS[asked.link.act],
        of_entry=asked.of_entry,
        entry_id=_number(asked.link),
        unit_code=unit_code,
        year=year,
        happened_on=stated.day,
        document=stated.document,
        note=stated.words,
        lead_unit_code=asked.link.unit_code if decides else None,
        dataset=asked.dataset,
    )


def _obstacle(asked: AskedDuty, stated: Stated, by: Acting, today: date) -> Record:
    """Raise an obstacle in the unit's own programme: what is asked goes to who assigned the item, and is settled as one."""
    link, begin = asked.link, "Khó khăn, vướng mắc: "
    reference = f" ({asked.entry_ref})" if asked.entry_ref else ""
    return Record(
        by=by,
        today=today,
        kind=Kind.OBSTACLE_RAISED,
        entry_id=_number(link),
        unit_code=link.unit_code,
        year=today.year,
        title=f"{begin}{asked.title}"[: MOST_TITLE - len(reference)] + reference,
        happened_on=today,
        lead_unit_code=link.asked_by if link.asked_by != link.unit_code else None,
        note=stated.words,
        duty_id=asked.of_entry,
        draft_code=asked.draft_code,
        dataset=asked.dataset,
    )


def _about_time(asked: AskedDuty, stated: Stated, by: Acting, today: date) -> Record:
    """Ask for more time, or give or refuse it, in the programme of who assigned the item."""
    unit_code, year = asked.programme
    request, period_from = asked.request, asked.link.period_from
    if request is None:
        kind, lead = Kind.EXTENSION_REQUESTED, asked.reporter
    else:
        kind = Kind.EXTENSION_REFUSED if asked.link.answer is DutyAnswer.REFUSE else Kind.TASK_EXTENDED
        lead, period_from = request.lead_unit_code, request.period_from
    return Record(
        by=by,
        today=today,
        kind=kind,
        of_entry=asked.of_entry,
        entry_id=_number(asked.link),
        unit_code=unit_code,
        year=year,
        happened_on=today,
        due_on=stated.until,
        reason=stated.words or BY_REQUEST,
        document=stated.document,
        lead_unit_code=lead,
        period_from=period_from,
        dataset=asked.dataset,
    )
