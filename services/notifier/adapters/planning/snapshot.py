"""Tables of the notifier: gaps with their alerts as they are projected, and the snapshot of all that planning reads."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    Table,
    and_,
    exists,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifier.adapters import tables
from services.notifier.adapters.planning.changes import changes_on
from services.notifier.adapters.planning.programmes import programmes, reminders
from services.notifier.adapters.planning.replies import (
    has_unsent_reply,
    is_mailed,
    is_no_practice,
    replies_on,
    with_replies,
)
from services.notifier.adapters.tables import (
    ALERT,
    DIGEST,
    DIGEST_DAY,
    DIGEST_LINE,
    MAILBOX_CHANGE,
    OBSTACLE_REPLY,
    PROGRAMME_ENTRY,
    RECIPIENT,
    ROUND,
    SENDING,
    SILENCE,
    SUPERVISION_CHANGE,
    SUPERVISOR_REPLY,
    UNIT_REQUEST,
    UNWANTED_MAIL,
    checkpoints,
    directory,
)
from services.notifier.application.ports import PlanningSnapshot
from services.notifier.domain.delivery.retries import NOTIFIED
from services.notifier.domain.digest import JOINT
from services.notifier.domain.gaps.gap_alert import (
    APPROVED,
    REFUSED,
    WAITING,
    AlertContext,
    AlertStatus,
    Gap,
    GapAlert,
    Silence,
    UnitRequest,
)
from services.notifier.domain.gaps.gap_alert_fold import GapAlerts
from services.notifier.domain.gaps.request_replies import SHOWN
from services.notifier.domain.gaps.unit_answers import ObstacleReply
from services.notifier.domain.notification.reasons import NOT_NOTIFIED, LastNotification, Reason, Standing
from services.notifier.domain.notification.timing import CHANGE, DECISION, REPLY, REQUESTS, Urgency
from services.notifier.domain.overview import MONTHS
from services.notifier.domain.programmes.notices import Programmes
from services.notifier.domain.recipients.audience import Recipient, Tree
from services.notifier.domain.recipients.preference import EVERYTHING, Preference
from services.notifier.domain.urging import URGING
from shared.contracts.envelope import Recorded
from shared.contracts.event import draft_id
from shared.contracts.vocabulary import (
    Dataset,
    GapClosure,
    Instrument,
    Language,
    OptionalMail,
    Procedure,
    RecipientRole,
    RequestKind,
    Stage,
    Weekday,
)
from shared.directory.projection import DirectoryProjection, leads_on, unit_directory
from shared.kernel.local_day import day_in_vietnam
from shared.persistence.database import reading, upsert
from shared.projections.rebuild import Purpose
from shared.rules.sequence import HALTS

PROJECTION = "notifier"
COLUMNS = tuple(column.name for column in fields(GapAlert))
_TYPES: Mapping[str, type[Enum]] = {
    "state": AlertStatus,
    "instrument": Instrument,
    "procedure": Procedure,
    "stage": Stage,
    "dataset": Dataset,
    "gap_closure": GapClosure,
    "closure": GapClosure,
}
_ANNOUNCED = and_(ALERT.c.is_current, ALERT.c.title.is_not(None))
_MAILED = is_no_practice(ALERT.c.dataset, ALERT.c.unit_code)
_UNFILLED = and_(ALERT.c.state == AlertStatus.RAISED, ALERT.c.title.is_(None))
REBUILD = f"{PROJECTION}.{Purpose.REBUILD}"


async def whole_position(connection: AsyncConnection) -> int:
    """Read up to which position the rows are whole: 0 while a rebuild fills the columns that a release added."""
    if await checkpoints.find(connection, REBUILD) is not None and await is_unfilled(connection):
        return 0
    return (await checkpoints.read(connection, PROJECTION)).position


async def is_unfilled(connection: AsyncConnection) -> bool:
    """Say whether a row was written by a release that did not know the gap's columns."""
    return await _any(connection, _UNFILLED)


async def is_pending(connection: AsyncConnection) -> bool:
    return await _any(connection, ALERT.c.pending)


async def _any(connection: AsyncConnection, wanted: ColumnElement[bool]) -> bool:
    return (await connection.execute(select(ALERT.c.alert_id).where(wanted).limit(1))).first() is not None


async def alerts_of_gaps(connection: AsyncConnection, gaps: Collection[UUID]) -> list[GapAlert]:
    """Read every row of some gaps."""
    return await _select(connection, ALERT.c.gap_id.in_(gaps))


