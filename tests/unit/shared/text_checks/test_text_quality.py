"""Text that is no Vietnamese is named, and text that is passes: held on a labelled corpus."""

import csv
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

import deploy.sample
from deploy.sample import exercise
from shared.kernel import runtime
from shared.kernel.local_day import day_in_vietnam
from shared.rules.rulebook.rulebook import load_rulebook
from shared.text_checks.printable import flaw, tidied
from tests.support.samples import old_fonts

OPEN = Path(deploy.sample.__file__).parent / "open"

VIETNAMESE = (
    "Quyết định về đặt tên đường",
    "Nghị quyết về văn hóa thành phố Khánh Hòa",
    "Luật Đất đai (sửa đổi)",
    "Thông tư hướng dẫn",
    "Ủy ban nhân dân tỉnh Lào Cai",
    "UBND xã Mường Hum, huyện Bát Xát",
    "Sở Tư pháp",
    "Hội nghị lấy ý kiến người dân",
    "Nghị định quy định chi tiết một số điều của Luật Giáo dục nghề nghiệp",
    "Chính sách hỗ trợ học phí cho trẻ em mầm non",
    "PHÒNG NGỪA, XỬ LÝ VI PHẠM",
    "Kế hoạch truyền thông năm 2026",
    "Đăng tải trên cổng thông tin điện tử",
    "Thu hồi đất, bồi thường, tái định cư",
    "Phát thanh trên hệ thống truyền thanh cơ sở",
    "Bãi bỏ văn bản quy phạm pháp luật",
    "Quy định mức chi thường xuyên",
    "Trưởng phòng Nội vụ",
    "Nước sạch",
    "Thuế",
)
READABLE = (
    *VIETNAMESE,
    "Đắk Lắk, Đắk Nông, Krông Pắc, Cư M'gar, Ea H'leo, Buôn Đôn, Kon Plông, Ia Grai, Đăk Tô",
    "Người Ê Đê, K'Ho, M'Nông, Xơ Đăng, Giẻ Triêng, Bru-Vân Kiều, Hrê, Cơ Tu, Tà Ôi, Ơ Đu, La Hủ, Pà Thẻn",
    "H'Mông, Mông, Dao, Sán Dìu, Lô Lô, Pu Péo, Si La, Chơ Ro, X'tiêng, Raglai, Gia Rai, Ba Na, Brâu, Rơ Măm",
    "Đảo Lý Sơn, Côn Đảo, Thổ Chu, Ðồng Ðăng",
    "Decree on land prices, second draft (naïve café, résumé, façade, coöperate)",
    "Müller, Köln, Königsberg, Genève, São Tomé, El Niño, Côte d'Ivoire, Curaçao, Ångström, Łódź, Lü Bu",
    "Bộ NN&PTNT; Bộ TN&MT; UBTVQH; HĐND; QĐ-TTg; NĐ-CP; KH-UBND; TT-BTC; NQ/TW",
    "Vì sao? Ai làm? Bao giờ xong? Ở đâu? Có cần không?",
    "Nên giữ hay bỏ?Ý kiến của người dân",
    "https://vbpl.vn/van-ban/chi-tiet?id=12&q=đất?đai https://a.vn/?x=?y www.b.vn/?đ",
    "5 m², 10 µg, 25 °C, ±3 %, ½ ngày, §5, ©2024, «Luật Đất đai», A·B, 3×4, ®",
    "“PHƯỜNG, XÔ, ‘CHÂ’, LÃ–LÊ, TIẾNG Ý…",
    "quy trình: a) lấy ý kiến; b) thẩm định; c) trình",
    "co dau? khong dau: nghi quyet ve dat dai, khong biet?",
    "What? Who? Is it so? Yes.",
    "???",
    "? ? ?",
    "R&D; nghiên cứu & phát triển; A&B; AT&T",
    "giảm 10%20%, từ 5%25 đến 10%, 100%",
    "https://vbpl.vn/tim?q=%E1%BA%A5n&amp;x=1 www.a.vn/%E1%BB%8B",
    "C:\\users\\ubnd, thư mục \\us",
    "Có giữ hay bỏ? Có?Không? Được?",
    "mục #1, #truyenthong, # REF, E1",
    "«Luật» 5‰ ½ 10µg §5–7 ©UBND x²",
    "Điều 5, khoản 1, điểm đ và điểm e",
    "Tiếng Anh: law; tiếng Pháp: loi, décret, arrêté, société; tiếng Đức: Gesetz, Verordnungsentwürfe, für",
    "Trường THPT Lê Quý Đôn, số 12/5A đường Ngô Gia Tự, Q.10, TP.HCM",
    "Hoà Bình, Thuỷ Nguyên, Quí, Mỹ Tho, Huỳnh, Nguyễn, Khuỷu, Quỳnh, giếng, gìn giữ, quốc, quyển, oong, xoong",
    "",
    " ",
)
TEXT_OF_WAY = {
    "TCVN3": "TCVN3",
    "VNI": "VNI",
    "?": "'?'",
    "? of Windows-1252": "'?'",
    "UTF-8 as Windows-1252": "UTF-8",
    "UTF-8 as Latin-1": "UTF-8",
}


