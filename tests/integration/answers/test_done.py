"""The answer “Đã thực hiện”, from the mail to the thanks: the form behind the link closes what is owed."""

import asyncio
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.contracts.metrics import ComplianceGapClosed
from shared.contracts.vocabulary import AlertAnswer, Role
from shared.pages.date_boxes import BOXES, box, in_boxes
from tests.integration.answers.conftest import NewOwingUnit
from tests.integration.answers.office import PARTS, links_of, origin, words, working_day
from tests.integration.metrics.office import announced, today
from tests.support.platform.service import eventually

HELD_ON = [box("held_on", part) for part in BOXES]
DONE: dict[str, Any] = {
    **in_boxes("held_on", today()),
    "channel": "conference",
    "title": "Hội nghị lấy ý kiến dự thảo Luật",
    "policies": ["1", "2"],
    "url": "https://example.vn/hoi-nghi",
    "attendance": "1.200",
    "place": "Hội trường tỉnh",
}


async def test_the_flow_from_the_mail_to_the_thanks(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit = await new_owing_unit()
    (mail,) = await owing_unit.mails_of(working_day())
    assert links_of(mail, PARTS[0]) == links_of(mail, PARTS[1])
    address = links_of(mail)[0]
    assert origin(address) == f"http://127.0.0.1:{owing_unit.platform.campaigns.settings.port}"

    for look in (await visitor.head(address), await visitor.get(address), await visitor.get(address)):
        assert look.status_code == 200
    for shown in (
        "Luật Đất đai (sửa đổi)",
        "Chính sách 1",
        f'name="held_on_year" value="{today().year}"',
        "checked",
    ):
        assert shown in look.text
    assert await owing_unit.communications() == []

    done = await visitor.post(address, data=DONE)
    assert (done.status_code, "Đã ghi nhận kết quả truyền thông" in done.text) == (200, True)
    await eventually(owing_unit.is_closed)
    (recorded,) = await owing_unit.communications()
    assert (recorded["title"], recorded["attendance"], recorded["policies"]) == (DONE["title"], 1200, [1, 2])
    assert recorded["url"] == DONE["url"]

    (following,) = await owing_unit.mails_of(working_day(1))
    assert "Trân trọng cảm ơn" in words(following)
    assert links_of(following) == []


async def test_pressed_twice_it_is_recorded_once(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit = await new_owing_unit()
    address = (await owing_unit.links())[AlertAnswer.DONE]
    changed = DONE | {"title": "Hội nghị khác"}
    answers = await asyncio.gather(*(visitor.post(address, data=DONE) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {200}
    assert (await visitor.post(address, data=changed)).status_code == 200
    assert [communication["title"] for communication in await owing_unit.communications()] == [DONE["title"]]
    used = await visitor.get(address)
    assert (used.status_code, "đã được sử dụng" in used.text) == (410, True)
    renew = f"http://127.0.0.1:{owing_unit.platform.services['notifier'].settings.port}/answers/"
    assert renew in used.text
    assert f"form-action 'self' {origin(renew)};" in used.headers["content-security-policy"]


async def test_a_communication_that_a_colleague_recorded_before(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit = await new_owing_unit("focal_point", "head")
    mails = await owing_unit.mails_of(working_day())
    first, second = (links_of(mail)[0] for mail in mails)
    one_policy = DONE | {"policies": ["1"]}
    assert (await visitor.post(first, data=one_policy)).status_code == 200
    await owing_unit.platform.settled()
    assert str(DONE["title"]) in (await visitor.get(second)).text
    again = await visitor.post(second, data=one_policy | {"title": str(DONE["title"]).upper()})
    assert "Đã ghi nhận" in again.text
    assert len(await owing_unit.communications()) == 1
    other = await visitor.post(second, data=DONE | {"policies": ["2"], "title": "Tọa đàm"})
    assert other.status_code == 200
    await eventually(owing_unit.is_closed)
    assert len(await owing_unit.communications()) == 2


WRONG: list[tuple[dict[str, Any], str]] = [
    (dict.fromkeys(HELD_ON, ""), "Đề nghị ghi đủ ngày, tháng, năm."),
    ({"held_on_day": ""}, "Đề nghị ghi đủ ngày, tháng, năm."),
    ({"held_on_day": "hôm qua"}, "chỉ ghi bằng chữ số"),
    ({"held_on_day": "31", "held_on_month": "2"}, "có các ngày từ 1 đến 2"),
    (
        {"held_on_day": "29", "held_on_month": "2", "held_on_year": "2025"},
        "Tháng 02/2025 có các ngày từ 1 đến 28",
    ),
    ({"held_on_day": "1" * 5000}, "nhiều nhất hai chữ số"),
    (in_boxes("held_on", today() + timedelta(days=40)), "không được sau ngày"),
    (in_boxes("held_on", today() - timedelta(days=60)), "trở đi"),
    ({"channel": ""}, "Đề nghị điền nội dung này."),
    ({"channel": "x"}, "chọn một mục trong danh sách"),
    ({"title": "  "}, "Đề nghị điền nội dung này."),
    ({"title": "x" * 301}, "nhiều nhất là 300"),
    ({"policies": []}, "chọn ít nhất một chính sách"),
    ({"url": "javascript:alert(1)"}, "Địa chỉ chưa đúng"),
    ({"url": "www.example.vn"}, "Địa chỉ chưa đúng"),
    ({"attendance": "nhiều"}, "một số nguyên"),
    ({"attendance": "9" * 20}, "Nhiều nhất là"),
]


async def test_every_fault_is_shown_at_its_field_and_no_input_is_lost(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit = await new_owing_unit()
    address = (await owing_unit.links())[AlertAnswer.DONE]
    for changes, message in WRONG:
        page = await visitor.post(address, data=DONE | changes)
        assert (page.status_code, message in page.text) == (422, True), changes
        (name,) = {"held_on" if each in HELD_ON else each for each in changes}
        assert f'id="{name}-error"' in page.text
        assert f'<a href="#{name}">' in page.text
        assert 'tabindex="-1" autofocus' in page.text
        kept = {k: v for k, v in DONE.items() if k not in changes and isinstance(v, str)}
        assert [value for value in kept.values() if value not in page.text] == [], changes
    evil = await visitor.post(
        address, data=DONE | {"held_on_day": "", "title": '"><script>alert(1)</script>'}
    )
    assert "<script>" not in evil.text
    assert await owing_unit.communications() == []
    assert len(await owing_unit.gaps()) == 1


async def test_what_is_done_already_is_thanked_for(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit = await new_owing_unit("focal_point", "head")
    first, second = (links_of(mail)[0] for mail in await owing_unit.mails_of(working_day()))
    await visitor.post(first, data=DONE)
    await eventually(owing_unit.is_closed)
    page = await visitor.get(second)
    assert (page.status_code, "Trân trọng cảm ơn quý cơ quan" in page.text) == (409, True)
    # What was typed meanwhile is a fact of its own, and is not lost.
    response = await visitor.post(second, data=DONE | {"title": "Phát thanh trên hệ thống cơ sở"})
    assert response.status_code == 200
    assert len(await owing_unit.communications()) == 2


@pytest.mark.parametrize("answer", [a for a in AlertAnswer if a is not AlertAnswer.DONE])
async def test_no_other_link_opens_the_form(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient, answer: AlertAnswer
) -> None:
    owing_unit = await new_owing_unit()
    links = await owing_unit.links()
    token = links[answer].rpartition("/")[2]
    address = links[AlertAnswer.DONE].rpartition("/")[0] + "/" + token
    assert (await visitor.post(address, data=DONE)).status_code == 404
    assert await owing_unit.communications() == []


async def test_a_draft_that_went_to_another_unit_is_no_longer_ones_own(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit, other = await new_owing_unit(), await new_owing_unit()
    address = (await owing_unit.links())[AlertAnswer.DONE]
    await owing_unit.office.draft("transfer", to_unit_code=other.code, on=today().isoformat())
    await owing_unit.platform.settled()
    page = await visitor.post(address, data=DONE)
    assert page.status_code == 403
    assert await owing_unit.communications() == []


async def test_two_people_record_two_activities_at_once(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit = await new_owing_unit("focal_point", "head")
    first, second = (links_of(mail)[0] for mail in await owing_unit.mails_of(working_day()))
    presses = [
        visitor.post(link, data=DONE | {"title": title})
        for link, title in ((first, "Hội nghị"), (second, "Tọa đàm"))
        for _ in "twice"
    ]
    assert {answer.status_code for answer in await asyncio.gather(*presses)} == {200}
    await eventually(owing_unit.is_closed)
    assert sorted(communication["title"] for communication in await owing_unit.communications()) == [
        "Hội nghị",
        "Tọa đàm",
    ]
    payloads = [event.data for event in await announced(owing_unit.platform, owing_unit.code)]
    assert sum(isinstance(payload, ComplianceGapClosed) for payload in payloads) == 1


async def test_a_file_shows_it_by_its_digest_and_a_document_by_its_number(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient
) -> None:
    owing_unit = await new_owing_unit()
    address = (await owing_unit.links())[AlertAnswer.DONE]
    content = (
        b"%PDF-1.7\r\n\r\n--anh chup\r\n" + bytes(range(256)) * 8192
    )  # 2 MiB, more than other doors take
    form = DONE | {"document": "Báo cáo số 12/BC-STP"}
    large = await visitor.post(address, data=form, files={"file": ("a.pdf", bytes(10 * 2**20 + 1))})
    assert (large.status_code, "Tệp lớn hơn 10 MiB" in large.text) == (422, True)
    huge = await visitor.post(address, data=form, files={"file": ("a.pdf", bytes(12 * 2**20))})
    assert (huge.status_code, "chọn tệp nhỏ hơn" in huge.text) == (413, True)
    wrong = await visitor.post(address, data=form | {"title": ""}, files={"file": ("a.pdf", content)})
    assert (wrong.status_code, "chọn lại tệp này" in wrong.text) == (422, True)
    assert await owing_unit.communications() == []
    done = await visitor.post(address, data=form, files={"file": ("Nguyễn Văn A.pdf", content)})
    assert (done.status_code, "Đã ghi nhận kết quả truyền thông" in done.text) == (200, True)
    (recorded,) = await eventually(owing_unit.communications)
    (evidence,) = recorded["evidence"]
    assert recorded["notes"] == {"document": "Báo cáo số 12/BC-STP"}
    assert evidence["sha256"] == hashlib.sha256(content).hexdigest()
    assert evidence["title"] == "Báo cáo số 12/BC-STP", "the name of a file may be that of a person"


async def test_a_file_is_kept_as_evidence_and_shown_to_whom_it_concerns(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient, tmp_path: Path
) -> None:
    owing_unit = await new_owing_unit("focal_point", "head")
    token, colleagues = (
        links_of(mail)[0].rpartition("/")[2] for mail in await owing_unit.mails_of(working_day())
    )
    content, store = b"%PDF-1.7\n" + b"1 0 obj\n" * 5000, tmp_path / "evidence"
    async with owing_unit.platform.another(
        "campaigns", evidence_url=store.as_uri(), evidence_unit_mib=1
    ) as api:
        address = f"http://127.0.0.1:{api.settings.port}/answers/"
        assert "Hệ thống lưu tệp làm minh chứng" in (await visitor.get(address + token)).text
        program = await visitor.post(
            address + token, data=DONE, files={"file": ("bien-ban.pdf", b"MZ" + bytes(500))}
        )
        assert (program.status_code, "Loại tệp này không được nhận" in program.text) == (422, True)
        assert 'id="file-error"' in program.text
        large = await visitor.post(
            address + token, data=DONE, files={"file": ("a.pdf", content + bytes(2 << 20))}
        )
        assert (large.status_code, "dành cho tệp minh chứng" in large.text) == (409, True)
        assert (await owing_unit.communications(), list(store.iterdir())) == ([], [])

        done = await visitor.post(address + token, data=DONE, files={"file": ("a.pdf", content)})
        assert (done.status_code, "Đã ghi nhận" in done.text) == (200, True)
        (recorded,) = await eventually(owing_unit.communications)
        (evidence,) = recorded["evidence"]
        assert (evidence["size"], evidence["media_type"]) == (len(content), "application/pdf")
        path = f"/communications/{recorded['communication_id']}/evidence/{evidence['evidence_id']}/file"
        for role, unit, status in (
            (Role.UNIT, owing_unit.code, 200),
            (Role.OPERATOR, None, 200),
            (Role.UNIT, "KHAC", 403),
        ):
            headers = {"Authorization": f"Bearer {api.issuer.token(role, unit)}"}
            got = await api.client.get(path, headers=headers)
            assert got.status_code == status, (role, got.text)
            assert status != 200 or got.content == content

        # A colleague who says the same later adds a file to what is recorded.
        photo = b"\x89PNG\r\n\x1a\n" + bytes(2000)
        await owing_unit.platform.settled()
        more = await visitor.post(address + colleagues, data=DONE, files={"file": ("b.png", photo)})
        assert more.status_code == 200
    await owing_unit.platform.settled()
    (recorded,) = await owing_unit.communications()
    assert [each["media_type"] for each in recorded["evidence"]] == ["application/pdf", "image/png"]
