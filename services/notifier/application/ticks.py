"""A tick: mails that are due are planned and queued, and the queue is sent."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.notifier.application.alert_publisher import ACTOR, AlertPublisher
from services.notifier.application.pipeline import Brief, MailKinds, Pipeline, Plan, Skipped, Written
from services.notifier.application.ports import (
    AddressRefused,
    Claim,
    EngineClocks,
    Ledger,
    MailRuns,
    MailTransport,
    Notice,
    Outcome,
    Sending,
    Simulation,
    Unanswered,
    Unreachable,
)
from services.notifier.domain.delivery.retries import (
    DEFERRED,
    UNREACHABLE,
    DigestState,
    Shipment,
    deferred_since,
    ended_state,
    is_given_up,
    pause,
)
from services.notifier.domain.errors import ClockNotTrusted, NotNow
from services.notifier.domain.notification.reasons import DeliveryCase, Reason, decide_notification
from services.notifier.domain.notification.timing import next_digest
from shared.contracts.envelope import Metadata
from shared.kernel.counted import agreeing, counted
from shared.kernel.errors import PermanentError, Text, TransientError
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock
from shared.kernel.transient import RETRIED
from shared.observability import signals
from shared.rules.rulebook.rulebook import Calendar

logger = signals.get_logger(__name__)
WORKERS = 8
PAUSE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Sender:
    """`fence` raises a transient fault while no mail may go out: the log is not the one that it was planned by.

    `spread` gives a number between 0 and 1: how far apart two mails come that were put off together.
    """

    ledger: Ledger
    transport: MailTransport
    publisher: AlertPublisher
    sending: Sending
    calendar: Calendar
    kinds: MailKinds
    now: Clock
    clocks: EngineClocks
    fence: Callable[[], Awaitable[None]]
    spread: Callable[[], float] = random.random
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> None:
        """Look after what a crash or a refusing server left behind, for ever."""
        last_problem = ""
        try:
            while True:
                last_problem = await self._look_after(last_problem)
                await asyncio.sleep(PAUSE_SECONDS)
        finally:
            await self.transport.close()

    async def begin(self) -> bool:
        """Deliver what waits by now, while others queue more; False if something ended it before its time."""
        try:
            return await self.run_once()
        except RETRIED as error:  # the last run of the tick reports it again if it lasts
            logger.warning("sending_interrupted", error=f"{type(error).__name__}: {error}")
            return False

    async def _look_after(self, last_problem: str) -> str:
        """Deliver once; log a problem unless it is the `last_problem`."""
        try:
            await self.run_once()
        except RETRIED as error:
            if (problem := f"{type(error).__name__}: {error}") != last_problem:
                logger.warning("sending_interrupted", error=problem)
            return problem
        return ""

    async def run_once(self) -> bool:
        """Deliver all queued mails, then append what was sent to the log.

        False if a server that is gone ended it: what is left waits for the next run.
        One run at a time: a concurrent one would double the mails in flight and announce the same ones.
        """
        async with self.turn:
            try:
                return await self.trusts_clock() and await _SendingRun(self).run()
            finally:
                await self.publisher.run_once()

    async def trusts_clock(self) -> bool:
        """Say whether the clock agrees with the engines'; by a wrong one mails of another day would go out, or be given up."""
        if problem := await self.clocks.problem():
            logger.error("clock_not_trusted", problem=problem)
        return not problem

    async def claim(self) -> list[Claim]:
        """Take the next mails, unless an operator holds all sending."""
        held = (await self.sending.state()).held
        return [] if held else list(await self.ledger.claim(self.now(), WORKERS))

    async def attempt(self, claim: Claim) -> Outcome:
        """One attempt, and what it means; a mail that is over is not sent any more."""
        if self._shipment(claim).is_over(self.now()):
            return await self._given_up(claim, claim.delivery)
        try:
            record = await self.transport.deliver(claim.outgoing)
        except AddressRefused as error:
            return self._failed(claim, error, undeliverable=error.reason)
        except PermanentError as error:
            return self._failed(claim, error)
        except TransientError as error:
            return await self._put_off(claim, error)
        logger.info("digest_sent", digest_key=claim.key, attempt=claim.attempt)
        return Outcome(DigestState.SENT, {**record, "possible_duplicate": claim.unsure})

    def _shipment(self, claim: Claim) -> Shipment:
        return self.kinds.shipment(claim.outgoing.kind, claim.outgoing.day, claim.queued_at)

    def _failed(self, claim: Claim, error: PermanentError, undeliverable: str | None = None) -> Outcome:
        logger.warning("digest_refused", digest_key=claim.key, reason=error.reason, detail=error.detail)
        delivery = {"reason": error.reason, "detail": error.detail}
        return Outcome(DigestState.FAILED, delivery, undeliverable=undeliverable)

    async def _put_off(self, claim: Claim, error: TransientError) -> Outcome:
        delivery = {
            "reason": UNREACHABLE if isinstance(error, Unreachable) else DEFERRED,
            "detail": str(error),
            "unsure": claim.unsure or isinstance(error, Unanswered),
        }
        earliest = self.now() + pause(claim.attempt, self.spread())
        again_at = self._shipment(claim).next_try(earliest, self.calendar)
        if again_at is None:
            return await self._given_up(claim, delivery)
        logger.warning("digest_delayed", digest_key=claim.key, attempt=claim.attempt, error=str(error))
        return Outcome(DigestState.QUEUED, delivery, again_at)

    async def _given_up(self, claim: Claim, delivery: Mapping[str, Any]) -> Outcome:
        """It is over. An address that put everything off for `PATIENCE` is not believed any more."""
        unsure = claim.unsure or bool(delivery.get("unsure"))
        long = not unsure and delivery.get("reason") == DEFERRED and await self._is_long(claim)
        state = ended_state(unsure=unsure)
        logger.warning("digest_given_up", digest_key=claim.key, state=state, address_given_up=long)
        ended = {**delivery, "reason": "time_over", "last": delivery.get("reason")}
        return Outcome(state, ended, undeliverable="retries_exhausted" if long else None)

    async def _is_long(self, claim: Claim) -> bool:
        since = deferred_since(await self.ledger.past_mails(claim.outgoing.recipient_id))
        return is_given_up(claim.queued_at, since, self.now())