async def put(connection: AsyncConnection, alerts: Iterable[GapAlert]) -> None:
    rows = [
        {name: getattr(alert, name) for name in COLUMNS} | {"pending": alert.is_pending} for alert in alerts
    ]
    await upsert(connection, ALERT, rows)


async def alerts_on(connection: AsyncConnection, day: date, notified: Collection[UUID]) -> list[GapAlert]:
    """Read the present row of each gap that is open on a day, or that a recipient was notified of before."""
    wanted = or_(
        ALERT.c.gap_closure.is_(None),
        ALERT.c.gap_closed_on > day,
        ALERT.c.gap_id.in_(notified),
        ALERT.c.pending,
    )
    return await _select(connection, and_(_ANNOUNCED, _MAILED, wanted))


async def gaps_since(connection: AsyncConnection, day: date) -> list[Gap]:
    """Read the gaps that are open, or that ended on a day or after it."""
    wanted = or_(ALERT.c.gap_closure.is_(None), ALERT.c.gap_closed_on >= day)
    return [alert.gap for alert in await _select(connection, and_(_ANNOUNCED, _MAILED, wanted))]


async def gaps_without_mail(connection: AsyncConnection, urgency: Urgency) -> list[Gap]:
    """Read the gaps within an urgency's bounds that stand in no mail; whether one is urgent is the domain's rule."""
    wanted = and_(
        _ANNOUNCED,
        _MAILED,
        ALERT.c.procedure.in_(urgency.procedures),
        ALERT.c.due_on.between(urgency.first, urgency.last),
        ~exists().where(DIGEST_LINE.c.gap_id == ALERT.c.gap_id),
    )
    return [alert.gap for alert in await _select(connection, wanted)]


async def _select(connection: AsyncConnection, wanted: ColumnElement[bool]) -> list[GapAlert]:
    columns = [ALERT.c[name] for name in COLUMNS]
    in_order = select(*columns).where(wanted).order_by(ALERT.c.due_on, ALERT.c.draft_code, ALERT.c.alert_id)
    return [_alert_of(row) for row in (await connection.execute(in_order)).mappings()]


def _alert_of(row: RowMapping) -> GapAlert:
    values: dict[str, Any] = {name: row[name] for name in COLUMNS}
    typed = {name: made(values[name]) for name, made in _TYPES.items() if values[name] is not None}
    policies = None if values["policies"] is None else tuple(values["policies"])
    return GapAlert(**values | typed | {"policies": policies})


@dataclass(frozen=True, slots=True)
class SqlPendingAlerts:
    """The rows whose alert is not in the state of its gap, for the publisher."""

    engine: AsyncEngine

    async def position(self) -> int:
        async with self.engine.connect() as connection:
            return await whole_position(connection)

    async def pending(self, limit: int, after: UUID | None) -> Sequence[GapAlert]:
        """Read some of them by id, beginning after one."""
        wanted = ALERT.c.pending if after is None else and_(ALERT.c.pending, ALERT.c.alert_id > after)
        query = select(*(ALERT.c[name] for name in COLUMNS)).where(wanted)
        async with reading(self.engine) as connection:
            rows = await connection.execute(query.order_by(ALERT.c.alert_id).limit(limit))
            return [_alert_of(row) for row in rows.mappings()]


GAPS = frozenset({"compliance", "alert"})


@dataclass(frozen=True, slots=True)
class NotifierProjection:
    """`rows` writes the directory and single rows. `publish` is called whenever the rows are as new as the log."""

    rows: DirectoryProjection
    publish: Callable[[], Awaitable[None]]

    @property
    def name(self) -> str:
        return self.rows.name

    @property
    def contexts(self) -> frozenset[str]:
        return self.rows.contexts

    @property
    def tables(self) -> Sequence[Table]:
        return self.rows.tables

    def uses(self, context: str, name: str) -> bool:
        return context in GAPS or self.rows.uses(context, name)

    async def apply(self, connection: AsyncConnection, events: Sequence[Recorded]) -> None:
        await self.rows.apply(connection, events)
        about = [event for event in events if event.ref.context in GAPS]
        if gaps := {gap for event in about if (gap := _gap(event))}:
            alerts = GapAlerts.of(await alerts_of_gaps(connection, gaps))
            await put(connection, alerts.apply(about))

    async def began(self) -> None:
        """Ask for a rebuild if replicas of an older release wrote rows without what this one needs."""
        await self.rows.began()
        async with self.rows.engine.begin() as connection:
            if await is_unfilled(connection):
                await tables.checkpoints.ask(connection, REBUILD)

    async def caught_up(self) -> None:
        await self.publish()


