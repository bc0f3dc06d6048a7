"""The mails of planned days, of each kind: what a preview tells, and the files that were written."""

import io
import re
from collections.abc import Iterator
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from docx import Document

from tests.integration.golden.office import MONDAY, Office, moment
from tests.integration.golden.plain import MESSAGE, Plain
from tests.support.platform.service import eventually
from tests.support.samples import small_office
from tests.support.servers.engines import connected

# With the weekly list; a day of digests only; a holiday; with the monthly summary.
PREVIEWS = (MONDAY, date(2026, 11, 25), date(2026, 11, 24), date(2026, 12, 15))
SENT = (date(2026, 11, 25), date(2026, 12, 15), date(2026, 12, 21))
LATE = "VD-KHAN"  # a draft by the simplified procedure that begins after the digests of the day
HEADERS = ("Subject", "From", "To", "Date", "In-Reply-To", "References", "List-Id", "List-Unsubscribe")


async def record(office: Office, plain: Plain) -> dict[str, str]:
    """Preview and send the mails of some days, and give them by the name of their golden file."""
    previews = {}
    for day in PREVIEWS:
        preview = await office.get("notifier", f"/preview?at={day}")
        for mail in preview["mails"]:
            del mail["text"], mail["html"]  # recorded where they are sent
        previews[f"/preview?at={day}"] = preview
    recorded = {"notifier/previews.json": plain.document(previews)}
    ticks = {f"{MONDAY}": await office.tick()}
    await _immediate(office)
    ticks |= {f"{day}": await office.tick(day) for day in SENT}
    recorded["notifier/ticks.json"] = MESSAGE.sub("<(message)@", plain.document(_without_files(ticks)))
    outbox = _in_order(plain.page(await office.get("notifier", "/outbox")))
    return recorded | {"pages/outbox.html": outbox} | dict(_written(office.mail_dir, plain))


def _in_order(outbox: str) -> str:
    """Sort the mails of the page, and the drafts of each: what was written in one moment stands there by random ids."""
    mail = re.compile(r"<article.*?</article>\n", re.DOTALL)
    lines = re.compile(r"(?:<li>.*</li>\n)+")
    mails = sorted(
        lines.sub(lambda item: "".join(sorted(item[0].splitlines(keepends=True))), file)
        for file in mail.findall(outbox)
    )
    following = iter(mails)
    return mail.sub(lambda _: next(following), outbox)


def _without_files(ticks: dict[str, dict[str, list[dict[str, str]]]]) -> dict[str, object]:
    """Leave out the names of files, which bear ids; the order of the mails is that of random ids too."""
    for tick in ticks.values():
        for mail in tick["sent"]:
            mail.pop("file", None)
    return dict(ticks)


async def _immediate(office: Office) -> None:
    """Let a gap open that cannot wait for the next digest."""
    await office.platform.import_rows(
        "drafts",
        [
            small_office.draft(
                LATE,
                "VD-SO-C",
                procedure="simplified",
                in_scope="yes",
                dataset="exercise",
                regime="law_2025_amended",
                instrument="provincial_chair_decision",
            )
        ],
    )
    await office.platform.import_rows("policies", [small_office.policy(LATE, 1)])
    await office.platform.import_rows(
        "stages", [small_office.stage(LATE, "draft_consultation", "2026-11-19")]
    )
    office.clock.moment = moment(14)

    async def alerted() -> bool:
        alerts = (await office.get("notifier", "/alerts?unit=VD-SO-C"))["items"]
        return LATE in {alert["draft_code"] for alert in alerts}

    await eventually(alerted)
    await office.platform.settled()
    async with connected(office.platform.server, "operator") as operator:
        await operator.jetstream().publish("loa-ticks.minute", b"")

    async def written() -> bool:
        return any(office.mail_dir.glob("*_immediate-*.eml"))

    await eventually(written)


def _written(folder: Path, plain: Plain) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.glob("*.eml")):
        mail = message_from_bytes(file.read_bytes(), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        name = _name(file, mail)
        yield f"{name}.txt", plain.text(_text(mail))
        yield f"{name}.html", plain.page(_body(mail, "html"))


def _name(file: Path, mail: EmailMessage) -> str:
    kind = str(mail["List-Id"]).partition("<")[2].partition(".")[0]
    day = file.stem.partition("_")[0]
    return f"mails/{day}_{kind}_{str(mail['To']).partition('@')[0]}"


def _text(mail: EmailMessage) -> str:
    head = [f"{name}: {mail[name]}" for name in HEADERS if mail[name]]
    files = [line for part in mail.iter_attachments() for line in _file(part)]
    return "\n".join([*head, "", _body(mail, "plain"), *files])


def _body(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def _file(part: EmailMessage) -> Iterator[str]:
    yield f"\n== {part.get_filename()} ({part.get_content_type()})"
    content = part.get_content()
    if part.get_filename("").endswith(".docx"):
        yield from _document(content)
    elif part.get_content_maintype() == "text":
        yield (content.decode() if isinstance(content, bytes) else content).replace("\r\n", "\n")


def _document(content: bytes) -> Iterator[str]:
    paper = Document(io.BytesIO(content))
    yield from (paragraph.text for paragraph in paper.paragraphs)
    for table in paper.tables:
        yield from (" | ".join(cell.text for cell in row.cells) for row in table.rows)