@dataclass(slots=True)
class _SendingRun:
    """The mails that wait now, handed out to a few workers; an unreachable server ends the run.

    `ahead` is the next claim, which is made while the last mail of the one before goes out. A claim that is not full ends the
    run once its mails are out: what is queued meanwhile waits for the next run.
    """

    sender: Sender
    hand: list[Claim] = field(default_factory=list)
    ahead: asyncio.Task[list[Claim]] | None = None
    drained: bool = False
    gone: bool = False
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    ended: list[tuple[Claim, Outcome]] = field(default_factory=list)
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> bool:
        try:
            workers = await asyncio.gather(*(self._worker() for _ in range(WORKERS)), return_exceptions=True)
        finally:
            await self._give_back()
        for failed in workers:
            if isinstance(failed, BaseException):
                raise failed
        return not self.gone

    async def _worker(self) -> None:
        while (claim := await self._next()) is not None:
            with signals.bound(correlation_id=claim.correlation_id):
                outcome = await self.sender.attempt(claim)
            self.gone = self.gone or outcome.delivery.get("reason") == UNREACHABLE
            await self._record(claim, outcome)

    async def _record(self, claim: Claim, outcome: Outcome) -> None:
        """Write it down before anything else; those who wait for the ledger meanwhile are written together."""
        self.ended.append((claim, outcome))
        async with self.writing:
            if together := self.ended:
                self.ended = []
                await self.sender.ledger.finish(together, self.sender.now())

    async def _next(self) -> Claim | None:
        async with self.turn:
            await self.sender.fence()
            if not self.hand and not self.gone and not self.drained:
                self.hand = await self._claimed()
                self.drained = len(self.hand) < WORKERS
            if not self.hand or self.gone:
                return None
            claim = self.hand.pop(0)
            if not self.hand and not self.drained:
                self.ahead = asyncio.create_task(self.sender.claim())
            return claim

    async def _claimed(self) -> list[Claim]:
        ahead, self.ahead = self.ahead, None
        return await (ahead or self.sender.claim())

    async def _give_back(self) -> None:
        """Release what was claimed and not tried, also by a claim that is still being made."""
        await self.sender.ledger.release(self.hand)
        if self.ahead is not None:
            await self.sender.ledger.release(await self.ahead)


