"""Every case of the list of faults that users met, with its right outcome: files are imported, requests and mails made."""

import asyncio
import re
import socket
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deploy.cli.client import ServiceRefused, Services
from deploy.cli.data.sources import Choices
from services.notifier.adapters.delivery.message import message_id, words
from services.notifier.adapters.delivery.transports import Pace, Pool, Server, SmtpTransport
from services.notifier.application.ports import Mail, Outgoing
from shared.kernel import runtime
from shared.kernel.local_day import VIETNAM
from shared.rules.rulebook.rulebook import load_rulebook
from tests.support.platform.imports import CASES, imported
from tests.support.servers.smtp_server import Mailbox, serving

pytestmark = pytest.mark.timeout(300)

Outcome = Callable[[Services, Path], None]
Place = tuple[str, int, str]
DRAFT = "provincial_resolution,STP-X,law_2025_amended,yes,local_plan"
HEADER = "draft_code,title,instrument,lead_unit_code,regime,in_scope,scope_basis"


def refused(case: str, places: Sequence[Place], *named: str) -> Outcome:
    """Nothing of these rows is taken, and each is named with what to do."""

    def check(services: Services, _: Path) -> None:
        report = imported(services, CASES / case)
        assert (report.refused, report.result.complete) == (list(places), False)
        assert [word for word in named if word not in report.reasons] == []

    return check


def taken(case: str, *named: str, **rows: int) -> Outcome:
    """Everything is taken, and what was understood is reported."""

    def check(services: Services, _: Path) -> None:
        report = imported(services, CASES / case)
        assert (report.refused, {label: report.taken(label) for label in rows}) == ([], rows)
        assert [word for word in named if word not in report.notes] == []

    return check


def month(services: Services, _: Path) -> None:
    assert imported(services, CASES / "f01-month-cell.xlsx").result.complete
    stages = services.get("registry", "/drafts/X-1")["stages"]
    assert [(stage["entered_on"], stage["precision"]) for stage in stages] == [("2025-09-01", "month")]


def percentage(services: Services, _: Path) -> None:
    assert imported(services, CASES / "f02-percent-cell.xlsx").result.complete
    targets = services.get("registry", "/units/STP-X")["targets"]
    assert [(target["year"], target["target_percent"]) for target in targets] == [(2026, 70.0)]


def unprocessable(services: Services, service: str, path: str, body: object, named: str = "") -> None:
    with pytest.raises(ServiceRefused) as answer:
        services.post(service, path, body)
    assert answer.value.status == 422
    assert named in answer.value.message.vi


def days_of_requests(services: Services, _: Path) -> None:
    wrong = (0, "1735689600", 1735689600, "2025-04-15 00:00", "20250415", "2025-W16-2", "1024-04-05")
    for draft, day in ((draft, day) for draft in ("X-1", "X-2") for day in wrong):
        body = {"stage": "appraisal", "entered_on": day}
        unprocessable(services, "registry", f"/drafts/{draft}/stages", body, "“entered_on”")
    held = {"held_on": "1025-03-01", "channel": "conference", "title": "Hội nghị"}
    unprocessable(services, "campaigns", "/drafts/X-1/communications", held)
    unprocessable(services, "campaigns", "/drafts/X-1/plan/activities", {"planned_on": "3025-03-01"})
    succession = {"to_code": "SNV-X", "kind": "merge", "date": "1025-07-01"}
    unprocessable(services, "registry", "/units/STP-X/successions", succession, "trước năm 1945")


def matching_codes(services: Services, position: int, text: str) -> list[str]:
    items = services.get("registry", "/drafts", q=text, min_position=position)["items"]
    return [item["draft_code"] for item in items]


def letter_eth(services: Services, _: Path) -> None:
    report = imported(services, CASES / "f07-eth")
    assert report.result.complete
    for text in ("dong dang", "đồng đăng", "ĐỒNG ĐĂNG"):
        assert matching_codes(services, report.result.position, text) == ["X-ETH"]


def words_apart(services: Services, folder: Path) -> None:
    row = f"X-WD,Nghị quyết về văn hóa thành phố Khánh Hòa,{DRAFT}"
    (folder / "drafts.csv").write_text(f"{HEADER}\n{row}\n", encoding="utf-8")
    report = imported(services, folder)
    assert report.result.complete
    for text in ("nghi quyet khanh hoa", "khanh hoa nghi quyet", "Khánh Hòa văn hóa"):
        assert matching_codes(services, report.result.position, text) == ["X-WD"]


def encoded_words(_: Services, __: Path) -> None:
    written = words("Subject", "ế" * 60)
    assert max(map(len, re.findall(rb"=\?\S+\?=", written))) <= 75  # RFC 2047, section 2
    assert max(map(len, written.splitlines())) <= 76


