"""The page for leaders, rendered with made-up answers: the ten-second facts, in both languages, and what it leaves out."""

import re
from dataclasses import replace
from datetime import date
from uuid import UUID

from services.metrics.adapters.pages.routes import TEMPLATES
from services.metrics.application.leaders import month_ends
from services.metrics.application.page_ports import Happened, LateOccurrence, MonthCell, StageCell, Turn
from services.metrics.application.queries import Question
from services.metrics.domain.record import WaitingRequest
from shared.contracts.vocabulary import RequestKind, Stage
from shared.rules.figures import year_period
from shared.rules.summary.segments import Segment
from shared.rules.verdicts import OccurrenceVerdict
from tests.unit.metrics.made_up import DAY, ON_THE_DAY, MadeUp, a_cell, a_gap, page, words

REQUEST = WaitingRequest(
    request_id=UUID(int=77),
    kind=RequestKind.EXEMPTION,
    unit_code="BXD",
    raised_on=date(2026, 3, 26),
    document="Công văn 12/BXD-PC",
    decider_code="BTP",
)


def a_late(
    code: str, verdict: OccurrenceVerdict = OccurrenceVerdict.MISSED, unit: str = "BXD"
) -> LateOccurrence:
    return LateOccurrence(unit_code=unit, draft_code=code, policy_no=1, verdict=verdict)


def the_office() -> MadeUp:
    gaps = [
        a_gap("HOM-NAY", "CP", DAY, 1),
        replace(a_gap("QUA-HAN", "BXD", date(2026, 3, 9), 1, 2), requests=(REQUEST,)),
        *(a_gap(f"SAU-{number}", "BTP", date(2026, 4, 2 + number), 1) for number in range(5)),
    ]
    return MadeUp(
        [a_cell("BXD", met=7, missed=6, begun=7, pending=3, not_opened=2, undetermined=1, any_verified=4)],
        gaps,
        made_late=[
            a_late("QUA-HAN"),
            a_late("LO", OccurrenceVerdict.MISSED),
            a_late("LO"),
            a_late("KHAC", unit="CP"),
        ],
        made_months=[
            MonthCell(day=date(2026, 3, 14), unit_code="BXD", begun=1, judged=4, overdue=2),
            MonthCell(day=DAY, unit_code="BXD", begun=7, judged=13),
        ],
        made_stages=[StageCell(unit_code="BXD", stage=Stage.DRAFT_CONSULTATION, covered=3, decided=4)],
        made_turns=[
            Happened(unit_code="BXD", turn=Turn.ENTERED, draft_code="A"),
            Happened(unit_code="BXD", turn=Turn.ENTERED, draft_code="A"),
            Happened(unit_code="CP", turn=Turn.OVERDUE, draft_code="B"),
        ],
    )


async def test_it_begins_with_the_conclusion_and_hides_no_policy() -> None:
    text_value = words(await page(f"/?{ON_THE_DAY}", the_office()))
    assert (
        "<h1>7/13 chính sách được đánh giá (53,8%) đã được truyền thông theo Kế hoạch; chỉ tiêu 100%. 7 dự thảo đang "
        "thiếu truyền thông, 1 đã quá hạn. Truyền thông ngay thì 2 chính sách quá hạn còn kịp đạt.</h1>"
    ) in text_value
    sizes = re.findall(r'<li class="(\w+)"><a [^>]*>[^<]* <strong>(\d+)</strong>', text_value)
    assert sizes == [
        ("met", "7"),
        ("recoverable", "2"),
        ("missed", "4"),
        ("not_due", "5"),
        ("undetermined", "1"),
    ]
    assert "Tỷ lệ tính trên 13/19 chính sách" in text_value
    assert 'class="aim" style="left:68.42%"' in text_value


async def test_it_has_one_rate_and_neither_positions_nor_hashes() -> None:
    text_value = words(await page(f"/?{ON_THE_DAY}", the_office()))
    shown = re.sub(
        r"<svg.*?</svg>|<details.*?</details>|<[^>]*>", "", text_value[text_value.index("<body>") :]
    )
    assert re.findall(r"[\d.,]+%", shown) == ["53,8%", "100%"]  # the rate, and its target
    assert "4.321" not in text_value
    assert re.search(r"\b[0-9a-f]{12,}\b", text_value) is None


async def test_who_owes_what_is_limited_to_five_with_the_longest_overdue_first() -> None:
    text_value = words(await page(f"/?{ON_THE_DAY}", the_office()))
    table = text_value[text_value.index('id="con-thieu"') : text_value.index('id="cho-quyet-dinh"')]
    assert re.findall(r"/drafts/([\w-]+)", table) == ["QUA-HAN", "HOM-NAY", "SAU-0", "SAU-1", "SAU-2"]
    assert re.search(r'href="/lists/gaps[^"]*">Xem cả 7</a>', table)
    assert (
        "Bộ Tư pháp quyết định đề nghị miễn truyền thông, chậm nhất" in table
        or "quyết định đề nghị miễn" in table
    )


