"""A month of mails, and the sentences that must and must not stand in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

FIRST, LAST = date(2026, 11, 23), date(2026, 12, 22)


@dataclass(frozen=True)
class Expected:
    """The days of mails, and by day what stands in the mail and what does not; `never` stands in none of them."""

    days: list[str]
    has: Mapping[str, list[str]] = field(default_factory=dict)
    omits: Mapping[str, list[str]] = field(default_factory=dict)
    never: tuple[str, ...] = ()

    def check(self, sent: Mapping[str, str]) -> None:
        """Hold the mails that were sent, by their days (dd/mm), against it."""
        assert list(sent) == self.days
        for day, sentences in self.has.items():
            assert [sentence for sentence in sentences if sentence not in sent[day]] == [], (day, sent[day])
        for day, sentences in self.omits.items():
            assert [sentence for sentence in sentences if sentence in sent[day]] == [], (day, sent[day])
        assert [(s, d) for s in self.never for d, text in sent.items() if s in text] == []
