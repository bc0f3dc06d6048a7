"""Deliver what the ledger holds, several at a time, and record how it went: at least once, never silently twice."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.notifier.application.alert_publisher import AlertPublisher
from services.notifier.application.mail_kinds import MailKinds
from services.notifier.application.ports import (
    AddressRefused,
    Claim,
    EngineClocks,
    Ledger,
    MailTransport,
    Outcome,
    Sending,
    Unanswered,
    Unreachable,
)
from services.notifier.domain.delivery.delivery_state import DigestState
from services.notifier.domain.delivery.retries import (
    DEFERRED,
    UNREACHABLE,
    Shipment,
    deferred_since,
    ended_state,
    is_given_up,
    pause,
)
from shared.kernel import log
from shared.kernel.clock import Clock
from shared.kernel.errors import PermanentError, TransientError
from shared.kernel.transient import RETRIED
from shared.rules.rulebook.working_days import Calendar

logger = log.get(__name__)

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
    """The mails that wait now, handed out to a few workers; an unreachable server ends the run."""

    sender: Sender
    hand: list[Claim] = field(default_factory=list)
    gone: bool = False
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    ended: list[tuple[Claim, Outcome]] = field(default_factory=list)
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> bool:
        try:
            workers = await asyncio.gather(*(self._worker() for _ in range(WORKERS)), return_exceptions=True)
        finally:
            await self.sender.ledger.release(self.hand)
        for failed in workers:
            if isinstance(failed, BaseException):
                raise failed
        return not self.gone

    async def _worker(self) -> None:
        while (claim := await self._next()) is not None:
            with log.bound(correlation_id=claim.correlation_id):
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
            if not self.hand and not self.gone:
                self.hand = await self.sender.claim()
            return self.hand.pop(0) if self.hand and not self.gone else None
