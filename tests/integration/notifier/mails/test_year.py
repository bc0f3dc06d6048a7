"""A year of days: every mail that went out, and none that must not have, against a second reading of the rules.

The notifier runs as a whole, on a real broker and database, under a clock that is set by hand. Gaps come and go
at random; units answer, are silenced, dissolved and lose their mailboxes, which end kinds of mail and choose days; ticks are doubled, early, late and lost.
"""

import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from nats.aio.client import Client
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from deploy.sample import exercise
from services.notifier.adapters.delivery.message import MailboxLink, claims_of, seal
from services.notifier.domain.recipients.preference import offered
from shared.contracts.envelope import CATALOG, AggregateRef, decode
from shared.contracts.event import Event, alert_id, draft_id, unit_id
from shared.contracts.notifier import AlertAcknowledged, AlertEscalated, AlertSilenced, AlertSnoozed
from shared.contracts.registry import DraftRegistered, DraftSuspended, UnitRegistered, UnitSucceeded
from shared.contracts.vocabulary import (
    GapClosure,
    Instrument,
    OptionalMail,
    Procedure,
    RecipientRole,
    Regime,
    Stage,
    SuccessionKind,
    UnitKind,
    UnitLevel,
    Weekday,
)
from shared.eventstore.streams import TICKS
from shared.kernel.local_day import VIETNAM
from shared.kernel.runtime import new_id
from shared.projections.batches import Feed
from shared.rules.rulebook.rulebook import load_rulebook
from tests.integration.notifier.notifier_fixture import NotifierFixture, Writer, changed, closed, opened
from tests.support.platform.service import Api, eventually
from tests.support.rules.naive_mail import Expected, NaiveNotifier, Quiet

CALENDAR = load_rulebook().calendar
LEADING = ("VD-SO-A", "VD-SO-B", "VD-SO-C", "VD-SO-D", "VD-SO-E", "VD-XA", "VD-STP", "VD-UBND")
MAILED = (  # notices of changes have their own rule and test (test_changes.py)
    "SELECT d.kind, r.email, l.gap_id, l.reason, d.digest_key FROM digest d JOIN recipient r USING (recipient_id)"
    " LEFT JOIN digest_line l USING (digest_key) WHERE d.day = :day AND d.kind <> 'change'"
)


POSITION = "SELECT position FROM projection_checkpoint WHERE projection = 'notifier'"


@dataclass
class Gap:
    gap_id: UUID
    facts: dict[str, Any]
    since: date