def _gap(event: Recorded) -> UUID | None:
    data: Any = event.data
    return getattr(data, "gap_id", None)


@dataclass(frozen=True, slots=True)
class SqlSilences:
    engine: AsyncEngine

    async def add(self, silence: Silence, now: datetime, by: str) -> None:
        values = {name: getattr(silence, name) for name in _COLUMNS}
        async with self.engine.begin() as connection:
            await connection.execute(insert(SILENCE).values(created_at=now, created_by=by, **values))

    async def listed(self, today: date, *, past: bool) -> list[Mapping[str, Any]]:
        """List the silences that hold or are to come, the first to end first; `past`: all there ever were."""
        live = and_(SILENCE.c.lifted_at.is_(None), SILENCE.c.last_day >= today)
        query = select(SILENCE).order_by(SILENCE.c.last_day, SILENCE.c.silence_id)
        async with reading(self.engine) as connection:
            rows = await connection.execute(query if past else query.where(live))
            return [dict(row) for row in rows.mappings()]

    async def by_id(self, silence_id: UUID) -> Silence | None:
        async with reading(self.engine) as connection:
            row = (
                await connection.execute(select(SILENCE).where(SILENCE.c.silence_id == silence_id))
            ).mappings()
            return next(map(_silence_of, row), None)

    async def lead_of(self, draft_code: str | None, day: date) -> str | None:
        """Give the unit that leads a draft on a day; None for a draft that is not registered (yet)."""
        draft, lead = directory.drafts.draft.c, directory.drafts.lead
        query = (
            select(lead.c.unit_code)
            .join(directory.drafts.draft, draft.draft_id == lead.c.draft_id)
            .where(draft.draft_code == draft_code, leads_on(directory.drafts, day))
        )
        async with reading(self.engine) as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def lift(self, silence_id: UUID, now: datetime, by: str) -> bool:
        """End a silence at once; False if there is none that holds."""
        holding = and_(SILENCE.c.silence_id == silence_id, SILENCE.c.lifted_at.is_(None))
        async with self.engine.begin() as connection:
            done = await connection.execute(
                update(SILENCE).where(holding).values(lifted_at=now, lifted_by=by)
            )
        return done.rowcount == 1


async def silences_on(connection: AsyncConnection, day: date) -> list[Silence]:
    """Read what holds on a day; what was lifted doesn't."""
    holding = and_(SILENCE.c.lifted_at.is_(None), SILENCE.c.first_day <= day, SILENCE.c.last_day >= day)
    rows = await connection.execute(select(SILENCE).where(holding).order_by(SILENCE.c.created_at))
    return [_silence_of(row) for row in rows.mappings()]


def _silence_of(row: RowMapping) -> Silence:
    values: dict[str, Any] = {name: row[name] for name in _COLUMNS}
    return Silence(**values | {"stage": Stage(row["stage"]) if row["stage"] else None})


_COLUMNS = ("silence_id", "unit_code", "draft_code", "stage", "first_day", "last_day", "reason")


async def preferences(
    connection: AsyncConnection, of: Collection[UUID] | None = None
) -> dict[UUID, Preference]:
    """Give the preference of each mailbox that ever asked for something: of all, or `of` some."""

    def asked(table: Table) -> Select[Any]:
        return select(table) if of is None else select(table).where(table.c.recipient_id.in_(of))

    chosen: dict[UUID, Preference] = defaultdict(lambda: EVERYTHING)
    for row in await connection.execute(asked(DIGEST_DAY).where(DIGEST_DAY.c.digest_day.is_not(None))):
        chosen[row.recipient_id] = Preference(digest_day=Weekday(row.digest_day))
    for row in await connection.execute(asked(UNWANTED_MAIL)):
        preference = chosen[row.recipient_id]
        chosen[row.recipient_id] = replace(
            preference, unwanted=preference.unwanted | {OptionalMail(row.kind)}
        )
    return dict(chosen)


@dataclass(frozen=True, slots=True)
class SqlMailRuns:
    engine: AsyncEngine

    async def close(self, keys: Sequence[str], now: datetime) -> None:
        rows = [{"round_key": key, "done_at": now} for key in keys]
        if rows:
            async with self.engine.begin() as connection:
                await connection.execute(postgresql_insert(ROUND).values(rows).on_conflict_do_nothing())


