"""An entry of a programme: as it was entered, and as it stands after corrections."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from shared.contracts.programme import ProgrammeEvent


@dataclass(frozen=True, slots=True)
class Entered:
    """`place` is its order in the programme."""

    event: ProgrammeEvent
    content: ProgrammeEvent
    place: int
    cancelled: bool = False


Entries = Mapping[UUID, Entered]