@dataclass
class Office:
    """The exercise office, with whatever a seed makes of its year."""

    notifier_env: NotifierFixture
    api: Api
    answers: Writer
    operator: Client
    database: AsyncConnection
    naive: NaiveNotifier
    chance: random.Random
    gaps: dict[UUID, Gap] = field(default_factory=dict)
    seen: Expected = field(default_factory=dict)

    # -- what happens in the office ----------------------------------------------------------------

    async def write(self, writer: Writer, ref: AggregateRef, event: Event) -> None:
        await writer.write(ref, event)
        self.naive.learn(event)

    async def on_gap(self, gap: Gap, event: Event) -> None:
        await self.write(self.notifier_env.metrics, AggregateRef("compliance", gap.gap_id), event)

    async def begin(self, day: date, *, simplified: bool, unit: str | None = None) -> None:
        gap_id = new_id()
        facts: dict[str, Any] = {
            "draft_code": f"VD-{str(gap_id)[:8].upper()}",
            "unit_code": unit or self.chance.choice(LEADING),
            "procedure": Procedure.SIMPLIFIED if simplified else Procedure.ORDINARY,
            "stage": self.chance.choice([Stage.DRAFT_CONSULTATION, Stage.DRAFTING, Stage.APPRAISAL]),
            "since": day,
            "due_on": CALENDAR.add_working_days(day, 2 if simplified else 5),
            "policies": (1, 2),
        }
        facts["draft_id"] = draft_id(facts["draft_code"])
        gap = self.gaps[gap_id] = Gap(gap_id, facts, day)
        await self.on_gap(gap, opened(gap_id, **facts))

    async def end(self, gap: Gap, day: date, reason: GapClosure) -> None:
        await self.on_gap(gap, closed(gap.gap_id, day, reason, **gap.facts))
        del self.gaps[gap.gap_id]

    async def change(self, gap: Gap, day: date, **facts: Any) -> None:
        gap.facts |= facts
        gap.since = day
        await self.on_gap(gap, changed(gap.gap_id, **gap.facts))

    async def live(self, day: date) -> None:
        """One day of the office, before eight."""
        for _ in range(self.chance.choices([0, 1, 2], [70, 25, 5])[0]):
            await self.begin(day, simplified=self.chance.random() < 0.2)
        for gap in list(self.gaps.values()):
            await self.live_with(gap, day)

    async def live_with(self, gap: Gap, day: date) -> None:
        settled = day - gap.since > timedelta(days=2)
        what = self.chance.random()
        if what < 0.035:
            await self.end(gap, day, GapClosure.COVERED)
        elif what < 0.050:
            others = [
                GapClosure.STAGE_LEFT,
                GapClosure.EXEMPTED,
                GapClosure.RULES_CHANGED,
                GapClosure.CORRECTED,
            ]
            await self.end(gap, day, self.chance.choice(others))
        elif what < 0.058:
            await self.suspend(gap, day)
        elif what < 0.066:
            await self.change(gap, day, unit_code=self.chance.choice(LEADING))
        elif what < 0.074:
            earlier = max(gap.facts["since"], gap.facts["due_on"] - timedelta(days=1))
            await self.change(gap, day, due_on=earlier, policies=(*gap.facts["policies"], 3))
        elif what < 0.095 and settled:
            await self.plan(gap, day)
        elif what < 0.105 and settled:
            await self.snooze(gap, day)

    async def suspend(self, gap: Gap, day: date) -> None:
        """The registry knows it at once, metrics says so only a day later: no mail goes out in between."""
        ref = AggregateRef("draft", gap.facts["draft_id"])
        await self.notifier_env.registry.write(ref, self._registered(gap))
        await self.notifier_env.registry.write(ref, DraftSuspended(on=day))
        self.naive.halted.add(gap.facts["draft_code"])
        gap.facts["suspended"] = day

    def _registered(self, gap: Gap) -> DraftRegistered:
        """The draft of a gap; which instrument it is matters to nobody here."""
        return DraftRegistered(
            draft_id=gap.facts["draft_id"],
            draft_code=gap.facts["draft_code"],
            title="Nghị định",
            instrument=Instrument.DECREE,
            lead_unit_code=gap.facts["unit_code"],
            regime=Regime.LAW_2025,
        )

    async def close_suspended(self, day: date) -> None:
        for gap in list(self.gaps.values()):
            if (on := gap.facts.get("suspended")) and on < day:
                del gap.facts["suspended"]
                await self.end(gap, on, GapClosure.SUSPENDED)

    async def plan(self, gap: Gap, day: date) -> None:
        planned = day + timedelta(days=self.chance.randint(1, 12))
        facts = {k: gap.facts[k] for k in ("draft_code", "unit_code", "stage")}
        ref = self.alert(gap)
        event = AlertAcknowledged(alert_id=ref.id, gap_id=gap.gap_id, planned_on=planned, **facts)
        await self.write(self.answers, ref, event)

    async def snooze(self, gap: Gap, day: date) -> None:
        ref, until = self.alert(gap), day + timedelta(days=self.chance.randint(0, 6))
        event = AlertSnoozed(
            alert_id=ref.id, gap_id=gap.gap_id, unit_code=gap.facts["unit_code"], on=day, until=until
        )
        await self.write(self.answers, ref, event)

    def alert(self, gap: Gap) -> AggregateRef:
        return AggregateRef("alert", alert_id(gap.gap_id, gap.facts["unit_code"]))

    async def silence(
        self, day: date, days: int, *, unit: str | None = None, draft: str | None = None
    ) -> None:
        last = day + timedelta(days=days)
        body = {"last_day": last.isoformat(), "reason": "thử", "unit_code": unit, "draft_code": draft}
        assert (await self.api.client.post("/silences", json=body)).status_code == 201
        self.naive.silences.append(Quiet(unit, draft, day, last))

    async def list_boxes(self, unit: str, boxes: list[tuple[str, str]]) -> None:
        """Make these (address, role) the mailboxes of a unit."""
        body = [{"role": role, "email": email} for email, role in boxes]
        assert (await self.api.client.put(f"/units/{unit}/recipients", json=body)).status_code == 200
        kept = [box for box in self.naive.boxes if box[1] != unit]
        self.naive.boxes = [*kept, *((email, unit, role) for email, role in boxes)]

    async def choose(self, day: date) -> None:
        """Let a mailbox say on its page what it wants to be sent."""
        address, unit, role = self.chance.choice(self.naive.boxes)
        weekday = self.chance.choice([None, None, *Weekday])
        unwanted = {kind for kind in OptionalMail if self.chance.random() < 0.3} & {
            *offered(RecipientRole(role))
        }
        listed = (await self.api.client.get(f"/units/{unit}/recipients")).json()["recipients"]
        (recipient,) = (UUID(row["recipient_id"]) for row in listed if row["email"] == address)
        link = MailboxLink(recipient_id=recipient, unit_code=unit, expires=moment(day + timedelta(days=1), 0))
        form = {
            "frequency": weekday or "each_day",
            "kind": [kind for kind in OptionalMail if kind not in unwanted],
        }
        page = await self.api.client.post(
            f"/mailbox/{seal(self.notifier_env.links.key).token(claims_of(link))}", data=form
        )
        assert page.status_code == 200, page.text
        self.naive.weekdays.pop(address, None)
        if weekday:
            self.naive.weekdays[address] = list(Weekday).index(weekday) + 1
        others = {(box, kind) for box, kind in self.naive.unwanted if box != address}
        self.naive.unwanted = others | {(address, kind) for kind in unwanted}

    # -- ticks, and what they brought --------------------------------------------------------------

    async def tick(self, at: datetime) -> None:
        """Let the broker's own tick come once the day is in the rows, and wait until the notifier has answered it.

        A tick that is quicker than the projector finds nothing that hurries; the next minute's does. Here is only one.
        """
        self.notifier_env.clock.moment = at
        await self.caught_up()
        js = self.operator.jetstream()
        sent = (await js.publish("loa-ticks.minute", b"")).seq

        async def answered() -> bool:
            info = await js.consumer_info(TICKS, "notifier-ticks")
            return bool(info.ack_floor and info.ack_floor.stream_seq >= sent)

        await eventually(answered)

    async def caught_up(self) -> None:
        head = await self.notifier_env.head()

        async def is_there() -> bool:
            at = (await self.database.execute(text(POSITION))).scalar()
            await self.database.rollback()
            return at is not None and at >= head

        await eventually(is_there)

    async def expect(self, day: date, expected: Expected) -> None:
        """Compare all mails of a day so far with what must have gone out."""
        self.seen |= expected
        match: Expected = {}
        for row in (await self.database.execute(text(MAILED), {"day": day})).mappings():
            gap = str(row["gap_id"])
            kind = f"immediate {gap}" if row["kind"] == "immediate" else row["kind"]
            lines = match.setdefault((row["email"], kind), {})
            if row["gap_id"]:
                lines[gap] = row["reason"]
        assert match == self.seen, day
        await self.database.rollback()