AT_ONCE = timedelta(hours=1)  # a change of so short a time ago makes a mail run of its own
NOTICES_KEPT = timedelta(days=366)  # for how long the ledger is asked for mails about a request or a change
REMEMBERED = timedelta(days=31 * (MONTHS + 1))  # of gaps that closed: what the monthly page looks back on


@dataclass(frozen=True, slots=True)
class SqlSnapshots:
    """`justice_unit` is the code of the body that follows the whole country, if it is one of the units."""

    engine: AsyncEngine
    justice_unit: str | None = None
    deadline_documents: Mapping[str, str] = field(default_factory=dict)

    async def position(self) -> int:
        async with self.engine.connect() as connection:
            return await whole_position(connection)

    async def is_pending(self) -> bool:
        async with reading(self.engine) as connection:
            return await is_pending(connection)

    async def runs(self) -> frozenset[str]:
        async with reading(self.engine) as connection:
            return await _runs(connection)

    async def unwritten(self, urgency: Urgency) -> Sequence[Gap]:
        async with self.engine.connect() as connection:
            return await gaps_without_mail(connection, urgency)

    async def has_new_change(self, now: datetime) -> bool:
        """Say whether there was a change of the last hour that no mail is about yet."""
        async with self.engine.connect() as connection:
            changes = await changes_on(connection, day_in_vietnam(now))
            recent = [change for change in changes if change.at >= now - AT_ONCE]
            keys = select(DIGEST.c.digest_key).where(
                DIGEST.c.kind == CHANGE, DIGEST.c.created_at >= now - AT_ONCE
            )
            mailed = set((await connection.execute(keys)).scalars()) if recent else set()
        return any(
            not any(key.startswith(f"{CHANGE}.{change.change_id}.") for key in mailed) for change in recent
        )

    async def has_untold_decision(self, day: date) -> bool:
        mailed, card = is_mailed(DECISION, UNIT_REQUEST.c.request_id), directory.drafts.draft
        decided = and_(
            UNIT_REQUEST.c.state.in_((APPROVED, REFUSED)), UNIT_REQUEST.c.settled_on >= day - SHOWN, ~mailed
        )
        async with self.engine.connect() as connection:
            rows = await connection.execute(
                select(UNIT_REQUEST.c.request_id)
                .join(card, card.c.draft_id == UNIT_REQUEST.c.draft_id)
                .where(decided, is_no_practice(card.c.dataset, UNIT_REQUEST.c.unit_code))
                .limit(1)
            )
            return rows.first() is not None or await has_unsent_reply(connection, day)

    async def justice_of(self, unit_code: str, day: date) -> str | None:
        """Find the justice body that follows a unit on a day."""
        async with self.engine.connect() as connection:
            return (await _tree(connection, self.justice_unit, day, {})).justice_of(unit_code)

    async def read(self, day: date) -> PlanningSnapshot:
        """Take the read model and the ledger as they stand together: no rebuild can come between."""
        async with self.engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            position = await whole_position(connection)
            notified = await _notified(connection, day)
            rows = await alerts_on(connection, day, {gap for mine in notified.values() for gap in mine})
            alerts = [
                alert for alert in rows if not alert.is_pending and alert.state is not AlertStatus.ANNOUNCED
            ]
            filled = await _filled(connection)
            silences = await silences_on(connection, day) if SILENCE in filled else []
            halted = await _halted(connection)
            requests = await requests_on(connection, day) if UNIT_REQUEST in filled else []
            replies = await replies_on(connection, day, requests) if SUPERVISOR_REPLY in filled else []
            if replies:
                requests = with_replies(requests, replies)
            contexts = dict(_contexts(alerts, halted, silences, requests, day))
            return PlanningSnapshot(
                position=position,
                gaps=[alert.gap for alert in alerts],
                recipients=await _recipients(connection),
                tree=await _tree(connection, self.justice_unit, day, self.deadline_documents),
                contexts=await _with_replies(connection, contexts, day),
                policies=await _policy_titles(connection, {alert.draft_code for alert in alerts}),
                notified=notified,
                done=await _mailed(connection, DIGEST.c.day == day),
                later=await _mailed(connection, DIGEST.c.day > day),
                runs=await _runs(connection),
                history=await gaps_since(connection, day - REMEMBERED),
                preferences=await preferences(connection),
                pending=[alert for alert in rows if alert.is_pending],
                requests=requests,
                replies=replies,
                changes=await changes_on(connection, day) if filled & CHANGES else [],
                notice_keys=await _notice_keys(connection, day),
                silences=silences,
                programmes=await programmes(connection) if PROGRAMME_ENTRY in filled else Programmes(),
                reminders=await reminders(connection, day) if PROGRAMME_ENTRY in filled else {},
            )


