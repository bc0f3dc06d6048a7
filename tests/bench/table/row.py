"""A row of the table of benchmarks: Loa, its limit and a peer, all measured in the same run; and the table as Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

HEAD = ("", "Loa", "limit, same run", "of the limit", "peer, same run", "goal", "")


class CannotRun(Exception):
    """A part or a peer cannot be measured on this machine; the text says why. It is never imitated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Figures as they are shown. `met` is None where there is no goal, or nothing to hold against it."""

    what: str
    loa: str = ""
    limit: str = ""
    ratio: str = ""
    peer: str = ""
    goal: str = ""
    met: bool | None = None

    @property
    def cells(self) -> Sequence[str]:
        met = {True: "met", False: "**missed**", None: ""}[self.met]
        return self.what, self.loa, self.limit, self.ratio, self.peer, self.goal, met


@dataclass(frozen=True, slots=True)
class Part:
    """What a part of the table gives: rows, and plots by file name."""

    rows: Sequence[Row]
    plots: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured: `make bench` takes minutes, `make bench-large` about half an hour."""

    appends: int = 400
    communications: tuple[int, int] = (10, 2_000)  # of the drafts whose updates are compared
    turns: int = 50
    seconds: float = 6.0  # of one load of requests
    drafts: int = 2_000  # in the log that is rebuilt
    peer_events: int = 2_000
    events: tuple[int, ...] = (5_000, 10_000, 15_000)
    growth: tuple[int, ...] = (1_000, 10_000)
    answers: int = 12
    imported: int = 1_500
    mails: int = 400
    idle: float = 10.0
    stream_seconds: float = 15.0


SMALL = Size()
LARGE = Size(
    appends=3_000,
    communications=(10, 50_000),
    turns=150,
    seconds=20.0,
    drafts=20_000,
    peer_events=10_000,
    events=(10_000, 100_000, 300_000),
    growth=(1_000, 10_000, 100_000),
    answers=20,
    imported=6_000,
    mails=4_000,
    idle=60.0,
    stream_seconds=300.0,
)


def failed(part: str, why: str) -> Row:
    return Row(what=part, loa=f"**not measured: {why}**")


def per_second(seconds: Sequence[float]) -> str:
    return f"{1 / median(seconds):,.0f}/s"


def percentile(values: Iterable[float], share: float) -> float:
    """Give the value below which a share of all values lies; of few values the largest."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def markdown(rows: Iterable[Row]) -> str:
    lines = [HEAD, ("---",) * len(HEAD), *(row.cells for row in rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
