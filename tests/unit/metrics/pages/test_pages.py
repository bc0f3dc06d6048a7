"""The pages of metrics, rendered with made-up answers: what officials read, and what they read of an error."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.metrics.adapters.pages import page_data
from services.metrics.application.queries import SeenGap
from services.metrics.domain.record import ConsultationOpinions, ExpectedStage
from shared.contracts.vocabulary import (
    Answer,
    CommunicationRole,
    Instrument,
    Precision,
    Regime,
    Stage,
)
from shared.projections.projection_health import ANOTHER_LOG, REFUSED_WRITES
from shared.rules.facts import Scope
from shared.rules.rulebook.legal_basis import UNCITED
from shared.rules.words.figure_words import HARD_SPACE
from tests.support.platform.projections import RULEBOOK
from tests.unit.metrics.made_up import (
    DAY,
    ON_THE_DAY,
    UNITS,
    MadeUp,
    a_cell,
    a_gap,
    a_record,
    a_todo,
    communicated,
    page,
    words,
)


@pytest.mark.parametrize("address", [f"/?{ON_THE_DAY}", f"/drafts/ND-1?{ON_THE_DAY}"])
async def test_a_log_that_is_not_whole_is_named_above_the_figures(address: str) -> None:
    made_up = MadeUp([a_cell("BXD", met=1)], record=a_record("draft_consultation 2026-03-02"))
    for notice in (ANOTHER_LOG, REFUSED_WRITES):
        assert notice.vi in (await page(address, made_up, notices=[notice])).text


async def test_the_headline_stands_beside_its_targets_and_counts() -> None:
    counts = {"met": 1234, "missed": 34, "pending": 5, "undetermined": 6, "closed_unopened": 7}
    plan = {"begun": 1234, "drafts": 40, "drafts_judged": 30, "drafts_plan": 21}
    made_up = MadeUp([a_cell("BXD", **counts, **plan, on_time=1000)], made_targets={"BXD": 0.7})
    answer = await page(f"/details?unit=BXD&{ON_THE_DAY}", made_up)
    text_value = words(answer)
    assert answer.status_code == 200
    assert "97,3%" in text_value
    assert "1.234 trên 1.268 chính sách được đánh giá" in text_value
    assert "Tỷ lệ truyền thông theo Kế hoạch" in text_value
    assert "Mức thấp nhất của tỷ lệ theo Kế hoạch: 96,8%, nếu tính cả 7 chính sách đã thông qua" in text_value
    assert "21 trên 30 dự thảo được đánh giá (70,0%)" in text_value
    assert "Mức độ đầy đủ <strong>97,3%</strong>" in text_value
    assert "Chỉ tiêu Quyết định 407 năm 2026: <strong>100,0%</strong>" in text_value
    assert "Chỉ tiêu của đơn vị năm 2026: <strong>70,0%</strong>" in text_value
    assert "thấp hơn chỉ tiêu Quyết định 407" in text_value
    assert "<dt>Đã thông qua, chưa ghi nhận việc lấy ý kiến</dt><dd>7</dd>" in text_value
    assert "<dt>Chưa xác định phạm vi</dt><dd>6</dd>" in text_value
    assert "Dữ liệu mẫu" in text_value
    assert "vị trí 4.321" in text_value
    assert "31/03/2026" in text_value


async def test_nothing_judged_is_not_zero_per_cent() -> None:
    text_value = words(await page(f"/details?{ON_THE_DAY}", MadeUp()))
    assert text_value.count("không áp dụng") == 6
    assert "0,0%" not in text_value.replace("100,0%", "")
    assert "không có dự thảo nào còn thiếu truyền thông" in text_value
    assert "không có việc nào cần xem xét" in text_value
    assert "Dữ liệu mẫu" not in text_value


async def test_the_unit_that_is_overdue_longest_comes_first() -> None:
    gaps = [
        a_gap("TRONG-HAN", "BXD", date(2026, 4, 2), 1),
        a_gap("QUA-HAN", "BTP", date(2026, 3, 9), 1, 2),
        a_gap("HOM-NAY", "CP", DAY, 1),
    ]
    text_value = words(await page(f"/details?{ON_THE_DAY}", MadeUp([a_cell("BTP", missed=2)], gaps)))
    places = [text_value.index(code) for code in ("QUA-HAN", "HOM-NAY", "TRONG-HAN")]
    assert places == sorted(places)
    assert "quá hạn 16 ngày làm việc" in text_value
    assert "đến hạn trong ngày" in text_value
    assert "còn 2 ngày làm việc" in text_value
    assert 'href="/drafts/QUA-HAN?as_of=2026-03-31"' in text_value


async def test_units_with_the_lowest_rate_come_first_and_unjudged_ones_last() -> None:
    cells = [a_cell("CP", pending=1), a_cell("BTP", met=1, begun=1), a_cell("BXD", met=1, missed=1, begun=1)]
    text = (await page(f"/details?{ON_THE_DAY}", MadeUp(cells))).text
    table = text[text.index('id="don-vi"') :]
    places = [table.index(f"unit={code}") for code in ("BXD", "BTP", "CP")]
    assert places == sorted(places)


async def test_to_dos_are_grouped_and_long_groups_stay_closed() -> None:
    todos = [a_todo("scope_undetermined", f"D{number}") for number in range(9)]
    todos.append(a_todo("suspended_long", "TREO"))
    text_value = words(await page(f"/details?{ON_THE_DAY}", MadeUp(made_todos=todos)))
    assert '<details class="unit"> <summary><h3>Chưa xác định phạm vi: 9 dự thảo' in text_value
    assert '<details class="unit" open> <summary><h3>Tạm dừng quá 180 ngày: 1 dự thảo' in text_value
    assert "01/06/2025" in text_value


async def test_the_choice_goes_along_in_links_and_a_name_is_taken_for_its_code() -> None:
    made_up = MadeUp([a_cell("BGTVT", met=1, begun=1)], [a_gap("ND-1", "BGTVT", DAY, 1)])
    address = f"/details?unit=b%E1%BB%99 x%C3%A2y d%E1%BB%B1ng&view=successor&year=2026&{ON_THE_DAY}"
    text_value = words(await page(address, made_up))
    assert "1 trên 1 chính sách được đánh giá" in text_value
    query = "as_of=2026-03-31&amp;year=2026&amp;unit=BXD&amp;view=successor"
    assert f'href="/drafts/ND-1?{query}"' in text_value
    assert f'href="/compliance?{query}"' in text_value
    assert "Năm báo cáo 2026: từ 15/12/2025 đến 14/12/2026" in text_value


async def test_a_unit_is_asked_with_what_stands_below_it() -> None:
    made_up = MadeUp([a_cell("BTP", met=1, begun=1), a_cell("CP", missed=1)])
    alone = await page(f"/details?unit=CP&{ON_THE_DAY}", made_up)
    together = await page(f"/details?unit=CP&include_descendants=true&{ON_THE_DAY}", made_up)
    assert "0 trên 1 chính sách" in words(alone)
    assert "1 trên 2 chính sách" in words(together)


@pytest.mark.parametrize(
    ("year", "heading", "target"),
    [
        ("", "Năm báo cáo 2026: từ 15/12/2025 đến 14/12/2026", "Chỉ tiêu Quyết định 407 năm 2026"),
        ("&year=", "Năm báo cáo 2026", "Chỉ tiêu Quyết định 407 năm 2026"),
        ("&year=2024", "Năm báo cáo 2024", "Chỉ tiêu Quyết định 407 năm 2024"),
        ("&year=all", "Gộp tất cả các năm", "Chọn một năm báo cáo để so với chỉ tiêu của năm đó"),
    ],
)
async def test_the_period_is_the_current_reporting_year_unless_another_is_chosen(
    year: str, heading: str, target: str
) -> None:
    text_value = words(await page(f"/details?{ON_THE_DAY}{year}", MadeUp([a_cell("BTP", met=1, begun=1)])))
    assert heading in text_value
    assert target in text_value
    asked = [part for part in ("2026", "2024") if part in heading]
    link = f'href="/compliance?as_of=2026-03-31{"".join(f"&amp;year={part}" for part in asked)}"'
    assert link in text_value


async def test_support_work_is_shown_beside_and_a_due_day_is_an_internal_deadline() -> None:
    support = replace(
        communicated(3, date(2026, 3, 5)), role=CommunicationRole.SUPPORT, unit_code="CP", title="Phát thanh"
    )
    record = a_record("draft_consultation 2026-03-02", (support,), policies=())
    text_value = words(await page(f"/drafts/ND-1?{ON_THE_DAY}", MadeUp(record=record)))
    support_work = text_value[text_value.index("Hoạt động hỗ trợ của đơn vị khác") :]
    assert "Phát thanh" in support_work
    assert "Tính cho đơn vị thực hiện" in support_work
    assert "Quá hạn, chưa ghi nhận truyền thông" in text_value
    assert "không phải thời hạn do Quyết định số 407/QĐ-TTg quy định" in text_value
    assert "Căn cứ của thời hạn" not in text_value


async def test_what_a_consultation_brought_stands_apart_from_single_comments() -> None:
    record = replace(
        a_record("draft_consultation 2026-03-02", policies=()),
        expected=(
            ExpectedStage(
                stage=Stage.ADOPTED,
                expected_on=date(2026, 7, 1),
                precision=Precision.MONTH,
                session="Kỳ họp 8",
            ),
        ),
        opinions=(
            ConsultationOpinions(
                stage=Stage.DRAFT_CONSULTATION,
                summarised_on=date(2026, 3, 20),
                received=1200,
                agree=1100,
                groups={"VNeID": 1000},
                counting_rule="Ý kiến phát biểu không tính",
            ),
        ),
    )
    text_value = words(await page(f"/drafts/ND-1?{ON_THE_DAY}", MadeUp(record=record)))
    assert "1.200 ý kiến; đồng ý 1.100" in text_value
    assert "VNeID: 1.000" in text_value
    assert "Quy tắc đếm: Ý kiến phát biểu không tính" in text_value
    assert "không cộng với ý kiến tại từng hoạt động" in text_value
    assert "</strong>: 07/2026, Kỳ họp 8" in text_value


async def test_a_due_day_is_named_by_the_document_of_its_area() -> None:
    record = a_record("draft_consultation 2026-03-02", policies=())
    document = "Kế hoạch số 12/KH-UBND"
    made = MadeUp(record=record, deadline_documents={"CP": document, "BYT": "Quy chế số 7"})
    text_value = words(await page(f"/drafts/ND-1?{ON_THE_DAY}", made))
    assert (
        f"là thời hạn theo {document}, không phải thời hạn do Quyết định số 407/QĐ-TTg quy định" in text_value
    )
    assert "thời hạn theo dõi nội bộ, không phải" not in text_value


@pytest.mark.parametrize("empty", ["/?as_of=&year=&unit=", "/?view=original", "/"])
async def test_an_empty_field_is_one_that_was_not_filled_in(empty: str) -> None:
    assert (await page(empty, MadeUp())).status_code == 200


@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        ("/?as_of=2026-02-30", 422, "Ngày số liệu chưa đúng"),
        ("/?year=nam", 422, "Năm báo cáo chưa đúng"),
        ("/?year=1999", 422, "Năm báo cáo chưa đúng"),
        ("/?view=x", 422, "Cách nhìn chưa đúng"),
        ("/?include_descendants=x", 422, "Lựa chọn “gồm đơn vị trực thuộc” chưa đúng"),
        ("/?min_position=x", 422, "min_position"),
        ("/?unit=XYZ", 404, "Không tìm thấy đơn vị này"),
        ("/drafts/XYZ", 404, "Không tìm thấy dự thảo này"),
        ("/drafts/XYZ?as_of=mai", 422, "Ngày số liệu chưa đúng"),
    ],
)
async def test_bad_input_is_answered_with_a_sentence(address: str, status: int, sentence: str) -> None:
    answer = await page(address, MadeUp())
    assert answer.status_code == status
    assert sentence in answer.text
    assert 'href="/"' in answer.text


async def test_pages_are_closed_unless_reading_is_public() -> None:
    answer = await page("/", MadeUp(), public_read=False)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "cần mã truy cập" in answer.text


async def test_a_part_that_is_away_is_said_on_a_page_too() -> None:
    answer = await page("/", MadeUp(broken=ConnectionError("no database")))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert "tạm thời chưa phản hồi" in answer.text
    assert "no database" not in answer.text


async def test_titles_are_text_and_only_web_addresses_are_links() -> None:
    bad = "<img src=x onerror=alert(1)>"
    listed = await page(f"/?{ON_THE_DAY}", MadeUp(made_gaps=[a_gap("D", "BTP", DAY, 1, title=bad)]))
    communications = (
        communicated(1, date(2026, 3, 3), url="javascript:alert(1)"),
        communicated(2, date(2026, 3, 3), url="https://example.org/a"),
    )
    record = a_record("draft_consultation 2026-03-02", communications, title=bad)
    item = await page(f"/drafts/ND-1?{ON_THE_DAY}", MadeUp(record=record))
    assert "<img" not in listed.text + item.text
    assert "javascript:" not in item.text
    assert 'href="https://example.org/a"' in item.text


async def test_a_draft_says_its_verdicts_and_what_they_rest_on() -> None:
    stages = "drafting 2026-02; draft_consultation 2026-03-02"
    communications = (communicated(1, date(2026, 3, 4), 1), communicated(2, date(2026, 3, 20), 2))
    made_up = MadeUp(record=a_record(stages, communications))
    text_value = words(await page(f"/drafts/ND-1?{ON_THE_DAY}&unit=BXD", made_up))
    assert "Từ 02/03/2026 đến nay, chưa thông qua" in text_value
    assert "Từ 02/2026 đến trước 02/03/2026 · không bắt buộc truyền thông" in text_value
    assert "thời hạn theo dõi nội bộ 09/03/2026 (5 ngày làm việc)" in text_value
    assert "Đã truyền thông đúng hạn</span> Chính sách 1 " in text_value
    assert "Đã truyền thông, chậm hạn</span> Chính sách 2 " in text_value
    assert "Quá hạn, chưa ghi nhận truyền thông</span> Chính sách 3" in text_value
    assert "Có giai đoạn bắt buộc đã quá hạn mà chưa ghi nhận truyền thông." in text_value
    assert "04/03/2026</strong> · Họp báo" in text_value
    assert "Luật số 64/2025/QH15" in text_value
    assert 'href="/?as_of=2026-03-31&amp;unit=BXD"' in text_value
    english = words(await page(f"/drafts/ND-1?{ON_THE_DAY}&lang=en", made_up, language="en"))
    assert re.findall(r"Polic(?:y|ies) \d[\d, ]*", english) == ["Policy 1 ", "Policy 2 ", "Policy 3"]


async def test_a_draft_shows_until_when_it_is_answered_and_who_appraises() -> None:
    law: dict[str, Any] = {"instrument": Instrument.LAW, "regime": Regime.LAW_2025_AMENDED}
    asked = MadeUp(record=a_record("policy_consultation 2026-03-20", **law))
    text_value = words(await page(f"/drafts/ND-1?{ON_THE_DAY}", asked))
    assert "trả lời bằng văn bản trong 15 ngày, đến hết 06/04/2026" in text_value, "5/4 is a Sunday"
    assert "điểm a khoản 1 Điều 30 Luật số 64/2025/QH15" in text_value
    appraised = MadeUp(record=a_record("appraisal 2026-03-20", **law))
    text_value = words(await page(f"/drafts/ND-1?{ON_THE_DAY}", appraised))
    assert "Bộ Tư pháp thẩm định trong 30 ngày, đến hết 20/04/2026" in text_value
    left = MadeUp(record=a_record("policy_consultation 2026-03-02; drafting 2026-03-20", **law))
    assert "Thời hạn trả lời, thẩm định" not in words(await page(f"/drafts/ND-1?{ON_THE_DAY}", left))


async def test_a_rule_from_memory_names_no_law_on_the_page_of_a_draft() -> None:
    of_2015: dict[str, Any] = {"instrument": Instrument.CIRCULAR, "regime": Regime.LAW_2015}
    made_up = MadeUp(record=a_record("draft_consultation 2026-03-02", **of_2015))
    text_value = words(await page(f"/drafts/ND-1?{ON_THE_DAY}", made_up))
    assert "<dt>Luật áp dụng" in text_value or "Luật số 80/2015/QH13" in text_value
    assert "Điều 101" not in text_value
    assert UNCITED.vi in text_value


async def test_due_days_in_a_year_without_a_notice_are_called_provisional() -> None:
    stages = "draft_consultation 2026-03-02; appraisal 2028-01-03"
    text_value = words(await page("/drafts/ND-1?as_of=2028-01-04", MadeUp(record=a_record(stages))))
    assert "Lịch nghỉ năm 2028 là tạm tính" in text_value
    assert "Lịch nghỉ năm 2026" not in text_value
    text_value = words(await page(f"/drafts/ND-1?{ON_THE_DAY}", MadeUp(record=a_record(stages))))
    assert "tạm tính: chưa có văn bản" not in text_value


@pytest.mark.parametrize(
    ("stages", "sentence"),
    [
        ("", "Chưa bắt đầu: dự thảo chưa lấy ý kiến"),
        ("adopted 2026-03-02", "đã thông qua ngày 02/03/2026, chưa ghi nhận việc lấy ý kiến"),
        ("withdrawn 2026-03-02", "đã rút hoặc nhập vào dự thảo khác ngày 02/03/2026"),
        ("draft_consultation 2026-01-05; adopted 2026-03-02", "đến trước 02/03/2026 (thông qua)"),
    ],
)
async def test_every_kind_of_window_is_said_in_words(stages: str, sentence: str) -> None:
    record = a_record(stages, policies=())
    text_value = words(await page(f"/drafts/ND-1?{ON_THE_DAY}", MadeUp(record=record)))
    assert sentence in text_value
    assert "Toàn văn dự thảo" in text_value


async def test_a_draft_that_is_not_counted_says_so() -> None:
    record = replace(a_record("draft_consultation 2026-03-02"), scope=Scope(explicit=Answer.NO))
    text_value = words(await page(f"/drafts/ND-1?{ON_THE_DAY}", MadeUp(record=record)))
    assert "không thuộc phạm vi Đề án 407" in text_value


@pytest.mark.parametrize(
    ("due_on", "as_of", "overdue", "left", "said"),
    [
        (date(2026, 3, 27), DAY, 2, 0, "quá hạn 2 ngày làm việc"),
        (date(2026, 3, 27), date(2026, 3, 28), 0, 0, "vừa quá hạn"),  # a Saturday
        (DAY, DAY, 0, 0, "hạn hôm nay"),
        (date(2026, 4, 1), DAY, 0, 1, "còn 1 ngày làm việc"),
    ],
)
def test_how_a_gap_stands_to_its_due_day(
    due_on: date, as_of: date, overdue: int, left: int, said: str
) -> None:
    seen = SeenGap(a_gap("D", "BTP", due_on, 1), as_of, UNITS.on(as_of), RULEBOOK.calendar, {})
    assert (seen.overdue_working_days, seen.working_days_left) == (overdue, left)
    assert page_data.standing(seen, as_of, as_of).replace(HARD_SPACE, " ") == said


@pytest.mark.parametrize(
    ("values", "text"), [((), ""), ((3,), "3"), ((2, 1, 3), "1–3"), ((1, 2, 4, 6, 7), "1–2, 4, 6–7")]
)
def test_neighbouring_numbers_are_a_range(values: tuple[int, ...], text: str) -> None:
    assert page_data.numbers(values) == text


@pytest.mark.parametrize(
    ("share", "text"), [(None, "không áp dụng"), (0.0, "0,0%"), (2 / 3, "66,7%"), (1.0, "100,0%")]
)
def test_a_share_has_a_decimal_comma(share: float | None, text: str) -> None:
    assert page_data.percent(share).replace(HARD_SPACE, " ") == text


async def test_a_draft_begins_with_its_conclusion_and_a_table_of_policies_and_stages() -> None:
    held = (communicated(1, date(2026, 3, 4), 1), communicated(2, date(2026, 3, 20), 2))
    record = a_record("draft_consultation 2026-03-02; appraisal 2026-03-25", held)
    text_value = words(await page(f"/drafts/ND-1?{ON_THE_DAY}", MadeUp(record=record)))
    first = text_value[text_value.index('id="ket-luan"') : text_value.index('id="thong-tin"')]
    assert (
        "Dự thảo chưa được truyền thông ở giai đoạn Thẩm định: còn 1 ngày làm việc (hạn 01/04/2026)." in first
    )
    cells = re.findall(
        r"<td [^>]*><span class=\"mark (\w+)\"><span aria-hidden=\"true\">(.)</span> ([^<]*)</span></td>",
        first,
    )
    assert cells == [
        ("good", "✔", "04/03/2026"),
        ("plain", "○", "còn 1 ngày làm việc"),
        ("warn", "✔", "chậm hạn, 20/03/2026"),
        ("plain", "○", "còn 1 ngày làm việc"),
        ("bad", "✘", "chưa ghi nhận, đã chuyển giai đoạn"),
        ("plain", "○", "còn 1 ngày làm việc"),
    ]


async def test_a_draft_that_is_overdue_says_since_when() -> None:
    record = a_record("draft_consultation 2026-03-02", (communicated(1, date(2026, 3, 4), 1),))
    text_value = words(await page(f"/drafts/ND-1?{ON_THE_DAY}", MadeUp(record=record)))
    assert (
        "2/3 chính sách chưa được truyền thông ở giai đoạn Lấy ý kiến dự thảo: quá hạn 16 ngày làm việc"
        in text_value
    )
    assert text_value.count("quá hạn 16 ngày làm việc</span>") == 2


async def test_the_page_of_all_figures_shows_the_first_drafts_of_a_unit_and_leads_to_all() -> None:
    number = page_data.MOST_SHOWN + 1
    made_up = MadeUp(
        made_gaps=[a_gap(f"D-{each}", "BTP", DAY, 1) for each in range(number)],
        made_todos=[a_todo("scope_undetermined", f"T-{each}") for each in range(number)],
    )
    answer = await page(f"/details?as_of={DAY}", made_up)
    for kind, path in (("D-", "/lists/gaps"), ("T-", "/lists/quality")):
        assert answer.text.count(f'href="/drafts/{kind}') == page_data.MOST_SHOWN
        assert re.search(rf'<a href="{path}[^"]*">Xem cả {number}</a>', answer.text)
