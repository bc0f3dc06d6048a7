"""The result of an import: findings and counts."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from shared.kernel.errors import Text


@dataclass(frozen=True, slots=True)
class Finding:
    """A reason to refuse a row, or a warning about it (`line` 0: about the file)."""

    label: str
    line: int
    column: str
    value: str
    why: Text
    refused: bool = True


Report = Callable[[Finding], None]
Progress = Callable[[str, int], None]


@dataclass(slots=True)
class Result:
    """The outcome of an import; `counts` by file label."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    refused_drafts: set[int] = field(default_factory=set)  # their lines
    position: int = 0  # of the registry's last event
    last: int = 0  # of the last event of any service

    asked: int = 0  # files and sheets that were not imported because of their names

    @property
    def complete(self) -> bool:
        return not self.asked and not any(counted["refused"] for counted in self.counts.values())

    @property
    def anything(self) -> bool:
        """Tell whether a row is in the log, by this import or by an earlier one."""
        return any(counted["taken"] + counted["unchanged"] for counted in self.counts.values())
