"""A supervising body chooses units that are overdue, and gets a letter for each, with a deadline, a contact and a basis."""

import re
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from docx import Document

from services.notifier.adapters.rendering import reminder_letter
from shared.auth.sessions import CSRF_FIELD
from shared.contracts.vocabulary import Role
from tests.integration.entry.conftest import HEALTH, JUSTICE, SCHOOLS, Office, date_of, filled, press
from tests.integration.entry.forms.test_communication_form import in_consultation
from tests.integration.metrics.office import ago, today
from tests.support.platform.service import eventually

PATH, SEND = "/entry/urging", "/entry/urging/send"
_SENT = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


async def test_letters_to_chosen_units(office: Office, a_code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wrote: list[threading.Thread] = []
    urging_letter = reminder_letter.urging_letter

    def noted(*arguments: Any) -> bytes:
        wrote.append(threading.current_thread())
        return urging_letter(*arguments)

    monkeypatch.setattr(reminder_letter, "urging_letter", noted)
    await in_consultation(office, a_code, ago(60))

    async def raised() -> bool:
        alerts = await office.platform.services["notifier"].client.get("/alerts", params={"unit": HEALTH})
        return a_code in alerts.text

    assert await eventually(raised)
    async with office.browser(JUSTICE, Role.SUPERVISOR, "notifier") as justice:
        form = await justice.get(PATH)
        assert "Sở Y tế tỉnh T: " in form.text, form.text
        assert filled(form)["deadline_year"]
        typed = {
            "contact": "Phòng Phổ biến, giáo dục pháp luật, 0236 3822 000",
            "basis": "Kế hoạch số 12/KH-UBND",
        }
        empty = await press(justice, form, "record", **typed | date_of("deadline", ago(1)))
        assert (empty.status_code, filled(empty)["basis"]) == (422, typed["basis"])
        for name in ("units", "deadline"):
            assert f'id="{name}-error"' in empty.text, name
        stolen = await press(justice, empty, "record", units=[HEALTH], **{CSRF_FIELD: "x"})
        assert stolen.status_code == 403
        letters = await press(
            justice, empty, "record", units=[HEALTH, SCHOOLS], **date_of("deadline", ago(-5))
        )
        assert (letters.status_code, letters.headers["content-type"]) == (200, "application/zip")
    assert wrote
    assert threading.main_thread() not in wrote, "a thousand letters must not hold the others' requests"
    with ZipFile(BytesIO(letters.content)) as archive:
        assert archive.namelist() == [f"{HEALTH}.docx"]  # the other one is not overdue
        letter = Document(BytesIO(archive.read(f"{HEALTH}.docx")))
    words = "\n".join(paragraph.text for paragraph in letter.paragraphs)
    day = [int(part) for part in ago(-5).split("-")]
    assert f"trước ngày {day[2]:02} tháng" in words
    assert "Thông tin liên hệ: Phòng Phổ biến, giáo dục pháp luật, 0236 3822 000." in words
    assert "và Kế hoạch số 12/KH-UBND, Sở Tư pháp tỉnh T theo dõi" in words
    assert "Kính gửi: Sở Y tế tỉnh T" in words
    assert any("Nghị quyết" in cell.text for row in letter.tables[1].rows for cell in row.cells)


async def test_only_who_supervises_urges(office: Office) -> None:
    async with office.browser(HEALTH, Role.UNIT, "notifier") as clerk:
        assert (await clerk.get(PATH)).status_code == 403
    async with office.browser(SCHOOLS, Role.SUPERVISOR, "notifier") as other:
        page = await other.get(PATH)
        assert (page.status_code, "Sở Y tế" in page.text) == (200, False)


def mails_to(office: Office, unit: str) -> list[EmailMessage]:
    files = sorted((office.platform.server.folder / "mail").glob(f"*_{unit}_*_urging-*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


async def test_letters_are_sent_once_a_day_and_not_while_held_or_silenced(
    office: Office, a_code: str
) -> None:
    await in_consultation(office, a_code, ago(60))
    notifier = office.platform.services["notifier"].client
    mailbox = {"unit_code": HEALTH, "role": "focal_point", "email": "dau-moi@syt.example.vn"}
    await office.platform.import_rows("recipients", [mailbox])

    async def raised() -> bool:
        alerts = await notifier.get("/alerts", params={"unit": HEALTH})
        return a_code in alerts.text

    assert await eventually(raised)
    typed = {"contact": "Phòng Phổ biến, 0236 3822 000"} | date_of("deadline", ago(-5))
    async with office.browser(JUSTICE, Role.SUPERVISOR, "notifier") as justice:
        form = await justice.get(PATH)
        silence = {"unit_code": HEALTH, "last_day": today().isoformat(), "reason": "Dời trụ sở"}
        added = await notifier.post("/silences", json=silence)
        assert added.status_code == 201, added.text
        paused = await press(justice, form, "review", units=[HEALTH], **typed)
        assert ("tạm dừng nhắc việc" in paused.text, "formaction" in paused.text) == (True, False), (
            paused.text
        )
        lifted = await notifier.delete(f"/silences/{added.json()['silence_id']}")
        assert lifted.status_code == 200, lifted.text
        review = await press(justice, form, "review", units=[HEALTH], **typed)
        assert "sẽ được gửi đến 01 hộp thư" in review.text, review.text
        fields = _SENT.findall(review.text)
        data: dict[str, Any] = dict(fields) | {"step": "record"}
        held = await notifier.post("/sending/hold", json={"reason": "Bảo trì"})
        assert held.status_code == 200, held.text
        refused = await justice.post(SEND, data=data)
        assert (refused.status_code, "đang tạm giữ" in refused.text) == (409, True), refused.text
        assert filled(refused)["contact"] == typed["contact"]
        assert (await notifier.post("/sending/release", json={"reason": "Xong"})).status_code == 200
        assert mails_to(office, HEALTH) == []
        done = await justice.post(SEND, data=data)
        assert "Đã gửi 01 công văn đôn đốc" in done.text, done.text
        again = await justice.post(SEND, data=data)
        assert ("Đã gửi 00 công văn" in again.text, "hôm nay đã gửi" in again.text) == (True, True), (
            again.text
        )

    async def arrived() -> bool:
        return bool(mails_to(office, HEALTH))

    ticked = await notifier.post("/tick", json={"at": None})  # what waits is sent first
    assert ticked.status_code == 200, ticked.text
    assert await eventually(arrived)
    (mail,) = mails_to(office, HEALTH)
    assert str(mail["subject"]).startswith("[Công văn đôn đốc] Sở Tư pháp tỉnh T: ")
    (letter,) = mail.iter_attachments()
    paper = Document(BytesIO(letter.get_content()))
    assert any("Kính gửi: Sở Y tế tỉnh T" in paragraph.text for paragraph in paper.paragraphs)
    async with office.browser(HEALTH, Role.HEAD, "notifier") as head:
        page = await head.get("/sign-in")
        tried = await head.post(SEND, data=data | filled(page))
        assert tried.status_code == 403
