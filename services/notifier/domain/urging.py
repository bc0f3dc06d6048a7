"""The letter that a supervising body sends to a unit by mail: to whom it goes, and when it does not."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from services.notifier.domain.digest import Line
from services.notifier.domain.gaps.gap_alert import Silence
from services.notifier.domain.recipients.audience import Audience, Recipient, once_an_address
from shared.contracts.vocabulary import Dataset, Stage

URGING = "urging"  # a letter of a supervising body: to who answers for the unit, at once, once a day


class LetterState(StrEnum):
    """What becomes of the letter to a unit; only `ready` goes out."""

    READY = "ready"
    SENT = "sent"
    SILENCED = "silenced"
    NO_RECIPIENT = "no_recipient"


@dataclass(frozen=True, slots=True)
class Letter:
    """The letter to one unit: its overdue rows, and those who get it."""

    unit_code: str
    rows: Sequence[Mapping[str, Any]]
    state: LetterState
    recipients: tuple[Recipient, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgingNote:
    """One mail a unit, mailbox and day, whoever sends it; `issuer` is the body that does, `content` the DOCX."""

    recipient: Recipient
    day: date
    unit_code: str
    unit: str
    issuer: str
    count: int
    deadline: date
    contact: str | None
    content: bytes
    datasets: frozenset[Dataset]
    kind: str = URGING
    lines: tuple[Line, ...] = field(default=(), init=False)

    @property
    def key(self) -> str:
        return key_of(self.day, self.unit_code, self.recipient)


def key_of(day: date, unit_code: str, recipient: Recipient) -> str:
    return f"{URGING}.{day}.{unit_code}.{recipient.recipient_id}"


def letters(
    urged: Mapping[str, Sequence[Mapping[str, Any]]],
    audience: Audience,
    silences: Sequence[Silence],
    sent: Callable[[str], bool],
    day: date,
) -> Iterator[Letter]:
    """Say what becomes of the letter to each unit; `sent` tells whether a key is in the ledger.

    What a silence covers stands in no letter; a unit with nothing else gets none.
    """
    for unit_code, rows in urged.items():
        loud = [row for row in rows if not _is_silenced(unit_code, row, silences, day)]
        if not loud:
            yield Letter(unit_code, rows, LetterState.SILENCED)
            continue
        recipients = tuple(once_an_address(audience.of_itself(unit_code)))
        if not recipients:
            yield Letter(unit_code, loud, LetterState.NO_RECIPIENT)
        elif any(sent(key_of(day, unit_code, recipient)) for recipient in recipients):
            yield Letter(unit_code, loud, LetterState.SENT, recipients)
        else:
            yield Letter(unit_code, loud, LetterState.READY, recipients)


def _is_silenced(unit_code: str, row: Mapping[str, Any], silences: Sequence[Silence], day: date) -> bool:
    stage = Stage(row["stage"])
    return any(each.covers(unit_code, row["draft_code"], stage, day) for each in silences)
