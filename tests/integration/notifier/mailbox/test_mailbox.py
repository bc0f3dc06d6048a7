"""The page of a mailbox: looked at, changed, ended with one click; what the log then says, and what goes out."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.notifier.adapters.delivery.message import MailboxLink, claims_of, seal
from shared.contracts.vocabulary import GapClosure, OptionalMail
from shared.kernel.local_day import VIETNAM
from shared.kernel.runtime import new_id
from tests.integration.notifier.notifier_fixture import (
    MONDAY,
    UNIT,
    NotifierFixture,
    closed,
    opened,
    put_recipient,
    tick,
)
from tests.support.platform.service import Api
from tests.support.servers.links import a_link

HTTPS = "https://loa.example.vn"
FAR = MONDAY + timedelta(days=100)
DUE_LATER = date(2026, 11, 27)
CLICK = {"List-Unsubscribe": "One-Click"}


@dataclass
class Box:
    """One mailbox of a supervisor, and the page of it as somebody without an account sees it."""

    notifier_env: NotifierFixture
    api: Api
    visitor: httpx.AsyncClient
    recipient: UUID

    def path(self, kind: OptionalMail | None = None, **changes: Any) -> str:
        defaults: dict[str, Any] = {
            "recipient_id": self.recipient,
            "unit_code": UNIT,
            "expires": FAR,
            "kind": kind,
        }
        return f"/mailbox/{seal(self.notifier_env.links.key).token(claims_of(MailboxLink(**defaults | changes)))}"

    async def choices(self) -> list[tuple[str, str, str, str | None]]:
        """Read the log: which event, of what, through which door, why."""
        events = [
            (event["type"].split(".")[3], event["data"]) for event in await self.notifier_env.log("recipient")
        ]
        return [
            (n, str(d.get("kind") or d.get("digest_day")), d["through"], d.get("reason")) for n, d in events
        ]

    async def listed(self, unit: str = UNIT) -> dict[str, Any]:
        """Ask what a supervisor sees of the only mailbox of a unit."""
        query = {"min_position": await self.notifier_env.head()}
        answer = await self.api.client.get(f"/units/{unit}/recipients", params=query)
        (recipient,) = answer.json()["recipients"]
        return dict(recipient)

    async def skipped(self, at: str | None = None) -> dict[str, str | None]:
        """Ask the preview why nothing goes to the mailbox."""
        query = {"min_position": str(await self.notifier_env.head())} | ({"at": at} if at else {})
        answer = (await self.api.client.get("/preview", params=query)).json()
        return {
            item["reason"]: item.get("detail")
            for item in answer["skipped"]
            if item.get("recipient_id") == str(self.recipient)
        }


@pytest.fixture
async def box(notifier_env: NotifierFixture) -> AsyncIterator[Box]:
    async with notifier_env.notifier(url_notifier=HTTPS) as api, api.as_(None) as visitor:
        yield Box(notifier_env, api, visitor, UUID(await put_recipient(api, role="supervisor")))


async def test_a_page_shows_and_a_form_changes_and_the_log_keeps_why(box: Box) -> None:
    for look in (await box.visitor.get(box.path()), await box.visitor.head(box.path())):
        assert (look.status_code, look.headers["cache-control"]) == (200, "no-store")
        assert look.headers["referrer-policy"] == "no-referrer"
    page = (await box.visitor.get(box.path())).text
    assert "Sở Tư pháp tỉnh A" in page
    assert "Thư nhắc việc được gửi: mỗi ngày làm việc." in page
    form = {"frequency": "wednesday", "kind": ["weekly_list", "thanks"], "reason": "Họp giao ban thứ Tư"}
    done = await box.visitor.post(box.path(), data=form)
    assert done.status_code == 200
    assert "mỗi tuần, vào thứ Tư; không gửi: trang tổng hợp hằng tháng" in done.text
    assert (await box.visitor.post(box.path(), data=form)).status_code == 200, "said twice, recorded once"
    assert await box.choices() == [
        ("unsubscribed", "monthly_summary", "page", "Họp giao ban thứ Tư"),
        ("frequency_chosen", "wednesday", "page", "Họp giao ban thứ Tư"),
    ]
    other = await put_recipient(box.api, unit="STP-02", role="head", email="khac@loa.invalid")
    listed = [await box.listed(), await box.listed("STP-02")]
    assert [(row["digest_day"], row["unwanted"]) for row in listed] == [
        ("wednesday", ["monthly_summary"]),
        (None, []),
    ]
    assert [row["recipient_id"] for row in listed] == [str(box.recipient), other]
    assert (
        'value="wednesday" aria-describedby="often-hint" checked' in (await box.visitor.get(box.path())).text
    )


@pytest.mark.parametrize("as_parts", [True, False], ids=["multipart", "urlencoded"])
async def test_one_click_of_a_mail_client_ends_the_kind_at_once(box: Box, as_parts: bool) -> None:
    path = box.path(OptionalMail.WEEKLY_LIST)
    assert "Dừng một loại thư" in (await box.visitor.get(path)).text
    sent = {"files": {name: (None, value) for name, value in CLICK.items()}} if as_parts else {"data": CLICK}
    clicked = [await box.visitor.post(path, **sent) for _ in range(2)]
    assert [item.status_code for item in clicked] == [200, 200]
    assert "Đã dừng gửi loại thư này" in clicked[0].text
    assert await box.choices() == [("unsubscribed", "weekly_list", "one_click", None)]


async def test_a_duty_cannot_be_ended(box: Box) -> None:
    answer = await box.visitor.post(box.path(), data=CLICK)
    assert answer.status_code == 422
    assert "không dừng được" in answer.text
    wrong = await box.visitor.post(box.path(), data={"frequency": "sunday"})
    assert wrong.status_code == 422
    assert "Cần sửa 1 chỗ" in wrong.text


async def test_links_that_lead_nowhere_are_explained(box: Box) -> None:
    over = await box.visitor.get(box.path(expires=MONDAY))
    assert (over.status_code, "đã hết hiệu lực" in over.text) == (410, True)
    assert f"{HTTPS}{box.path(expires=MONDAY)}/renew" in over.text
    answer_link = f"/mailbox/{box.notifier_env.links.signer.token(a_link())}"
    mailbox_link = box.path().replace("/mailbox/", "/answers/")
    for path in (answer_link, mailbox_link, f"{box.path()[:-4]}AAAA", "/mailbox/none"):
        assert (await box.visitor.get(path)).status_code == 404
        assert (await box.visitor.post(path, data=CLICK)).status_code == 404
    unknown = await box.visitor.get(box.path(recipient_id=new_id()))
    await box.api.client.put(f"/units/{UNIT}/recipients", json=[])
    gone = await box.visitor.get(box.path())
    for page in (unknown, gone):
        assert (page.status_code, "không còn trong danh sách" in page.text) == (410, True)


async def test_a_link_that_is_over_is_renewed_by_mail_once_a_day(box: Box) -> None:
    path = box.path(expires=MONDAY)
    answers = [await box.visitor.post(f"{path}/renew") for _ in range(2)]
    stranger = await box.visitor.post(f"{box.path(recipient_id=new_id(), expires=MONDAY)}/renew")
    assert len({(item.status_code, item.text) for item in (*answers, stranger)}) == 1
    await tick(box.api, 0)
    (mail,) = box.notifier_env.mails()
    assert mail["Subject"] == "[Thông báo] Cài đặt nhận thư của Sở Tư pháp tỉnh A"
    text = mail.get_body(("plain",))
    assert text is not None
    (link,) = re.findall(rf"{HTTPS}(/mailbox/\S+)", text.get_content())
    assert (await box.visitor.get(link)).status_code == 200


async def test_only_optional_mail_bears_the_header_and_the_preview_shows_no_token(box: Box) -> None:
    gap = new_id()
    await tick(box.api, await box.notifier_env.gap(opened(gap)))
    box.notifier_env.clock.moment = datetime(2026, 11, 25, 8, 30, tzinfo=VIETNAM)
    position = await box.notifier_env.gap(closed(gap, date(2026, 11, 24), GapClosure.COVERED))
    shown = (await box.api.client.get("/preview", params={"min_position": position})).json()["mails"]
    assert all(
        "/mailbox/…" in mail["text"] and "/mailbox/ey" not in mail["text"] + mail["html"] for mail in shown
    )
    await tick(box.api, position)
    duty, thanks = box.notifier_env.mails()
    assert duty["List-Unsubscribe"] is None
    assert thanks["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    click = thanks["List-Unsubscribe"].strip("<>").removeprefix(HTTPS)
    assert (await box.visitor.post(click, data=CLICK)).status_code == 200
    assert await box.choices() == [("unsubscribed", "thanks", "one_click", None)]


async def test_optional_mail_waits_for_the_chosen_day(box: Box) -> None:
    """Monday: nothing presses before Wednesday. The preview says so; what is overdue goes out all the same."""
    await box.visitor.post(box.path(), data={"frequency": "wednesday", "kind": list(OptionalMail)})
    position = await box.notifier_env.gap(opened(new_id(), due_on=DUE_LATER))
    assert (await tick(box.api, position))["sent"] == []
    assert list(await box.skipped()) == ["not_this_day"]
    late = await box.notifier_env.gap(opened(new_id()))
    assert [len(item["lines"]) for item in (await tick(box.api, late))["sent"]] == [2], (
        "all that is owed, in one mail"
    )


async def test_what_is_wanted_stands_in_rows_until_it_is_wanted_no_more(box: Box) -> None:
    await box.visitor.post(box.path(OptionalMail.WEEKLY_LIST), data=CLICK)
    await box.visitor.post(box.path(), data={"frequency": "friday", "kind": ["monthly_summary", "thanks"]})
    await box.skipped()
    before = (
        await box.notifier_env.rows("SELECT * FROM unwanted_mail"),
        await box.notifier_env.rows("SELECT * FROM digest_day"),
    )
    assert [len(rows) for rows in before] == [1, 1]
    await box.visitor.post(box.path(), data={"frequency": "each_day", "kind": list(OptionalMail)})
    await box.skipped()
    after = (
        await box.notifier_env.rows("SELECT * FROM unwanted_mail"),
        await box.notifier_env.rows("SELECT * FROM digest_day"),
    )
    assert (after[0], [row["digest_day"] for row in after[1]]) == ([], [None])
