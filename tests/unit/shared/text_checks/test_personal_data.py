"""Personal data are found by pattern: held on 455 invented strings with their labels, and on both samples."""

import csv
import io
from pathlib import Path
from random import Random

import pytest

import deploy.sample
from deploy.sample import exercise
from shared.kernel import runtime
from shared.kernel.errors import Text
from shared.kernel.local_day import day_in_vietnam
from shared.rules.rulebook.rulebook import load_rulebook
from shared.text_checks import event_texts
from shared.text_checks.event_texts import EMAIL, IDENTITY, PHONE, TAX, find, find_in, masked

CORPUS = Path(__file__).with_name("personal_data.tsv")
OPEN = Path(deploy.sample.__file__).parent / "open"
RIGHT = 0.95


def labelled() -> list[tuple[str, str]]:
    lines = CORPUS.read_text(encoding="utf-8").splitlines()
    return [(label, text) for label, _, text in (line.partition("\t") for line in lines)]


def test_at_least_95_percent_of_the_labelled_strings_are_classified_right() -> None:
    corpus = labelled()
    wrong = [(label, text) for label, text in corpus if (find(text) is not None) != (label == "personal")]
    assert len(corpus) >= 400
    assert len(wrong) <= len(corpus) * (1 - RIGHT), wrong


@pytest.mark.parametrize(
    ("text", "heading", "kind"),
    [
        ("gop.y@example.vn", "", EMAIL),
        ("gop.y [at] example [dot] vn", "", EMAIL),
        ("0912 345 678", "", PHONE),
        ("(024) 3733 6213", "", PHONE),
        ("38223333", "Điện thoại", PHONE),
        ("079099001234", "", IDENTITY),
        ("012345678", "Số CMND", IDENTITY),
        ("8012345678", "Mã số thuế", TAX),
        ("012345678", "Số lượng", None),
        ("38223333", "Dân số", None),
        ("0101243150", "Mã số thuế", None),
        ("1900 1234", "Điện thoại", None),
    ],
)
def test_a_heading_identifies_a_bare_number(text: str, heading: str, kind: Text | None) -> None:
    actual = find(text, heading)
    assert (actual.kind if actual else None) is kind


@pytest.mark.parametrize(
    "text",
    [
        "nguyenvana at gmail dot com",
        "nguyenvana @ gmail . com",
        "nguyenvana a còng gmail chấm com",
        "abc@gmail,com",
        "a.b[.]c@d[.]vn",
        "a＠b.vn",
        "https://x.vn/?email=a%40gmail.com",
        "https://x.vn/?sdt=0912345678",
        "https://x.vn/?x=1&phone=0912345678&y=2",
        "https://zalo.me/0912345678",
        "https://wa.me/84912345678",
        "https://x.vn/?cccd=001203004567",
        "０９１２３４５６７８",
        "STK 0123456789 Vietcombank",
        "số tài khoản 19031234567890 Techcombank",
        "Số TK: 1903 1234 5678 90",
        "tài khoản ngân hàng 102010000123456",
        "hộ chiếu số C9876543",
        "mã số BHXH: 0123456789",
        "số thẻ BHYT DN4012345678901",
    ],
)
def test_other_ways_of_writing_are_recognized(text: str) -> None:
    assert find(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "kinh phí 0912345678 đồng",
        "lượt xem 0987 654 321 lượt",
        "dự toán 84912345678 đồng",
        "https://x.vn/tin/0912345678.html?id=0912345678&page=2",
        "https://x.vn/%E1%BA%A5n?q=mail%20list",
        "tài khoản 3713.0.1052123 tại Kho bạc Nhà nước",
        "số tài khoản 37130105212300 mở tại KBNN Hà Nội",
        "chi BHXH 1234567890 đồng",
        "bảo hiểm xã hội cho 12345678 người",
        "mở tài khoản định danh điện tử mức 2",
        "Live stream hội nghị at home. com",
        "hộ chiếu công vụ, Nghị định 136/2007/NĐ-CP",
        "gửi thư at UBND",
    ],
)
def test_quantities_addresses_of_pages_and_public_accounts_are_none(text: str) -> None:
    assert find(text) is None


KEYS = (
    "2026-11-30.0190f3a2-7b1c-7e3d-9a2b-079099001234",
    "2026-11-30.renewed.0190f3a2-7b1c-7e3d-9a2b-091234567890.0912f3a2-7b1c-7e3d-9a2b-091234567890",
    "escalated:2:UBND:2026-11-30",
)


