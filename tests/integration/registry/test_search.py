"""`?q=` finds what has all words, in any order, with or without diacritics; by present names too."""

import unicodedata

import pytest

from tests.support.platform.service import Platform
from tests.support.samples import small_office

TITLE = "Nghị quyết về văn hóa thành phố Khánh Hòa 50%_\\ tại Ðồng Ðăng"


async def hits(platform: Platform, of: str, text: str, code: str) -> bool:
    answer = await platform.registry.client.get(f"/{of}", params={"q": f"{code} {text}", "limit": 500})
    assert answer.status_code == 200, answer.text
    names = [item["draft_code" if of == "drafts" else "unit_code"] for item in answer.json()["items"]]
    assert set(names) <= {code}
    return bool(names)


MATCHES = [
    *(
        "nghi quyet khanh hoa",
        "hòa khánh",
        "KHÁNH HÒA VĂN HÓA",
        "dong dang",
        "Đồng Đăng",
        "Ðồng Ðăng",
        "đăng đồng",
    ),
    *("50%", "%_", "_\\", "\\", "", "  ", unicodedata.normalize("NFD", "khánh hòa")),
]
MISSES = ["khanh vinh", "k%h", "kh_nh", "50_", "%%", "\\%"]


@pytest.mark.parametrize("of", ["drafts", "units"])
async def test_all_words_in_any_order(shared_platform: Platform, a_code: str, of: str) -> None:
    await shared_platform.import_rows("units", [small_office.unit(a_code, name=TITLE)])
    await shared_platform.import_rows("drafts", [small_office.draft(a_code, a_code, title=TITLE)])
    await shared_platform.settled()
    assert [text for text in MATCHES if not await hits(shared_platform, of, text, a_code)] == []
    assert [text for text in MISSES if await hits(shared_platform, of, text, a_code)] == []


async def test_a_draft_is_found_by_its_present_title_and_number(
    shared_platform: Platform, a_code: str
) -> None:
    await shared_platform.import_rows("units", [small_office.unit(a_code)])
    await shared_platform.import_rows("drafts", [small_office.draft(a_code, a_code, title="Luật Cũ")])
    client = shared_platform.registry.client
    for route, body in (
        ("title", {"title": "Luật Đặc khu"}),
        ("amend", {"final_number": "31/2025/NĐ-CP", "reason": "Bổ sung."}),
    ):
        answer = await client.post(f"/drafts/{a_code}/{route}", json=body)
        assert answer.status_code == 200, answer.text
    await shared_platform.settled()
    texts = ("dac khu", "khu luat 31/2025", "nđ-cp", "31/2025/NĐ-CP", "luật cũ")
    assert [text for text in texts if not await hits(shared_platform, "drafts", text, a_code)] == []
    assert not await hits(shared_platform, "drafts", "32/2025", a_code)


async def test_a_unit_is_found_by_all_words_of_a_single_name(shared_platform: Platform, a_code: str) -> None:
    await shared_platform.import_rows("units", [small_office.unit(a_code, name="Bộ Kế hoạch và Đầu tư")])
    renamed = {"name": "Bộ Tài chính", "on": "2025-03-01"}
    answer = await shared_platform.registry.client.post(f"/units/{a_code}/rename", json=renamed)
    assert answer.status_code == 200, answer.text
    await shared_platform.settled()
    for text in ("đầu tư bộ", "chính tài"):
        assert await hits(shared_platform, "units", text, a_code)
    assert not await hits(shared_platform, "units", "đầu tư tài chính", a_code)
