"""Deliver what the ledger holds, record it, then say so in the log: at least once, never silently twice."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import InterfaceError, OperationalError

from services.notifier.application.commands import ACTOR, Commands
from services.notifier.application.ports import (
    Claim,
    DigestState,
    Ledger,
    Outcome,
    Post,
    Sending,
    Unannounced,
    Unanswered,
)
from services.notifier.domain.alert import Raise, RecordSent
from shared import log
from shared.clock import Clock, day_in_vietnam
from shared.envelope import Metadata
from shared.errors import PermanentError, Refusal, TransientError

logger = log.get(__name__)

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=30)
ROUND_SECONDS = 30.0
AGAIN = (TransientError, Refusal, OSError, TimeoutError, OperationalError, InterfaceError)


@dataclass(frozen=True, slots=True)
class Sender:
    ledger: Ledger
    post: Post
    commands: Commands
    sending: Sending
    now: Clock

    async def run(self) -> None:
        """Look after what a crash or a refusing server left behind, for ever."""
        said = ""
        while True:
            try:
                await self.run_once()
                said = ""
            except AGAIN as error:
                if (problem := f"{type(error).__name__}: {error}") != said:
                    logger.warning("sending_interrupted", error=problem)
                said = problem
            await asyncio.sleep(ROUND_SECONDS)

    async def run_once(self) -> list[str]:
        """Deliver all that is waiting, whoever queued it; returns the keys of what this call delivered."""
        delivered = []
        while (claim := await self._claim()) is not None:
            outcome = await self._deliver(claim)
            if await self.ledger.finish(claim, outcome, self.now()) and outcome.state is DigestState.SENT:
                delivered.append(claim.key)
        await self._announce(await self.ledger.unannounced())
        return delivered

    async def _claim(self) -> Claim | None:
        """Take the next mail, unless an operator holds all sending."""
        return None if (await self.sending.state()).held else await self.ledger.claim(self.now())

    async def _deliver(self, claim: Claim) -> Outcome:
        """One attempt: a mail of a day that has passed is not sent any more."""
        if claim.outgoing.day < day_in_vietnam(self.now()):
            state = DigestState.UNSURE if claim.unsure else DigestState.FAILED
            return _ended(claim, state, "day_passed", "the day of this mail is over")
        try:
            record = await self.post.deliver(claim.outgoing)
        except PermanentError as error:
            return _ended(claim, DigestState.FAILED, error.reason, error.detail)
        except TransientError as error:
            return self._again(claim, error)
        logger.info("digest_sent", digest_key=claim.key, attempt=claim.attempt)
        return Outcome(DigestState.SENT, {**record, "possible_duplicate": claim.unsure})

    def _again(self, claim: Claim, error: TransientError) -> Outcome:
        unsure = claim.unsure or isinstance(error, Unanswered)
        pause = min(FIRST_PAUSE * 2 ** (claim.attempt - 1), LONGEST_PAUSE)
        logger.warning("digest_delayed", digest_key=claim.key, attempt=claim.attempt, error=str(error))
        said = {"reason": "transient", "detail": str(error), "unsure": unsure}
        return Outcome(DigestState.QUEUED, said, self.now() + pause)

    async def _announce(self, mails: Sequence[Unannounced]) -> None:
        for mail in mails:
            try:
                await self._announce_one(mail)
            except (TransientError, Refusal, OSError) as error:
                logger.warning("alert_sent_delayed", digest_key=mail.key, error=str(error))
                return
            await self.ledger.announced(mail.key)

    async def _announce_one(self, mail: Unannounced) -> None:
        metadata = Metadata(time=self.now(), actor=ACTOR, correlation_id=mail.correlation_id)
        lines = [self.commands.record_sent(_recorded(mail, line), metadata) for line in mail.lines]
        await asyncio.gather(*lines)


def _recorded(mail: Unannounced, line: Mapping[str, Any]) -> RecordSent:
    return RecordSent(
        matter=Raise(
            gap_id=line["gap_id"],
            draft_code=line["draft_code"],
            unit_code=line["unit_code"],
            due_on=line["due_on"],
        ),
        digest_key=mail.key,
        message_id=mail.message_id,
        day=mail.day,
        recipient_id=mail.recipient_id,
        recipient_role=mail.recipient_role,
        reason=line["reason"],
    )


def _ended(claim: Claim, state: DigestState, reason: str, detail: str) -> Outcome:
    logger.warning("digest_not_sent", digest_key=claim.key, state=state, reason=reason, detail=detail)
    return Outcome(state, {"reason": reason, "detail": detail})