@asynccontextmanager
async def office(notifier_env: NotifierFixture, seed: int, first: date) -> AsyncIterator[Office]:
    chance, naive = random.Random(seed), NaiveNotifier(CALENDAR.is_working)
    engine = create_async_engine(notifier_env.settings.async_database_url)
    notifier_env.clock.moment = moment(first, 6)
    async with (
        notifier_env.notifier() as api,
        notifier_env.server_as("notifier") as answers,
        notifier_env.operator() as operator,
        engine.connect() as database,
    ):
        made = Office(notifier_env, api, Writer(answers), operator, database, naive, chance)
        for code, name, level, kind, parent in exercise.UNITS:
            unit = UnitRegistered(
                unit_code=code,
                unit_name=name,
                level=UnitLevel(level),
                kind=UnitKind(kind),
                parent_code=parent or None,
            )
            await made.write(notifier_env.registry, AggregateRef("unit", unit_id(code)), unit)
        for unit_code in dict.fromkeys(unit for unit, *_ in exercise.RECIPIENTS):
            listed = [(email, role) for unit, role, email, _ in exercise.RECIPIENTS if unit == unit_code]
            await made.list_boxes(unit_code, listed)
        yield made
    await engine.dispose()


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=VIETNAM)


def days(first: date, number: int) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range(number))


