"""What every page of lists is: a headline, tables that can be sorted and taken as CSV, and the choice of units and days."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from services.metrics.adapters.lists.listing import Column, Kind, Table
from services.metrics.adapters.pages.choice import Choice
from services.metrics.application.list_ports import ListSnapshot
from services.metrics.application.ports import Opens
from services.metrics.application.queries import Overview, Queries
from shared.contracts.vocabulary import Dataset
from shared.kernel.errors import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """`overview` has the question, units and datasets that its form and banners show."""

    headline: Text
    intro: Text | None = None
    tables: Sequence[Table]
    overview: Overview
    filters: Mapping[str, Sequence[tuple[str, Text]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a page is asked for: the choice of the reader, and filters of the page."""

    chosen: Choice
    today: date
    filters: Mapping[str, str] = field(default_factory=dict)

    def link(self, path: str, **changes: object) -> str:
        return self.chosen.link(path, **changes)


@dataclass(frozen=True, slots=True)
class Sources:
    """What pages are made from; `registry` and `campaigns` are where officials enter what is missing."""

    queries: Queries
    snapshots: Opens[ListSnapshot]
    registry: str
    campaigns: str


Make = Callable[[Sources, Asked], Awaitable[ListPage]]


def column(key: str, vi: str, en: str, kind: Kind = Kind.TEXT) -> Column:
    return Column(key, Text(vi, en), kind)


Row = TypeVar("Row")


def by_dataset(rows: Iterable[Row], dataset_of: Callable[[Row], Dataset]) -> list[tuple[Dataset, list[Row]]]:
    """Separate rows by their dataset: sample and exercise never stand in one ranking with an office's own data."""
    separate: dict[Dataset, list[Row]] = {}
    for row in rows:
        separate.setdefault(dataset_of(row), []).append(row)
    return [(dataset, separate[dataset]) for dataset in Dataset if dataset in separate] or [
        (Dataset.LIVE, [])
    ]


def key_in(key: str, dataset: Dataset) -> str:
    """Name the table of a dataset."""
    return key if dataset is Dataset.LIVE else f"{key}-{dataset}"


def title_in(title: Text, dataset: Dataset) -> Text:
    besides = DATASETS.get(dataset)
    return Text(f"{title.vi} ({besides.vi})", f"{title.en} ({besides.en})") if besides else title


DATASETS: Mapping[Dataset, Text] = {
    Dataset.SAMPLE: Text("dữ liệu mẫu", "sample data"),
    Dataset.EXERCISE: Text("dữ liệu thực tập", "exercise data"),
}
