"""What can be asked of the registry's read model."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol

from shared.contracts.vocabulary import ENDS, Dataset, Stage

AT_ONCE = 500
NOT_OPEN = frozenset({*ENDS, Stage.ADOPTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFilter:
    """All words of `text` are looked for, without case and diacritics; None means no restriction."""

    text: str | None = None
    unit_code: str | None = None
    stage: str | None = None
    dataset: Dataset | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFilter:
    """None means no restriction; `decider_code` is who decides today, or would have decided."""

    state: str | None = None
    unit_code: str | None = None
    decider_code: str | None = None
    draft_code: str | None = None
    units: Collection[str] | None = None
    dataset: Dataset | None = None


class ReadModel(Protocol):
    async def dataset(self) -> Dataset | None:
        """Give the data set that a page is about (`shared.directory.datasets`)."""
        ...

    async def requests(
        self, wanted: RequestFilter, limit: int, after: int | None
    ) -> list[dict[str, Any]]: ...
    async def asking(self, units: Collection[str] | None, limit: int, dataset: Dataset | None) -> list[str]:
        """Give the unit of each request that waits for a decision, in the order of raising."""
        ...

    async def lowerings(
        self, recorded_by: str | None, units: Collection[str] | None, limit: int, after: int | None
    ) -> list[dict[str, Any]]: ...
    async def units(self, text: str | None, limit: int, after: str | None) -> list[dict[str, Any]]: ...
    async def drafts(self, wanted: DraftFilter, limit: int, after: str | None) -> list[dict[str, Any]]: ...


async def open_drafts(read_model: ReadModel, unit_code: str) -> list[dict[str, Any]]:
    """List the drafts that a unit leads and that have not ended."""
    rows: list[dict[str, Any]] = []
    after = None
    while page := await read_model.drafts(DraftFilter(unit_code=unit_code), AT_ONCE, after):
        rows += page
        after = page[-1]["draft_code"]
    return [row for row in rows if row["stage"] is None or Stage(row["stage"]) not in NOT_OPEN]