CHANGES = frozenset({MAILBOX_CHANGE, SUPERVISION_CHANGE, SENDING, SILENCE})
MAY_BE_EMPTY = (*CHANGES, UNIT_REQUEST, SUPERVISOR_REPLY, PROGRAMME_ENTRY)


async def _filled(connection: AsyncConnection) -> frozenset[Table]:
    """Say which of the tables that many offices never fill have rows: the others are not read, and no mail is planned of them."""
    has_rows = [exists(select(table)).label(table.name) for table in MAY_BE_EMPTY]
    row = (await connection.execute(select(*has_rows))).one()
    return frozenset(table for table in MAY_BE_EMPTY if getattr(row, table.name))


async def _runs(connection: AsyncConnection) -> frozenset[str]:
    return frozenset((await connection.execute(select(ROUND.c.round_key))).scalars())


def _contexts(
    alerts: Sequence[GapAlert],
    halted: set[UUID],
    silences: Sequence[Silence],
    requests: Sequence[UnitRequest],
    day: date,
) -> Iterator[tuple[UUID, AlertContext]]:
    """Give the context of each gap: of a transferred one, the new unit's answers."""
    asked: dict[tuple[str, str], list[UnitRequest]] = defaultdict(list)
    for request in requests:
        asked[request.draft_code, request.unit_code].append(request)
    for alert in alerts:
        about = alert.gap.unit_code, alert.gap.draft_code, alert.gap.stage
        silence = next((silence_row for silence_row in silences if silence_row.covers(*about, day)), None)
        context = alert.context(silence, halted=draft_id(alert.draft_code) in halted)
        of_unit = tuple(asked[alert.draft_code, alert.unit_code])
        yield alert.gap_id, replace(context, requests=of_unit)


async def _with_replies(
    connection: AsyncConnection, contexts: Mapping[UUID, AlertContext], day: date
) -> Mapping[UUID, AlertContext]:
    """Add how reported obstacles were answered by a day, to those contexts that have some."""
    reported = {
        answer.answer_id: gap_id
        for gap_id, context in contexts.items()
        for answer in context.answers
        if answer.is_obstacle and answer.answer_id
    }
    reply = OBSTACLE_REPLY.c
    query = select(OBSTACLE_REPLY).where(reply.of_entry.in_(reported), reply.answered_on <= day)
    rows = await connection.execute(query.order_by(reply.answered_on, reply.entry_id)) if reported else ()
    replies: dict[UUID, list[ObstacleReply]] = defaultdict(list)
    for row in rows:
        replies[reported[row.of_entry]].append(
            ObstacleReply(answer_id=row.of_entry, on=row.answered_on, document=row.document, note=row.note)
        )
    answered = {gap_id: replace(contexts[gap_id], replies=tuple(given)) for gap_id, given in replies.items()}
    return {**contexts, **answered}


async def _policy_titles(
    connection: AsyncConnection, drafts: Collection[str]
) -> Mapping[str, Mapping[int, str]]:
    """Read what the policies of some drafts are called, by draft and number."""
    policy, card = directory.drafts.policy, directory.drafts.draft
    query = (
        select(card.c.draft_code, policy.c.policy_no, policy.c.title)
        .join(card, card.c.draft_id == policy.c.draft_id)
        .where(card.c.draft_code.in_(drafts))
    )
    titles: dict[str, dict[int, str]] = defaultdict(dict)
    for row in await connection.execute(query):
        titles[row.draft_code][row.policy_no] = row.title
    return dict(titles)


async def requests_on(connection: AsyncConnection, day: date) -> list[UnitRequest]:
    """Read the requests that wait, and those settled in the last days, in the order of raising."""
    card = directory.drafts.draft
    wanted = or_(UNIT_REQUEST.c.state == WAITING, UNIT_REQUEST.c.settled_on >= day - SHOWN)
    query = (
        select(UNIT_REQUEST, card.c.draft_code, card.c.title, card.c.instrument, card.c.dataset)
        .join(card, card.c.draft_id == UNIT_REQUEST.c.draft_id)
        .where(wanted, is_no_practice(card.c.dataset, UNIT_REQUEST.c.unit_code))
        .order_by(UNIT_REQUEST.c.position)
    )
    return [_request_of(row) for row in (await connection.execute(query)).mappings()]


