"""What can be asked of the registry's read model."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol

from shared.contracts.vocabulary import Dataset


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
