"""What an import says of a cell follows its column, names the next step, and is Vietnamese in Vietnamese."""

import re
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

from services.campaigns.adapters.communications import rows
from services.campaigns.adapters.plans import rows as plans_rows
from services.campaigns.adapters.programmes import rows as programmes_rows
from services.notifier.adapters.recipients import bodies as notifier_bodies
from services.registry.adapters import import_sheets as registry_rows
from shared.bulk_import.row_parsing import ImportRow, reasons
from shared.contracts.vocabulary import Instrument, Stage
from shared.http import problems
from shared.http.requests.request_context import Body
from shared.rules.words.suggestions import nearest
from tests.support.timing import processor_seconds

MODULES = (registry_rows, rows, plans_rows, programmes_rows, notifier_bodies)
MODELS = [
    model
    for module in MODULES
    for model in vars(module).values()
    if isinstance(model, type) and issubclass(model, ImportRow) and model.__module__ == module.__name__
]
WRONG = (
    *(
        "x",
        "Có",
        "70%",
        "-1",
        "9" * 20,
        "9" * 5000,
        "2024-02-31",
        "2024-02",
        "tháng 3/2024",
        "nguyễn@",
        "1e400",
        "nan",
    ),
    *("a" * 3000, "sở a", "1.500.000", "=1", "TRUE", "0", ";", "2024-13", "quý I/2024", "99/99/9999"),
)
ENGLISH = re.compile(
    r"\b(?:should|must|input|valid|value|string|error|unable|parse|greater|less|than|expected|match|pattern|integer"
    r"|number|date|character|invalid|at most|at least|is no|write)\b",
    re.IGNORECASE,
)
QUOTED = re.compile(r"“[^”]*”|\([^)]*\)")


def messages_of(model: type[ImportRow], column: str, value: str) -> list[str]:
    cells = {column: value}
    try:
        model.model_validate(cells)
    except ValidationError as error:
        return [why.vi for why in reasons(error, cells, model)]
    return []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_no_english_stands_in_vietnamese(model: type[ImportRow]) -> None:
    texts = [
        text for column in model.model_fields for value in WRONG for text in messages_of(model, column, value)
    ]
    assert texts
    named = ("yes, no hoặc unknown", *re.findall(r"danh mục cho phép.*", "\n".join(texts)))
    plain = [QUOTED.sub("", text) for text in texts]
    for part in named:
        plain = [text.replace(part, "") for text in plain]
    assert [text for text in plain if ENGLISH.search(text)] == []