def _request_of(row: RowMapping) -> UnitRequest:
    names = {column.name for column in fields(UnitRequest)} - {"answer_by", "replies"}
    values: dict[str, Any] = {name: row[name] for name in names}
    typed = {
        "kind": RequestKind(row["kind"]),
        "instrument": Instrument(row["instrument"]),
        "dataset": Dataset(row["dataset"]),
    }
    return UnitRequest(**values | typed)


async def _notice_keys(connection: AsyncConnection, day: date) -> frozenset[str]:
    """Read the keys of mails about requests and changes, and of what stood in joint mails."""
    kinds = (DECISION, REPLY, REQUESTS, CHANGE, URGING, JOINT)
    recent = and_(DIGEST.c.kind.in_(kinds), DIGEST.c.day >= day - NOTICES_KEPT)
    rows = await connection.execute(select(DIGEST.c.digest_key, DIGEST.c.parts).where(recent))
    return frozenset(
        key for row in rows for key in (row.digest_key, *(part["key"] for part in row.parts or ()))
    )


async def _halted(connection: AsyncConnection) -> set[UUID]:
    """Find the drafts whose last occurrence is a suspension, a withdrawal or a merger.

    Not as of the planned day: a clock that jumps back must not mail about a draft that has ended.
    """
    stage = directory.drafts.stage
    resting = select(stage.c.draft_id).where(stage.c.stage.in_(HALTS), stage.c.exited_on.is_(None))
    return set((await connection.execute(resting)).scalars())


async def _recipients(connection: AsyncConnection) -> list[Recipient]:
    rows = await connection.execute(select(RECIPIENT).order_by(RECIPIENT.c.unit_code, RECIPIENT.c.email))
    return [recipient_of(row) for row in rows.mappings()]


def recipient_of(row: RowMapping) -> Recipient:
    values: dict[str, Any] = {field.name: row[field.name] for field in fields(Recipient)}
    typed = {"role": RecipientRole(row["role"]), "language": Language(row["language"])}
    return Recipient(**values | typed)


async def _tree(
    connection: AsyncConnection, justice_unit: str | None, day: date, deadline_documents: Mapping[str, str]
) -> Tree:
    units = await unit_directory(connection, directory.units)
    return Tree(directory=units, day=day, justice_unit=justice_unit, deadline_documents=deadline_documents)


def _last_words(day: date) -> Select[Any]:
    """Select each recipient's last notification of each gap by a day, from mails that were not refused."""
    delivered = and_(
        DIGEST.c.state.in_(NOTIFIED), DIGEST.c.day <= day, DIGEST_LINE.c.reason.not_in(NOT_NOTIFIED)
    )
    return (
        select(DIGEST.c.recipient_id, DIGEST.c.day, *DIGEST_LINE.c)
        .join(DIGEST_LINE, DIGEST_LINE.c.digest_key == DIGEST.c.digest_key)
        .where(delivered)
        .ext(distinct_on(DIGEST.c.recipient_id, DIGEST_LINE.c.gap_id))
        .order_by(DIGEST.c.recipient_id, DIGEST_LINE.c.gap_id, DIGEST.c.day.desc(), DIGEST.c.kind)
    )


async def _notified(connection: AsyncConnection, day: date) -> Mapping[UUID, Mapping[UUID, LastNotification]]:
    notified: dict[UUID, dict[UUID, LastNotification]] = {}
    for row in await connection.execute(_last_words(day)):
        last = LastNotification(
            day=row.day,
            standing=Standing(row.standing),
            due_on=row.due_on,
            policies=tuple(row.policies),
            unit_code=row.unit_code,
            above=Reason(row.reason).is_above,
        )
        if not last.is_over:
            notified.setdefault(row.recipient_id, {})[row.gap_id] = last
    return notified


async def _mailed(connection: AsyncConnection, when: ColumnElement[bool]) -> frozenset[tuple[str, UUID]]:
    """Read which kinds of mail the ledger has for whom, those in joint mails among them."""
    rows = await connection.execute(select(DIGEST.c.kind, DIGEST.c.recipient_id, DIGEST.c.parts).where(when))
    return frozenset(
        (kind, row.recipient_id)
        for row in rows
        for kind in (row.kind, *(part["kind"] for part in row.parts or ()))
    )