PART = 200  # mails that are queued together


@dataclass(frozen=True, slots=True)
class Sent:
    mail: Brief
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Ticked:
    plan: Plan
    sent: Sequence[Sent]
    skipped: Sequence[Skipped]
    simulated: bool
    message: Text


@dataclass(frozen=True, slots=True)
class Ticks:
    pipeline: Pipeline
    ledger: Ledger
    sender: Sender
    runs: MailRuns
    simulation: Simulation
    now: Clock

    async def tick(self, at: datetime, correlation_id: str) -> Ticked:
        """Send the digests of a moment. Of a day before today nothing is sent and nothing is kept."""
        if problem := await self.sender.clocks.problem():
            raise ClockNotTrusted(problem)
        now = self.now()
        if at > now and not self.sender.transport.is_local:
            raise NotNow(at)
        if day_in_vietnam(at) < day_in_vietnam(now):
            return await self._simulate(await self.pipeline.plan(at, now))
        if (await self.sender.sending.state()).held:
            return self._hold(await self.pipeline.plan(at, now))
        return await self._send(at, now, correlation_id, None)

    async def wake(self, correlation_id: str) -> Ticked | None:
        """Make the mail runs that are due, each once; otherwise only deliver queued mails."""
        if not await self.sender.trusts_clock():
            return None
        now = self.now()
        kinds = await self.pipeline.wanted(now)
        if (await self.sender.sending.state()).held:
            return None
        if kinds is None:
            await self.sender.run_once()
            return None
        return await self._send(now, now, correlation_id, kinds)

    async def _send(
        self, at: datetime, now: datetime, correlation_id: str, kinds: frozenset[str] | None
    ) -> Ticked:
        await self.sender.run_once()  # queued mails first: their outcome decides what counts as notified
        plan = await self.pipeline.plan(at, now, kinds)
        fresh = await self._queue(plan, correlation_id, now)
        await self.sender.run_once()
        metadata = Metadata(time=now, actor=ACTOR, correlation_id=correlation_id)
        await self.sender.publisher.note([*plan.escalations, *plan.silenced], metadata)
        if plan.day == day_in_vietnam(now):
            made = [run.key for run in self.pipeline.kinds.runs_of(plan.day) if run.kind in plan.kinds]
            await self.runs.close(made, now)
        return await self._report(plan, fresh)

    async def _queue(self, plan: Plan, correlation_id: str, now: datetime) -> list[Brief]:
        """Write and queue the mails part by part, while those of the parts before go out; returns those that were free."""
        fresh: list[Brief] = []
        part: list[Written] = []
        queued: asyncio.Queue[bool] = asyncio.Queue()
        sending = asyncio.create_task(self._send_parts(queued))
        try:
            async for written in self.pipeline.mails(plan):
                part.append(written)
                if len(part) == PART:
                    fresh += await self._enqueue(part, correlation_id, now)
                    part = []
                    queued.put_nowait(True)
            fresh += await self._enqueue(part, correlation_id, now)
        except asyncio.CancelledError:
            sending.cancel()
            raise
        finally:
            queued.put_nowait(False)
            await sending  # a mail that is under way is never left in the middle
        return fresh

    async def _send_parts(self, queued: asyncio.Queue[bool]) -> None:
        """Deliver after each queued part, until there are no more parts or a delivery run is interrupted."""
        while await queued.get() and await self.sender.begin():
            pass

    async def _enqueue(self, part: Sequence[Written], correlation_id: str, now: datetime) -> list[Brief]:
        mails = [(written.notice, written.outgoing) for written in part]
        keys = await self.ledger.enqueue(mails, correlation_id, now)
        return [written.brief for written in part if written.notice.key in keys]

    async def _simulate(self, plan: Plan) -> Ticked:
        shown = [
            _skipped(mail.notice, DeliveryCase(simulated=True), str(self.simulation.write(mail.outgoing)))
            async for mail in self.pipeline.mails(plan)
        ]
        skipped = (*plan.skipped, *shown)
        day, number = plan.day, len(plan.notices)
        message = Text(
            f"Ngày {day:%d/%m/%Y} đã qua: kết xuất {number} thư để xem, không gửi thư nào.",
            f"{day:%d/%m/%Y} has passed: {counted(number, 'mail')} rendered to be looked at, none sent.",
        )
        return Ticked(plan, (), skipped, simulated=True, message=self._or_quiet(plan, message))

    def _hold(self, plan: Plan) -> Ticked:
        """Nothing is queued: what is due will still be due when the hold is released."""
        skipped = (*plan.skipped, *(_skipped(notice, DeliveryCase(held=True)) for notice in plan.notices))
        held = len(plan.notices)
        message = Text(
            f"Việc gửi thư đang được giữ lại: {len(plan.notices)} thư của ngày {plan.day:%d/%m/%Y} chưa gửi. "
            "Đề nghị xem trước bằng `loa preview`, rồi cho gửi bằng `loa release`.",
            f"All sending is held: {counted(held, 'mail')} of {plan.day:%d/%m/%Y} {agreeing(held, 'does', 'do')} not go out. "
            "See `loa preview`, then let mail go with `loa release`.",
        )
        return Ticked(plan, (), skipped, simulated=False, message=self._or_quiet(plan, message))

    async def _report(self, plan: Plan, fresh: Sequence[Brief]) -> Ticked:
        outcomes = await self.ledger.states([mail.notice.key for mail in fresh])
        ended = [(mail, outcomes[mail.notice.key]) for mail in fresh]
        sent = [Sent(mail, outcome.delivery.get("file")) for mail, outcome in ended if _is_sent(outcome)]
        elsewhere = [
            _skipped(notice, DeliveryCase()) for notice in plan.notices if notice.key not in outcomes
        ]
        undelivered = [
            _skipped(mail.notice, DeliveryCase(state=outcome.state), outcome.delivery.get("detail"))
            for mail, outcome in ended
            if not _is_sent(outcome)
        ]
        skipped = (*plan.skipped, *elsewhere, *undelivered)
        message = Text(
            f"Ngày {plan.day:%d/%m/%Y}: đã gửi {len(sent)} thư.",
            f"{plan.day:%d/%m/%Y}: {counted(len(sent), 'mail')} sent.",
        )
        return Ticked(plan, sent, skipped, simulated=False, message=self._or_quiet(plan, message))

    def _or_quiet(self, plan: Plan, message: Text) -> Text:
        return quiet(plan, next_digest(plan.at, self.pipeline.calendar)) if plan.muted else message


