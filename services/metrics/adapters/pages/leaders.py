"""The values of the page for leaders, in the language of the reader."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.metrics.adapters.pages import page_data
from services.metrics.adapters.pages.chart import chart
from services.metrics.adapters.pages.choice import Language
from services.metrics.application.leaders import LeadersPage, UnitStages
from services.metrics.application.queries import Overview, SeenGap
from shared.contracts.vocabulary import Stage
from shared.kernel.errors import Text
from shared.rules.summary.conclusion import conclusion
from shared.rules.summary.segments import Segment
from shared.rules.words import figure_words, wording

MOST_OWING = 5
MOST_UNITS = 6
MOST_WAITING = 4
DETAILS_OF: Mapping[Segment, str] = {
    Segment.UNRECORDED: "/details#viec-can-lam",
    Segment.UNDETERMINED: "/details#viec-can-lam",
    Segment.RECOVERABLE: "/details#khoang-trong",
}


@dataclass(frozen=True, slots=True)
class Words:
    """Gives words in the reader's language."""

    code: Language

    def pair(self, vi: str, en: str) -> str:
        return en if self.code == "en" else vi

    def text(self, text: Text) -> str:
        return self.pair(text.vi, text.en)


def values(page: LeadersPage, lang: Language, today: date) -> dict[str, Any]:
    words = Words(lang)
    question = page.overview.question

    def standing(seen: SeenGap) -> str:
        return words.text(page_data.standing_text(seen, question.as_of, today))

    return {
        "text": words.text,
        "page": page,
        "conclusion": words.text(conclusion(page.situation)),
        "segments": page.segments,
        "segment_names": figure_words.SEGMENTS,
        "details_of": DETAILS_OF,
        "aim": _aim(page),
        "owing": page.owing[:MOST_OWING],
        "waiting": page.waiting[:MOST_WAITING],
        "requests": wording.REQUESTS,
        "chart": chart(page.months),
        "stages": _stages(page.units),
        "stage_names": wording.STAGES,
        "shown_units": page.units[:MOST_UNITS],
        "standing": standing,
        "whose": whose(page.overview, words),
    }


def _aim(page: LeadersPage) -> float | None:
    target = page.situation.target
    return page.segments.mark(target) if target is not None else None


def _stages(units: Iterable[UnitStages]) -> list[Stage]:
    return sorted({stage for unit in units for stage in unit.stages}, key=lambda stage: stage.order)


def whose(overview: Overview, words: Words) -> str:
    """Name whose figures a page shows."""
    question, label = overview.question, overview.whole.label
    if question.unit_code is None and question.area_of is None:
        return words.pair(label, "The whole country")
    if question.unit_code and question.include_descendants:
        return words.pair(f"{label} và các đơn vị trực thuộc", f"{label} and the units below it")
    return label
