"""Sending of the letters that a supervising body has chosen: looked at first, then queued, each once a day."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.notifier.application.pipeline import Pipeline, Planning
from services.notifier.application.ports import Ledger, Sending
from services.notifier.domain.errors import MailIsHeld
from services.notifier.domain.urging import Letter, LetterState, UrgingNote, letters
from shared.kernel.runtime import Clock

Urged = Mapping[str, Sequence[Mapping[str, Any]]]
Write = Callable[[Letter], Iterable[UrgingNote]]


@dataclass(frozen=True, slots=True)
class UrgingMails:
    pipeline: Pipeline
    ledger: Ledger
    sending: Sending
    now: Clock

    async def looked_at(self, urged: Urged) -> list[Letter]:
        """Say what would become of each letter now; raises `MailIsHeld` while nothing is sent at all."""
        await self._require_sending()
        planning = await self.pipeline.planning(self.now())
        return await self._letters(planning, urged)

    async def send(self, urged: Urged, write: Write, correlation_id: str) -> list[Letter]:
        """Queue the letters that are ready, and say what became of each: one that another was quicker with is `sent`."""
        await self._require_sending()
        now = self.now()
        planning = await self.pipeline.planning(now)
        result = await self._letters(planning, urged)
        notes = [note for each in result if each.state is LetterState.READY for note in write(each)]
        mails = [self.pipeline.written(note, planning) for note in notes]
        fresh = await self.ledger.enqueue(
            [(each.notice, each.outgoing) for each in mails], correlation_id, now
        )
        queued = {note.unit_code for note in notes if note.key in fresh}
        return [
            replace(each, state=LetterState.SENT)
            if each.state is LetterState.READY and each.unit_code not in queued
            else each
            for each in result
        ]

    async def _letters(self, planning: Planning, urged: Urged) -> list[Letter]:
        keys = planning.snapshot.notice_keys
        audience, silences = planning.situation.audience, planning.snapshot.silences
        return list(letters(urged, audience, silences, keys.__contains__, planning.day))

    async def _require_sending(self) -> None:
        if (await self.sending.state()).held:
            raise MailIsHeld
