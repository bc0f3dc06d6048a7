"""Say in the log which mails went out, and which came back: many at a time, each once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.notifier.application.commands import ACTOR, Commands, gap_ref
from services.notifier.application.ports import Ledger, Unannounced
from services.notifier.domain.alert import OnMatter, Raise, RecordSent, RecordUndeliverable
from shared import log
from shared.clock import Clock, NewId, day_in_vietnam
from shared.envelope import AggregateRef, Metadata
from shared.errors import Refusal, TransientError
from shared.eventstore.overlay import BulkStore, OverlayEventStore
from shared.transient import TRANSIENT

logger = log.get(__name__)

ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Announcer:
    ledger: Ledger
    store: BulkStore
    new_id: NewId
    now: Clock

    async def run_once(self) -> None:
        """Announce all that is not announced; what the log refuses for now is left for the next time."""
        while mails := await self.ledger.unannounced():
            try:
                done = await self._announce(mails)
            except (Refusal, *TRANSIENT) as error:
                logger.warning("alert_sent_delayed", mails=len(mails), error=str(error))
                return
            await self.ledger.announced(done)
            if len(done) < len(mails):
                return

    async def note(self, commands: Sequence[OnMatter], metadata: Metadata) -> None:
        """Record what became of many matters at once; raises `TransientError` if others keep changing them."""
        left = list(commands)
        for _ in range(ATTEMPTS):
            if not left:
                return
            log_of_batch = OverlayEventStore(self.store)
            noting = Commands(log_of_batch, self.new_id)
            await log_of_batch.expect(ref for command in left for ref in _read(command.matter))
            for command in left:
                await noting.note(command, metadata)
            overtaken = (await log_of_batch.write()).overtaken
            left = [command for command in left if _ref(command) in overtaken]
        if left:
            raise TransientError(f"{len(left)} alerts were changed by others at the same moment")

    async def _announce(self, mails: Sequence[Unannounced]) -> list[str]:
        """Decide on all, write together; returns the keys of those that nobody overtook."""
        log_of_batch = OverlayEventStore(self.store)
        commands = Commands(log_of_batch, self.new_id)
        await log_of_batch.expect(
            ref for mail in mails for line in mail.lines for ref in _read(_matter(line))
        )
        for mail in mails:
            await self._say(commands, mail)
        overtaken = (await log_of_batch.write()).overtaken
        return [mail.key for mail in mails if overtaken.isdisjoint(_about(mail))]

    async def _say(self, commands: Commands, mail: Unannounced) -> None:
        metadata = Metadata(time=self.now(), actor=ACTOR, correlation_id=mail.correlation_id)
        for line in mail.lines:
            if mail.undeliverable is None:
                await commands.record_sent(_sent(mail, line), metadata)
            else:
                await commands.note(self._came_back(mail, line, mail.undeliverable), metadata)

    def _came_back(self, mail: Unannounced, line: Mapping[str, Any], reason: str) -> RecordUndeliverable:
        return RecordUndeliverable(
            matter=_matter(line),
            digest_key=mail.key,
            recipient_id=mail.recipient_id,
            recipient_role=mail.recipient_role,
            on=day_in_vietnam(self.now()),
            reason=reason,
        )


def _ref(command: OnMatter) -> AggregateRef:
    return AggregateRef("alert", command.matter.alert_id)


def _read(matter: Raise) -> Iterable[AggregateRef]:
    """Name what has to be read to record something of a matter: its alert, and its gap for the envelope."""
    return AggregateRef("alert", matter.alert_id), gap_ref(matter.gap_id)


def _about(mail: Unannounced) -> Iterable[AggregateRef]:
    return (AggregateRef("alert", _matter(line).alert_id) for line in mail.lines)


def _matter(line: Mapping[str, Any]) -> Raise:
    return Raise(
        gap_id=line["gap_id"],
        draft_code=line["draft_code"],
        unit_code=line["unit_code"],
        due_on=line["due_on"],
    )


def _sent(mail: Unannounced, line: Mapping[str, Any]) -> RecordSent:
    return RecordSent(
        matter=_matter(line),
        digest_key=mail.key,
        message_id=mail.message_id,
        day=mail.day,
        recipient_id=mail.recipient_id,
        recipient_role=mail.recipient_role,
        reason=line["reason"],
    )