@pytest.mark.parametrize(
    ("cells", "complaints"),
    [
        ({"draft_code": "Phụ lục kèm theo"}, 1),  # no row of data: one cause, one complaint
        ({"draft_code": "x", "instrument": "y"}, 3),
        ({"draft_code": "A-1", "title": "x", "instrument": "circular", "regime": "y"}, 2),
        ({"draft_code": "a-1", "title": "x", "instrument": "circular"}, 2),
    ],
)
def test_a_row_of_which_most_is_missing_has_one_complaint(cells: dict[str, str], complaints: int) -> None:
    model = registry_rows.DraftRow
    with pytest.raises(ValidationError) as raised:
        model.model_validate(cells)
    assert len(reasons(raised.value, cells, model)) == complaints


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("email", "stp@angiang", "địa chỉ thư điện tử"),
        ("unit_code", "sở a", "sai định dạng mã"),
        ("role", "trưởng phòng", "danh mục"),
    ],
)
def test_a_message_follows_its_column(column: str, value: str, words: str) -> None:
    whole = {"unit_code": "STP", "role": "head", "email": "stp@example.vn"}
    cells = {**whole, column: value}
    model = notifier_bodies.RecipientRow
    with pytest.raises(ValidationError) as raised:
        model.model_validate(cells)
    texts = "\n".join(why.vi for why in reasons(raised.value, cells, model))
    assert words in texts
    assert (column == "unit_code") == ("mã chỉ gồm" in texts)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("tháng 3/2024", "2024-03"),
        ("Tháng 03 năm 2024", "2024-03"),
        ("T3/2024", "2024-03"),
        ("thg 9 2025", "2025-09"),
        ("03/2024", "2024-03"),
        ("3-2024", "2024-03"),
        ("3.2024", "2024-03"),
        ("2024/03", "2024-03"),
        ("2024-3", "2024-03"),
        ("Sep-25", "2025-09"),
        ("September 2025", "2025-09"),
        ("năm 2024", "2024"),
        ("ngày 05 tháng 4 năm 2024", "2024-04-05"),
        ("05 tháng 4 năm 2024", "2024-04-05"),
        ("ngày 5/4/2024", "2024-04-05"),
        ("05/04/24", "2024-04-05"),
        ("5.4.24", "2024-04-05"),
        ("05/04/2024", "2024-04-05"),
        ("2024/04/05", "2024-04-05"),
        ("12-Mar-25", "2025-03-12"),
        ("12 March 2025", "2025-03-12"),
        ("2024-04-05 00:00:00", "2024-04-05"),
        ("45387", "2024-04-05"),
        ("quý I/2024", None),
        ("Thứ Hai, 15/04/2024", "2024-04-15"),
        ("15h30 ngày 15/04/2024", "2024-04-15"),
        ("mồng 5 tháng 4 năm 2024", "2024-04-05"),
        ("2024–04–15", "2024-04-15"),
        ("15‑04‑2024", "2024-04-15"),
        ("'2024-04-15", "2024-04-15"),
        ("April 15, 2024", "2024-04-15"),
        ("Apr 15 2024", "2024-04-15"),
        ("15/04/2567", None),
        ("13/2024", None),
        ("31/02/2024", None),
        ("đầu năm", None),
    ],
)
def test_a_date_is_suggested_exactly(value: str, expected: str | None) -> None:
    (why,) = [
        text
        for text in messages_of(registry_rows.StageRow, "entered_on", value)
        if "entered_on" in text and "trống" not in text
    ]
    actual = re.search(r"hãy ghi (\S+)$", why)
    assert (actual[1] if actual else None) == expected


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("05-07/4/2024", "ngày đầu 2024-04-05"),
        ("05/4 - 07/5/2024", "ngày đầu 2024-04-05"),
        ("từ 5 đến 7/4/2024", "ngày đầu 2024-04-05"),
        ("từ ngày 5/4/2024 đến ngày 7/4/2024", "ngày đầu 2024-04-05"),
        ("15/04/2024; 16/04/2024", "ngày đầu 2024-04-15"),
        ("quý III/2024", "chỉ biết năm thì ghi 2024"),
        ("Quý 3 năm 2024", "chỉ biết năm thì ghi 2024"),
        ("Q3/2024", "chỉ biết năm thì ghi 2024"),
        ("6 tháng đầu năm 2024", "chỉ biết năm thì ghi 2024"),
        ("cuối năm 2024", "chỉ biết năm thì ghi 2024"),
        ("giữa tháng 5/2024", "chỉ biết tháng thì ghi 2024-05"),
        ("cuối tháng 5 năm 2024", "chỉ biết tháng thì ghi 2024-05"),
        ("khoảng 15/04/2024", "không phải là một ngày chắc chắn"),
        ("trước 30/6/2024", "không phải là một ngày chắc chắn"),
        ("15/04/2024 (dự kiến)", "không phải là một ngày chắc chắn"),
        ("04/15/2024", "kiểu Mỹ"),
        ("15/04/2567", "quá xa"),
        ("00/00/0000", "không có tháng 00/0000"),
    ],
)
def test_what_is_no_single_day_is_described(value: str, words: str) -> None:
    texts = [
        text for text in messages_of(registry_rows.StageRow, "entered_on", value) if "entered_on" in text
    ]
    assert words in "\n".join(texts)


@pytest.mark.parametrize("value", ["tháng 3/2024", "2024-03", "2024"])
def test_a_month_is_not_suggested_where_a_day_is_needed(value: str) -> None:
    (why,) = [
        text for text in messages_of(registry_rows.UnitRow, "valid_from", value) if "valid_from" in text
    ]
    assert "cần đủ năm, tháng, ngày" in why


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Nghị quyết HĐND tỉnh", "provincial_resolution"),
        ("Nghị quyết của HĐND tỉnh", "provincial_resolution"),
        ("Nghị quyết của Hội đồng nhân dân tỉnh", "provincial_resolution"),
        ("NQ HĐND thành phố", "provincial_resolution"),
        ("Nghị quyết HĐND xã", "commune_resolution"),
        ("Quyết định UBND tỉnh", "provincial_decision"),
        ("Quyết định của UBND cấp xã", "commune_decision"),
        ("Nghị quyết của Chính phủ", "government_resolution"),
        ("Nghị quyết Quốc hội", "na_resolution"),
        ("Nghị quyết UBTVQH", "nasc_resolution"),
        ("QĐ-TTg", "pm_decision"),
        ("Quyết định của Thủ tướng", "pm_decision"),
        ("Thông tư", "circular"),
        ("Luật", "law"),
        ("provincal_resolution", "provincial_resolution"),
    ],
)
def test_an_instrument_is_suggested_exactly(value: str, expected: str) -> None:
    allowed = [item.value for item in Instrument]
    (actual,) = re.findall(r"có phải là: (.*)\?", nearest(value, allowed).vi)
    assert actual.split(" · ")[0] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Có", "yes"),
        ("x", "yes"),
        ("TRUE", "yes"),
        ("1", "yes"),
        ("Không", "no"),
        ("FALSE", "no"),
        ("chưa rõ", "unknown"),
    ],
)
def test_an_answer_is_suggested_exactly(value: str, expected: str) -> None:
    assert nearest(value, ["yes", "no", "unknown"]).vi.endswith(f"hãy ghi {expected}")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("stp-x", "STP-X"),
        (" 'STP-X", "STP-X"),
        ("STP – X", "STP-X"),
        ("DT‑01", "DT-01"),
        ("du an 1", None),
        ("sở-a", None),
        ("Sở Tư pháp", None),
    ],
)
def test_a_code_is_suggested_exactly(value: str, expected: str | None) -> None:
    texts = messages_of(registry_rows.DraftRow, "draft_code", value)
    actual = re.search(r"hãy ghi (\S+)$", "\n".join(texts), re.MULTILINE)
    assert (actual[1] if actual else None) == expected