@pytest.mark.parametrize("way", old_fonts.WAYS)
def test_text_of_another_encoding_is_named(way: str) -> None:
    written = [(text, old_fonts.WAYS[way](unicodedata.normalize("NFC", text))) for text in VIETNAMESE]
    actual = {text: why.en if (why := flaw(made)) else None for text, made in written if made != text}
    missed = [text for text, why in actual.items() if why is None or TEXT_OF_WAY[way] not in why]
    # One word of which the '?' could be a real one cannot be told.
    assert missed == [text for text in missed if way.startswith("?") and " " not in text], missed
    assert len(missed) <= 1


@pytest.mark.parametrize("text", READABLE)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_readable_text_passes(text: str, form: str) -> None:
    written = unicodedata.normalize(form, text)  # type: ignore[arg-type]  # a literal
    assert flaw(written) is None
    assert flaw(tidied(written)) is None


def test_a_replacement_character_is_named() -> None:
    why = flaw("Quyết đ\ufffdnh")
    assert why is not None
    assert "U+FFFD" in why.vi


@pytest.mark.parametrize(
    ("text", "vietnamese"),
    [
        ("Nghị quyết &agrave; &eacute;", "“à”"),
        ("Nghị quy&#7871;t", "“ế”"),
        ("Ngh&#x1ECB; quyết", "“ị”"),
        ("Giáo dục &amp; Đào tạo", "“&”"),
        ("Nghị&nbsp;quyết", "“\u00a0”"),
        ("Ngh%E1%BB%8B quy%E1%BA%BFt", "“ị”"),
        ("Nghị quy\\u1ebft", "“ế”"),
        ("=?utf-8?B?TmdoxEs=?= =?UTF-8?Q?Ngh=E1=BB=8B?=", "“Nghị”"),
        ("#REF!", "“#REF!”"),
        (" #N/A ", "“#N/A”"),
        ("#DIV/0!", "lỗi của bảng tính"),
        ("########", "lỗi của bảng tính"),
        ("Err:502", "lỗi của bảng tính"),
        ("Nghị quyết \uf0b7 về đất", "U+F0B7"),
        ("Nghị quyết \uffff", "U+FFFF"),
        ("Nghi? quyê?t về đất đai", "dấu “?”"),
        ("Ngh□ quy□t về đ□t đai", "dấu “?”"),
        ("Äáº¥t Äai", "áº¥"),
        ("LuáºÂt, thá»­a Ä\x90áº¥t", "UTF-8"),
        ("Ngh\u2030 Quy\u2030t về đất", "bảng mã cũ"),
        ("ñ¤t Quy\xaat đ¬n", "cũ"),
    ],
)
def test_what_a_machine_left_in_a_text_is_named(text: str, vietnamese: str) -> None:
    """Entities, escapes, errors of formulas, characters of one font and half-decoded text went in as they were."""
    why = flaw(text)
    assert why is not None
    assert vietnamese in why.vi


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ngân\u00a0sách nhà\u202fnước", "Ngân sách nhà nước"),
        ("\ufeffHỗ\u200b trợ\u200d\u2060", "Hỗ trợ"),
        ("\u200eA\u200f\u202aB\u202c\u2066C\u2069", "ABC"),
        ("tuyên\u00ad truyền", "tuyên truyền"),
        ("a\r\nb\rc\u2028d\u2029e\u0085f", "a\nb\nc\nd\ne\nf"),
        ("\u3000x\t y ", "x\t y"),
    ],
)
def test_invisible_characters_are_removed(text: str, expected: str) -> None:
    assert tidied(text) == expected
    assert tidied(expected) == expected


def test_a_title_has_one_line() -> None:
    assert tidied("Nghị quyết\r\n  về đất\u00a0đai\u2028", one_line=True) == "Nghị quyết về đất đai"


def cells(folder: Path) -> Iterator[str]:
    for file in sorted(folder.glob("*.csv")):
        with file.open(encoding="utf-8-sig", newline="") as lines:
            for row in csv.reader(lines):
                yield from row


def test_both_samples_pass_as_they_are(tmp_path: Path) -> None:
    exercise.write(tmp_path, day_in_vietnam(runtime.now()), load_rulebook().calendar)
    every = [*cells(OPEN), *cells(tmp_path)]
    assert len(every) > 5000
    assert [text for text in every if flaw(text) is not None] == []
    assert [text for text in every if tidied(text) != unicodedata.normalize("NFC", text).strip()] == []


@pytest.mark.timeout(5, func_only=True)  # the last test of a run bears its end as well
@pytest.mark.parametrize(
    "text",
    [
        "&" * 10_000,
        "%E1" * 3333,
        "&#1;" * 2500,
        "\\u1ebf" * 1500,
        "=?" * 5000,
        "a§" * 5000,
        "#" * 10_000,
        "?" * 10_000,
        "a?" * 5000,
        "Ã" * 10_000,
        "á·" * 5000,
        "x=" * 5000,
        "q?t " * 2500,
    ],
)
def test_the_longest_cell_takes_no_time(text: str) -> None:
    for written in (text, text + "é"):
        flaw(written)
        tidied(written)
