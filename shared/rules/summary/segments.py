"""All policies of a set in disjoint segments, nothing hidden: the three of the rate's base first, then what isn't in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from shared.rules.figures import Counts


class Segment(StrEnum):
    """`MET`, `RECOVERABLE` and `MISSED` together are the policies judged: the base of the rate by the plan."""

    MET = "met"
    RECOVERABLE = "recoverable"
    MISSED = "missed"
    NOT_DUE = "not_due"
    UNRECORDED = "unrecorded"
    UNDETERMINED = "undetermined"
    EXEMPT = "exempt"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class SegmentSize:
    segment: Segment
    policies: int


@dataclass(frozen=True, slots=True)
class Segments:
    """The segments in order, empty ones among them; `judged` is the base of the rate."""

    sizes: tuple[SegmentSize, ...]
    judged: int

    @property
    def total(self) -> int:
        return sum(size.policies for size in self.sizes)

    @property
    def present(self) -> Iterator[SegmentSize]:
        return (size for size in self.sizes if size.policies)

    def mark(self, share: float) -> float | None:
        """Give the place of a target of the rate on the whole bar, as a fraction 0..1."""
        return share * self.judged / self.total if self.judged else None

    def of(self, segment: Segment) -> int:
        return next(size.policies for size in self.sizes if size.segment is segment)


def segments(counts: Counts, recoverable: int) -> Segments:
    """Divide the policies that `counts` counts; `recoverable` are those judged and not begun that still can be."""
    sizes = {
        Segment.MET: counts.begun,
        Segment.RECOVERABLE: recoverable,
        Segment.MISSED: counts.judged - counts.begun - recoverable,
        Segment.NOT_DUE: counts.pending + counts.not_opened,
        Segment.UNRECORDED: counts.closed_unopened,
        Segment.UNDETERMINED: counts.undetermined,
        Segment.EXEMPT: counts.exempt,
        Segment.ENDED: counts.ended,
    }
    return Segments(tuple(SegmentSize(*item) for item in sizes.items()), counts.judged)