@pytest.mark.parametrize("text", ["-", "–", "...", "N/A", "null", "NaN", "không có", "-/-", "?"])
@pytest.mark.parametrize("column", ["title", "final_number"])
def test_a_sign_for_an_empty_cell_is_no_title_and_no_number(text: str, column: str) -> None:
    """A draft with the final number "-" looked as if it were promulgated."""
    texts = messages_of(registry_rows.DraftRow, column, text)
    assert any("để trống ô" in why for why in texts)
    assert not any("để trống ô" in why for why in messages_of(registry_rows.DraftRow, column, "12/2024"))


class Every(Body):
    whole: int
    part: float
    sure: bool
    names: list[str]
    inner: dict[str, int]


@pytest.mark.parametrize("value", [None, "x", 1.5, [], {}, True])
def test_the_api_answers_in_vietnamese_too(value: object) -> None:
    model: type[BaseModel] = Every
    with pytest.raises(ValidationError) as raised:
        model.model_validate(dict.fromkeys(Every.model_fields, value))
    vi = problems.describe(raised.value.errors()).vi
    assert not ENGLISH.search(QUOTED.sub("", vi)), vi


class Lists(Body):
    stage: Stage | Literal["resumed"]
    view: Literal["original", "successor"] = "original"
    limit: Annotated[int, Field(ge=1, le=500)] = 1
    reason: Annotated[str, Field(min_length=2)] = "ab"


@pytest.mark.parametrize(
    ("body", "vietnamese", "english"),
    [
        ({"stage": "apraisal"}, "có phải là: appraisal", "did you mean: appraisal"),
        ({"stage": "resume"}, "resumed", "resumed"),
        ({"stage": "drafting", "view": "orignal"}, "original · successor", "original · successor"),
        ({"stage": "drafting", "limit": 0}, "phải từ 1 trở lên", "must be 1 or more"),
        ({"stage": "drafting", "limit": 501}, "không được quá 500", "must be 500 or less"),
        ({"stage": "drafting", "reason": "x"}, "ít nhất 2 ký tự", "at least 2"),
        ({"stage": "drafting", "Limit": 5}, "“Limit” không có trong mẫu", "'Limit': is no field"),
        ({}, "“stage” còn thiếu", "'stage': is missing"),
    ],
)
def test_the_api_says_once_what_to_write(body: dict[str, object], vietnamese: str, english: str) -> None:
    """A union of lists was refused twice, without naming a value; the English part was the library's."""
    with pytest.raises(ValidationError) as raised:
        Lists.model_validate(body)
    text = problems.describe(raised.value.errors())
    assert vietnamese in text.vi
    assert english in text.en
    assert text.vi.count("“stage”") <= 1
    assert not re.search(r"Input should|Field required|Extra inputs", text.en)


class Listed(Body):
    stages: tuple[Stage, ...]


def test_thousands_of_wrong_values_are_counted_and_only_the_first_ones_explained() -> None:
    """Each was compared with all others and with all values: a request of 80 KiB kept a service busy for half a minute."""
    with pytest.raises(ValidationError) as raised:
        Listed.model_validate({"stages": [f"apraisal{number}" for number in range(4_000)]})
    errors = raised.value.errors()
    assert processor_seconds(lambda: problems.describe(errors), 2) < 2
    text = problems.describe(errors)
    assert text.vi.count("có phải là: appraisal") == problems.MOST_PROBLEMS
    assert "và 3980 lỗi khác" in text.vi
    assert "and 3980 other problems" in text.en