async def run(made: Office, first: date, number: int) -> None:
    """Live through the days; `away` is until when nobody ticks."""
    away, held = first - timedelta(days=1), False
    for count, day in enumerate(days(first, number)):
        made.seen = {}
        await made.close_suspended(day)
        await made.live(day)
        await special(made, day, count)
        if made.chance.random() < 0.4:
            await made.choose(day)
        if made.chance.random() < 0.02:
            away = day + timedelta(days=made.chance.randint(0, 6))
        if count in {15, 22}:
            held = count == 15
            action = "hold" if held else "release"
            await made.api.client.post(f"/sending/{action}", json={"reason": "thử"})
        if day <= away:
            continue
        if made.chance.random() < 0.15:
            await made.tick(moment(day, 7, 58))
            await made.expect(day, {})
        late = made.chance.random() < 0.1
        await made.tick(moment(day, 13 if late else 8, 1))
        await made.expect(day, {} if held else made.naive.morning(day))
        await again(made, day, held=held)


async def again(made: Office, day: date, *, held: bool) -> None:
    """The rest of the day: what can't wait, ticks that come twice, a clock that jumps back and forth."""
    if made.chance.random() < 0.2:
        await made.begin(day - timedelta(days=made.chance.randint(0, 2)), simplified=True)
        await made.tick(moment(day, 14))
        await made.expect(day, {} if held else made.naive.at_once(day, 14))
    if made.chance.random() < 0.2:
        await made.tick(moment(day - timedelta(days=1), 9))
        await made.tick(moment(day, 15))
        await made.expect(day, {} if held else made.naive.at_once(day, 15))


async def special(made: Office, day: date, count: int) -> None:
    """What happens once: silences, a unit that loses its mailboxes, one that another takes over."""
    if count % 30 == 10:
        await made.silence(day, 4, unit=made.chance.choice(LEADING))
    if count % 30 == 20 and made.gaps:
        draft = made.chance.choice(list(made.gaps.values())).facts["draft_code"]
        await made.silence(day, 9, draft=draft)
    if count == 5:
        await made.list_boxes("VD-SO-D", [])
    if count == 30:
        await made.list_boxes("VD-SO-D", [("moi.so-d@example.vn", "head")])
    if count == 25:
        ref = AggregateRef("unit", unit_id("VD-SO-C"))
        event = UnitSucceeded(
            unit_code="VD-SO-C", to_code="VD-SO-A", kind=SuccessionKind.MERGE, on=day + timedelta(days=3)
        )
        await made.write(made.notifier_env.registry, ref, event)


async def in_the_log(made: Office) -> tuple[set[Any], set[Any]]:
    """Read which matters the log says were taken up the tree, and which were kept quiet."""
    up, quiet = set(), set()
    async with made.notifier_env.operator() as client:
        feed, head = Feed(client, 0), await made.notifier_env.head()
        last = 0
        while last < head:
            for raw in await feed.batch(1000, 1.0):
                last = raw.position
                event = decode(CATALOG, raw.position, raw.payload).data
                if isinstance(event, AlertEscalated):
                    up.add((event.gap_id, event.unit_code, event.level, event.to_unit_code))
                elif isinstance(event, AlertSilenced):
                    quiet.add((event.gap_id, event.unit_code))
        await feed.close()
    return up, quiet


@pytest.mark.parametrize(
    ("seed", "first", "number"),
    [
        pytest.param(
            1,
            date(2026, 2, 2),
            45,
            id="six weeks around Tết",
            marks=[pytest.mark.slow, pytest.mark.timeout(240)],
        ),
        pytest.param(
            2,
            date(2025, 7, 1),
            365,
            id="a year",
            marks=[pytest.mark.chaos, pytest.mark.long, pytest.mark.timeout(900)],
        ),
    ],
)
async def test_every_mail_of_a_year(
    notifier_env: NotifierFixture, seed: int, first: date, number: int
) -> None:
    async with office(notifier_env, seed, first) as made:
        await run(made, first, number)
        up, quiet = await in_the_log(made)
        kinds = {
            row["kind"]: row["n"]
            for row in await notifier_env.rows("SELECT kind, count(*) n FROM digest GROUP BY 1")
        }
        mails = notifier_env.mails()
    assert up == made.naive.escalated
    assert quiet == made.naive.silenced
    assert len(mails) == sum(kinds.values())
    assert kinds.pop("change") > 0
    assert set(kinds) == {"digest", "immediate", "weekly_list", "monthly_summary", "joint"}
    sent = [datetime.strptime(str(mail["Date"]), "%a, %d %b %Y %H:%M:%S %z") for mail in mails]
    assert all(CALENDAR.is_working(at.date()) and 8 <= at.hour < 17 for at in sent)
    print(number, "days:", kinds)  # noqa: T201  the figures of the year