def hidden(services: Services, folder: Path) -> None:
    case = "f19-hidden.xlsx"
    refused(case, [("drafts", 2, ""), ("stages", 0, "")], "--take-hidden", "bị ẩn")(services, folder)
    report = imported(services, CASES / case, Choices(take_hidden=True))
    assert (report.refused, report.taken("drafts"), report.taken("stages")) == ([], 1, 1)


def merged(services: Services, folder: Path) -> None:
    taken("f15-merged-down.xlsx", "D2:D3", drafts=2)(services, folder)
    assert services.get("registry", "/drafts/X-G2")["lead_unit_code"] == "STP-X"


def silence_of_all(services: Services, _: Path) -> None:
    unprocessable(services, "notifier", "/silences", {"last_day": "2100-12-01", "reason": "tất cả"}, "--all")
    assert services.get("notifier", "/silences")["silences"] == []


def ehlo(_: Services, __: Path) -> None:
    """On a machine without a full name the server is given the setting, or the sender's domain."""
    for setting, expected in (("loa.stp.example.vn", "loa.stp.example.vn"), (None, "stp.example.vn")):
        mailbox, sender = Mailbox(), "Loa <loa@stp.example.vn>"
        with serving(mailbox) as url, pytest.MonkeyPatch.context() as patch:
            patch.setattr(socket, "getfqdn", lambda *_: "localhost")
            server = Server(url.get_secret_value(), hello=setting, domain="stp.example.vn")
            asyncio.run(delivered(server, sender))
        assert mailbox.hello == {expected}
        assert b"localhost" not in mailbox.taken[0]


async def delivered(server: Server, sender: str) -> None:
    at = datetime(2026, 11, 23, 1, tzinfo=UTC)
    outgoing = Outgoing(
        mail=Mail("Tiêu đề", "Nội dung", "<html><body>Nội dung</body></html>"),
        to="dau.moi@stp.example.vn",
        message_id=message_id("a-key", sender),
        dated=at,
        day=at.date(),
        unit_code="STP",
        recipient_id=UUID(int=1),
    )
    transport = SmtpTransport(Pool(server), sender, Pace(1000))
    await transport.deliver(outgoing)
    await transport.close()


def single_mail_a_day(services: Services, _: Path) -> None:
    """A superior who also stands in for a unit without recipients gets one mail, which lists both drafts."""
    report = imported(services, CASES / "f23-two-mails-one-day")
    assert report.result.complete
    monday = first_working_day_of_next_week()
    services.get("notifier", "/recipients", min_position=report.result.position)
    deadline = runtime.now() + timedelta(seconds=60)
    mails: list[Any] = []
    while not mails and runtime.now() < deadline:  # alerts follow the import by and by
        mails = preview(services, monday)
    assert [mail["kind"] for mail in mails] == ["weekly_list"]
    assert all(code in mails[0]["text"] for code in ("F23-A", "F23-B"))
    tuesday = preview(services, monday + timedelta(days=1))
    assert {mail["kind"] for mail in tuesday} <= {"digest"}
    assert len(tuesday) <= 1


def preview(services: Services, at: datetime) -> list[Any]:
    answer = services.get("notifier", "/preview", at=at.isoformat())
    if answer["unsaid"]:
        return []
    return [mail for mail in answer["mails"] if mail["unit_code"] == "UB-F23"]


def first_working_day_of_next_week() -> datetime:
    calendar, today = load_rulebook().calendar, runtime.now().astimezone(VIETNAM).date()
    day = today + timedelta(days=7 - today.weekday())
    while not calendar.is_working(day):
        day += timedelta(days=1)
    return datetime.combine(day, time(8, 5), VIETNAM)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)