def announcement(plan: Plan, calendar: Calendar) -> Text:
    """Say in a sentence what a moment would bring, or why it brings nothing."""
    if plan.muted:
        return quiet(plan, next_digest(plan.at, calendar))
    number = len(plan.notices)
    return Text(
        f"Ngày {plan.day:%d/%m/%Y}: sẽ có {number} thư; chưa gửi thư nào.",
        f"{plan.day:%d/%m/%Y}: {counted(number, 'mail')} would go out; none was sent.",
    )


def quiet(plan: Plan, following: datetime) -> Text:
    """Say that no mail goes out at this moment, and when the next one does."""
    why = plan.skipped[0].reason
    vi, en = {
        Reason.NOT_A_WORKING_DAY: (
            f"Ngày {plan.day:%d/%m/%Y} không phải là ngày làm việc nên không gửi thư.",
            f"{plan.day:%d/%m/%Y} is no working day, so no mail goes out.",
        ),
        Reason.BEFORE_HOUR: (
            "Chưa đến 08 giờ nên chưa gửi thư.",
            "It is before 08:00, so no mail goes out yet.",
        ),
    }[why]
    return Text(
        f"{vi} Thư tổng hợp tiếp theo được gửi từ 08 giờ 00 ngày {following:%d/%m/%Y}.",
        f"{en} The next digest goes out from 08:00 on {following:%d/%m/%Y} (Asia/Ho_Chi_Minh).",
    )


def _skipped(notice: Notice, case: DeliveryCase, detail: str | None = None) -> Skipped:
    return Skipped(decide_notification(case), notice.recipient.unit_code, notice.recipient, detail)


def _is_sent(outcome: Outcome) -> bool:
    return decide_notification(DeliveryCase(state=outcome.state)).is_news
