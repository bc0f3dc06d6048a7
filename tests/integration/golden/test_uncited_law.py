"""No law of a rule that is from memory, or of which nothing is queued, stands in a page, a mail, a letter or a report."""

import io
import json
import re
from collections import deque
from collections.abc import AsyncIterator, Iterator
from email import message_from_bytes, policy
from html import unescape
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from zipfile import ZipFile, is_zipfile

import httpx
import pytest

from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from shared.auth.sessions import Way
from shared.auth.tokens import Principal
from shared.contracts.vocabulary import Role
from shared.rules.rulebook.legal_basis import UNCITED
from tests.integration.golden import surfaces
from tests.integration.golden.office import MONDAY, Office, open_office
from tests.support.servers.engines import NewDatabase
from tests.support.servers.plain import NO_AUTHORITIES
from tests.support.servers.tokens import Issuer

LAW, CONTENT = "Luật nhớ số 999/2099/QH99", "điều mà luật nhớ quy định"
MEMORY = {"legal_basis": LAW, "content": CONTENT, "source": "", "certainty": "memory", "note": ""}
PERIODS = ("policy_consultation", "draft_consultation")
MOST_PAGES = 400
HREF = re.compile(r'href="([^"#]+)')
TABLE = "registry/lists.json"  # the law table itself: every row with its certainty


def from_memory() -> dict[str, Any]:
    """Give the law table as it would be if nobody had seen any law: all of its rows with every kind of rule."""
    text = (files("shared.rules") / "data" / "procedures.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    more = {
        "posting": [{"stage": stage, "min_days": 30, **MEMORY} for stage in PERIODS],
        "replies": [{"stage": stage, "days": 9, **MEMORY} for stage in PERIODS],
        "appraisal": {"body": "ministry_of_justice", "days": 9, **MEMORY},
        "permission": MEMORY,
    }
    rows = [row | MEMORY | more for row in table["rows"]]
    regimes = [row | MEMORY for row in table["regimes"]]
    return {"regimes": regimes, "rows": rows, **{name: [row | MEMORY for row in table[name]] for name in ("communications", "scope")}}  # fmt: skip


def parts(content: bytes) -> Iterator[str]:
    """Give every text in a mail or a file of an office program."""
    if is_zipfile(io.BytesIO(content)):
        with ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield from parts(archive.read(name))
    elif content.startswith((b"From:", b"Subject:", b"To:", b"MIME", b"Message-ID", b"Date:")):
        for part in message_from_bytes(content, policy=policy.default).walk():
            if isinstance(payload := part.get_payload(decode=True), bytes):
                yield from parts(payload)
            yield str(part.items())
    else:
        yield content.decode("utf-8", "replace")


async def visited(office: Office, unit: str, role: Role) -> AsyncIterator[tuple[str, str]]:
    """Follow every link from the pages where somebody of a unit enters data, and from those of figures."""
    ports = {name: api.settings.port for name, api in office.platform.services.items()}
    access = office.platform.services["notifier"].app.state.access
    secret, _ = await access.sessions.start(Principal(f"{role}-{unit}", role, unit), Way.MAIL)
    start = [("registry", "/entry"), ("registry", "/entry/drafts"), ("metrics", f"/?as_of={MONDAY}")]
    waiting, queued = deque(start), set(start)
    async with httpx.AsyncClient(
        cookies={access.place.cookie: secret}, headers={"Accept": "text/html"}, verify=NO_AUTHORITIES
    ) as browser:
        while waiting and len(queued) < MOST_PAGES:
            service, path = waiting.popleft()
            page = await browser.get(f"http://127.0.0.1:{ports[service]}{path}", timeout=30)
            yield f"{service}{path} ({page.status_code})", page.text
            for href in HREF.findall(page.text) if "html" in page.headers.get("content-type", "") else ():
                where = urlsplit(urljoin(f"https://{service}.example.vn{path}", unescape(href)))
                target = (
                    where.netloc.partition(".")[0],
                    where.path + (f"?{where.query}" if where.query else ""),
                )
                if target[0] in ports and target not in queued and "/entry" in target[1]:
                    queued.add(target)
                    waiting.append(target)


@pytest.mark.timeout(600)
async def test_no_law_from_memory_is_cited_anywhere(
    new_nats: NatsServer, keys: Keyring, token_issuer: Issuer, new_database: NewDatabase, tmp_path: Path
) -> None:
    rules = tmp_path / "memory.json"
    rules.write_text(json.dumps(from_memory(), ensure_ascii=False), encoding="utf-8")
    shown: dict[str, str] = {}
    async with open_office(new_nats, keys, token_issuer, new_database, tmp_path, [rules]) as office:
        shown |= await surfaces.record(office)
        for form in ("docx", "xlsx"):
            path = f"/reports/407?as_of={MONDAY}&year=2026&format={form}"
            answer = await office.platform.services["metrics"].client.get(path)
            assert answer.is_success
            shown[path] = "\n".join(parts(answer.content))
        for file in office.mail_dir.rglob("*"):
            if file.is_file():
                shown[file.name] = "\n".join(parts(file.read_bytes()))
        for unit, role in (("VD-SO-A", Role.UNIT), ("VD-STP", Role.SUPERVISOR)):
            async for name, text in visited(office, unit, role):
                shown[f"{unit}: {name}"] = text
    table = shown.pop(TABLE)
    assert table.count(LAW) > 100, "the rows are in play"
    citing = sorted(name for name, text in shown.items() if LAW in text or CONTENT in text)
    assert citing == []
    entry = [name for name in shown if ": " in name and "/entry" in name and "(200)" in name]
    drafts = [name for name, text in shown.items() if UNCITED.vi in text]
    letters = [name for name, text in shown.items() if name.endswith(".eml") and "word/document" not in name]
    assert len(entry) > 20, sorted(shown)
    assert len(drafts) > 5
    assert len(letters) > 10