ODS = {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}
OTHER_KINDS: Sequence[tuple[str, bytes | dict[str, bytes], Sequence[str]]] = (
    ("a.xls", OLE + "Workbook".encode("utf-16-le"), ["Excel đời cũ", ".xlsx"]),
    ("a.xlsx", OLE + "Workbook".encode("utf-16-le"), ["Excel đời cũ"]),
    ("a.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), ["mật khẩu", "bỏ mật khẩu"]),
    ("a.xls", b"<html><table><tr><td>x", ["HTML", ".xlsx"]),
    ("a.ods", ODS, ["OpenDocument", ".xlsx"]),
    ("a.xlsx", ODS, ["OpenDocument"]),
    ("a.xlsb", {"xl/workbook.bin": b""}, ["xlsb", ".xlsx"]),
    ("a.docx", {"word/document.xml": b""}, ["Word", "chép bảng"]),
    ("a.xlsx", {"word/document.xml": b""}, ["Word"]),
    ("a.zip", {"units.csv": b""}, ["giải nén"]),
    ("a.pdf", b"%PDF-1.7\n", ["PDF", "chép bảng"]),
    ("a.xlsx", b"code,name\nA,B\n", ["tệp văn bản", "units.csv"]),
    ("danh sach.csv", b"code,name\nA,B\n", ["không cho biết đây là bảng nào"]),
    ("Drafts (1).csv", b"code,name\nA,B\n", ["Có phải là drafts.csv?"]),
)


def other_kinds(services: Services, folder: Path) -> None:
    for number, (name, content, named) in enumerate(OTHER_KINDS):
        path = folder / str(number) / name
        path.parent.mkdir()
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            with zipfile.ZipFile(path, "w") as file:
                for part, data in content.items():
                    file.writestr(part, data)
        report = imported(services, path)
        assert [word for word in named if word not in report.text] == [], (name, report.text)


OUTCOMES: dict[str, Outcome] = {
    "f01-month-cell.xlsx": month,
    "f02-percent-cell.xlsx": percentage,
    "f03-question-marks": refused("f03-question-marks", [("drafts.csv", 2, "title")], "dấu “?”", "CSV UTF-8"),
    "f03-tcvn3-as-unicode": refused(
        "f03-tcvn3-as-unicode", [("drafts.csv", 2, "title")], "TCVN3", ".VnTime", "Unicode"
    ),
    "f04-year-1024": refused(
        "f04-year-1024", [("stages.csv", 2, "entered_on")], "05/04/1024, trước năm 1945"
    ),
    "f05": days_of_requests,
    "f06-personal-data": refused(
        "f06-personal-data", [("drafts.csv", 2, "title")], "địa chỉ thư điện tử", "gop.y@example.vn"
    ),
    "f07-eth": letter_eth,
    "f08-words": words_apart,
    "f09-encoded-word": encoded_words,
    "f10-zeros": refused(
        "f10-zeros", [("units.csv", 2, "province_code")], "có phải “01”?", "Văn bản (Text)", "is it '01'?"
    ),
    "f11-self-succession": refused(
        "f11-self-succession",
        [("unit_successions.csv", 2, "to_code")],
        "STP-X → STP-X",
        "needs a new code",
    ),
    "f11-validity": refused(
        "f11-validity",
        [("units.csv", 2, "valid_to"), ("units.csv", 3, "valid_from")],
        "01/01/2025 đứng trước ngày bắt đầu 01/01/2026",
        "không còn cấp huyện",
    ),
    "f12-boolean-title.xlsx": refused(
        "f12-boolean-title.xlsx", [("drafts", 2, "title")], "“TRUE”", "Văn bản (Text)"
    ),
    "f12-number-becomes-date.xlsx": refused(
        "f12-number-becomes-date.xlsx", [("drafts", 2, "final_number")], "“2024-12-01”", "Text"
    ),
    "f13-title-rows.xlsx": taken("f13-title-rows.xlsx", "2 dòng phía trên", drafts=1),  # the third is empty
    "f14-vn-headings.xlsx": refused(
        "f14-vn-headings.xlsx",
        [("drafts", 1, "")],
        "“draft_code” (“Mã dự thảo”?)",
        "“regime” (“Luật áp dụng”?)",
    ),
    "f15-merged-down.xlsx": merged,
    "f16-formula-in-stt.xlsx": taken("f16-formula-in-stt.xlsx", drafts=2),
    "f17-file-name": refused("f17-file-name", [("Drafts.csv", 0, "")], "có phải drafts?"),
    "f18-email-message": refused(
        "f18-email-message", [("recipients.csv", 2, "email")], "địa chỉ thư điện tử đầy đủ"
    ),
    "f19-hidden.xlsx": hidden,
    "f20-months-vn": refused(
        "f20-months-vn",
        [("stages.csv", line, "entered_on") for line in (2, 3, 4, 5)],
        "ghi 2024-03",
        "ghi 2024-04-05",
    ),
    "f21-silence-all": silence_of_all,
    "f22-ehlo": ehlo,
    "f23-two-mails-one-day": single_mail_a_day,
    "f24-encrypted-and-others": other_kinds,
}


@pytest.mark.parametrize("case", OUTCOMES)
def test_a_case_has_its_right_outcome(case: str, services: Services, tmp_path: Path) -> None:
    OUTCOMES[case](services, tmp_path)


def test_every_case_is_in_the_table() -> None:
    assert {case[:3] for case in OUTCOMES} == {f"f{number:02}" for number in range(1, 25)}
    assert {path.name for path in CASES.iterdir()} - {"base"} <= OUTCOMES.keys()