async def test_a_request_that_waits_is_named_with_who_decides_until_when() -> None:
    text_value = words(await page(f"/?{ON_THE_DAY}", the_office()))
    waiting = text_value[text_value.index('id="cho-quyet-dinh"') : text_value.index('id="xu-huong"')]
    assert "Chờ quyết định: 1" in waiting
    for part in ("Miễn truyền thông", "Bộ Xây dựng", "Công văn 12/BXD-PC", "26/03/2026", "02/04/2026"):
        assert part in waiting
    assert 'href="https://registry.example.vn/decisions"' in waiting
    calm = words(await page(f"/?{ON_THE_DAY}", MadeUp()))
    assert "Không có đề nghị nào đang chờ" in calm
    assert 'href="https://registry.example.vn/decisions"' in calm  # other things may wait


async def test_a_request_on_several_gaps_of_a_draft_is_listed_once() -> None:
    made_up = the_office()
    made_up.made_gaps.append(replace(made_up.made_gaps[1], gap_id=UUID(int=2), stage=Stage.APPRAISAL))
    assert "Chờ quyết định: 1<" in words(await page(f"/?{ON_THE_DAY}", made_up))


async def test_the_week_counts_drafts_and_the_trend_has_its_table() -> None:
    text_value = words(await page(f"/?{ON_THE_DAY}", the_office()))
    assert "<dt>Dự thảo vào giai đoạn mới</dt><dd>1</dd>" in text_value
    assert "<dt>Dự thảo mới quá hạn</dt><dd>1</dd>" in text_value
    assert "Bảy ngày 25/03–31/03" in text_value
    twin = text_value[text_value.index('<table class="twin">') :]
    assert "<td>1/4</td><td>7/13</td>" in twin
    assert text_value.count('<polyline class="rate"') == 1
    assert "3/4" in text_value[text_value.index('id="don-vi-giai-doan"') :]


async def test_a_unit_sees_only_what_is_its_own() -> None:
    text_value = words(await page(f"/?unit=CP&{ON_THE_DAY}", the_office()))
    assert "Chưa có chính sách nào đến lúc đánh giá. 1 dự thảo đang thiếu truyền thông" in text_value
    assert "<dt>Dự thảo vào giai đoạn mới</dt><dd>0</dd>" in text_value


async def test_the_other_language_is_a_link_and_goes_along() -> None:
    answer = await page(f"/?{ON_THE_DAY}&lang=en", the_office(), language="en")
    text_value = words(answer)
    assert answer.headers["content-language"] == "en"
    assert "7/13 judged policies (53.8%) were communicated by the plan; the target is 100%." in text_value
    assert 'href="/?as_of=2026-03-31" lang="vi"' in text_value
    assert 'href="/?as_of=2026-03-31&amp;unit=BXD&amp;lang=en"' in text_value
    assert (await page("/?lang=fr", MadeUp())).status_code == 422


async def test_what_is_asked_of_a_past_period_can_no_longer_be_changed() -> None:
    """A late communication of today doesn't change how the year 2025 ended."""
    text_value = words(await page(f"/?year=2025&{ON_THE_DAY}", the_office()))
    assert "còn kịp đạt." not in text_value
    assert '<li class="recoverable">' not in text_value


def test_months_end_on_the_fourteenth_and_each_belongs_to_its_reporting_year() -> None:
    ends = month_ends(Question(as_of=date(2026, 2, 20), period=year_period(2026), year=2026))
    assert list(ends)[-4:] == [date(2025, 12, 14), date(2026, 1, 14), date(2026, 2, 14), date(2026, 2, 20)]
    assert len(ends) == 12
    assert ends[date(2025, 12, 14)] == year_period(2025)
    assert ends[date(2026, 1, 14)] == year_period(2026)
    assert month_ends(Question(as_of=date(2024, 2, 20), period=year_period(2026), year=2026)) == {}
    assert set(month_ends(Question(as_of=DAY)).values()) == {None}


def test_no_two_states_of_the_bar_are_drawn_alike() -> None:
    drawn = (TEMPLATES / "leaders.css").read_text("utf-8")
    by_state = {
        state: [
            rule
            for selectors, rule in re.findall(r"^([^{}]+) \{([^}]+)\}", drawn, re.MULTILINE)
            if f".stack .{state}" in selectors and f".legend .{state}::before" in selectors
        ]
        for state in Segment
    }
    assert {state: len(rules) for state, rules in by_state.items()} == dict.fromkeys(Segment, 1)
    assert len({rule for (rule,) in by_state.values()}) == len(Segment)
