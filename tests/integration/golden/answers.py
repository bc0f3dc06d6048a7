"""The pages behind the links of mails: answers and settings, as they are shown, refused and recorded."""

from collections.abc import Mapping
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import httpx

from shared.contracts.vocabulary import AlertAnswer
from shared.pages.date_boxes import in_boxes
from tests.integration.answers.office import links_of
from tests.integration.golden.mails import LATE
from tests.integration.golden.office import Office
from tests.integration.golden.plain import CONFIRMATION, Plain
from tests.support.servers.plain import NO_AUTHORITIES

FORMS: dict[AlertAnswer, dict[str, Any]] = {  # the last one closes the gap
    AlertAnswer.PLANNED: {**in_boxes("planned_on", date(2026, 11, 27)), "channel": "conference"},
    AlertAnswer.NOT_OURS: {"to_unit": "Sở Ví dụ B", "explanation": "Theo Công văn 12/UBND-NC"},
    AlertAnswer.EXEMPT: {
        "document": "Công văn 99/VPCP-PL",
        "authority": "Văn phòng Chính phủ",
        **in_boxes("decided_on", date(2026, 11, 5)),
    },
    AlertAnswer.OBSTACLE: {"obstacle": "Chưa được bố trí kinh phí"},
    AlertAnswer.DONE: {
        **in_boxes("held_on", date(2026, 11, 23)),
        "channel": "conference",
        "title": "Hội nghị lấy ý kiến",
        "policies": ["1"],
    },
}
SETTINGS = {"frequency": "wednesday", "kind": ["thanks"], "reason": "Họp giao ban thứ Tư"}


async def record(office: Office, plain: Plain) -> dict[str, str]:
    """Follow the links of the immediate mail, and of a weekly list."""
    (file,) = office.mail_dir.glob("*_immediate-*.eml")
    links = dict(zip(AlertAnswer, links_of(_mail(file.read_bytes())), strict=True))
    recorded = {}
    for answer, link in links.items():
        recorded[f"answers/{answer}_form.html"] = await _page(office, link)
        recorded[f"answers/{answer}_refused.html"] = await _page(office, link, {})
    for answer, form in FORMS.items():
        page = await _page(office, links[answer], form)
        if confirmation := CONFIRMATION.search(page):
            page = await _page(office, links[answer], form | {"confirm": confirmation[0]})
        recorded[f"answers/{answer}_recorded.html"] = page
        await office.platform.settled()
        recorded[f"answers/{answer}_used.html"] = await _page(office, links[answer])
    recorded |= await _settings(office)
    return {name: plain.page(text) for name, text in recorded.items()} | await _outcome(office, plain)


async def _settings(office: Office) -> dict[str, str]:
    mails = [_mail(file.read_bytes()) for file in sorted(office.mail_dir.glob("*.eml"))]
    link = next(header for mail in mails if (header := mail["List-Unsubscribe"])).strip("<>")
    return {
        "answers/mailbox_form.html": await _page(office, link),
        "answers/mailbox_refused.html": await _page(office, link, {"frequency": "sunday"}),
        "answers/mailbox_recorded.html": await _page(office, link, SETTINGS),
    }


async def _outcome(office: Office, plain: Plain) -> dict[str, str]:
    """Record what became of the alert and the gap."""
    await office.platform.settled()
    mine = [alert for alert in await office.alerts() if alert["draft_code"] == LATE]
    return {"answers/alert.json": plain.document({LATE: mine})}


def _mail(content: bytes) -> EmailMessage:
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


async def _page(office: Office, link: str, form: Mapping[str, Any] | None = None) -> str:
    """Look at a page, or send its form; links name the address that recipients see, not that of the process."""
    parts = urlsplit(link)
    service = parts.netloc.partition(".")[0]
    url = f"http://127.0.0.1:{office.platform.services[service].settings.port}{parts.path}"
    async with httpx.AsyncClient(verify=NO_AUTHORITIES) as visitor:
        answer = await (visitor.get(url) if form is None else visitor.post(url, data=form))
    return f"<!-- {answer.status_code} -->\n{answer.text}"