@pytest.mark.parametrize("key", KEYS)
def test_keys_that_programs_write_are_not_searched(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every event bears one or two: searched by all patterns they were two thirds of what an event of a mail costs."""
    monkeypatch.setattr(event_texts, "_number", lambda *_: pytest.fail("was searched by every pattern"))
    assert find(key, "Điện thoại") is None


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("0190f3a2-7b1c-7e3d-9a2b-123456789012 0912 345 678", "0912 345 678"),
        ("2026-11-30: 0912 345 678", "0912 345 678"),
        ("098 2026-11-30", "098 2026-11-30"),
        ("a@example.vn 2026-11-30", "a@example.vn"),
    ],
)
def test_beside_them_everything_is_searched(text: str, part: str) -> None:
    actual = find(text, "Zalo")
    assert actual is not None
    assert actual.part.startswith(part)


LETTERS = "0123456789.-() @+84mailgİıſKa t[]０９＠còng live STK zalo: "


def test_what_is_not_searched_holds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Held on the labelled strings, and on changes of them: the quick look passes over nothing that a pattern matches."""
    random = Random(407)
    texts = [text for _, text in labelled()]
    for text in list(texts):
        place = random.randrange(len(text) + 1)
        texts += [text[:place] + random.choice(LETTERS) + text[place:], text.translate(_DISGUISED)]
    quick = {text: find(text, "Điện thoại") is not None for text in texts}
    monkeypatch.setattr(event_texts, "_is_suspicious", lambda _: True)
    assert quick == {text: find(text, "Điện thoại") is not None for text in texts}
    assert sum(quick.values()) > len(texts) / 4


_DISGUISED = str.maketrans("i0@sK", "İ０＠ſK")


def test_a_field_is_named_wherever_it_stands() -> None:
    holds = find_in(
        {"title": "Luật", "notes": {"Ghi chú": "khẩn", "Điện thoại": "38223333"}, "items": [{"note": 1}]}
    )
    assert holds is not None
    assert (holds[0], holds[1].part) == ("Điện thoại", "38223333")
    assert (
        find_in({"message_id": "<20261129.1@loa.example.vn>", "level": 3, "groups": ("người dân",)}) is None
    )


def test_both_samples_hold_none(tmp_path: Path) -> None:
    exercise.write(tmp_path, day_in_vietnam(runtime.now()), load_rulebook().calendar)
    files = [*OPEN.glob("*.csv"), *tmp_path.glob("*.csv")]
    actual = [
        (file.name, heading, cell)
        for file in files
        if file.stem != "recipients"  # these go to the notifier's own tables
        for row in csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline=""))
        for heading, cell in row.items()
        if cell and find(cell, heading) is not None
    ]
    assert actual == []


def test_commands_reach_the_log_through_the_gate_alone() -> None:
    """What metrics derives from the log itself (its projections) takes no text from outside; a published report calls the gate."""
    root = Path(deploy.sample.__file__).parents[2]
    files = [file for folder in ("shared", "services") for file in (root / folder).rglob("*.py")]
    writers = {file.stem for file in files if "store.append(" in file.read_text(encoding="utf-8")}
    assert writers == {"handle", "projections", "published"}


LONG = (
    "1" * 10_000,
    "0 " * 5000,
    "a@" * 5000,
    "a.b-" * 2500 + "@",
    "09" * 5000,
    "+84 " * 2500,
    "x" * 9999 + "@",
    "gmail " * 1600,
    "STK " * 2500,
    "hộ chiếu " * 1100,
    "số tài khoản " * 700 + "1",
    "%40" * 3333,
)


@pytest.mark.timeout(5, func_only=True)  # the last test of a run bears its end as well
@pytest.mark.parametrize("text", LONG, ids=lambda text: text[:5])
def test_the_longest_cell_takes_no_time(text: str) -> None:
    """Patterns whose parts are not bounded took 14 seconds for some of these."""
    find(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gọi 0912 345 678 hoặc thư a@example.vn", "gọi … hoặc thư …"),
        ("CCCD 079099001234", "CCCD …"),
        ("chờ ý kiến", "chờ ý kiến"),
    ],
)
def test_what_was_stored_before_the_gate_is_masked(text: str, expected: str) -> None:
    assert masked(text) == expected
