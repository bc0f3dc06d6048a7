"""The platform is backed up, lost, and put back on an empty machine: the same to the last event, and no mail again."""

import json
import re
import tarfile
import tempfile
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.cli.backup.archive import Manifest
from tests.e2e.test_scenario import QUESTIONS
from tests.support.platform.home import Home, until
from tests.support.servers.plain import NO_AUTHORITIES

PDF = b"%PDF-1.7\n" + b"1 0 obj\n" * 5000
ADDRESS = "dau-moi.so-b@example.vn"


@pytest.fixture(scope="module")
def homes() -> Iterator[tuple[Home, Home]]:
    """Give the platform of the demo, and an empty one on another folder, both running."""
    with tempfile.TemporaryDirectory(prefix="loa-e2e-") as name:
        root = Path(name)
        root.chmod(0o755)
        (root / "first").mkdir(mode=0o755)
        (root / "second").mkdir(mode=0o755)
        first, second = Home(root / "first"), Home(root / "second")
        runs = [(first, first.up("--demo")), (second, second.up())]
        yield first, second
        for home, run in runs:
            assert home.stop(run) == 0, home.output()


def ask(home: Home, service: str, path: str) -> Any:
    token = home.loa("token").stdout.strip()
    url = f"{home.current['urls'][service]}{path}"
    return httpx.get(
        url, headers={"Authorization": f"Bearer {token}"}, timeout=10, verify=NO_AUTHORITIES
    ).json()


def answers(home: Home) -> dict[str, Any]:
    return {name: ask(home, *question) for name, question in QUESTIONS.items()}


def rows(home: Home) -> list[str]:
    """Give the notifier's own rows, without the switch that a restore throws."""
    token = home.loa("token").stdout.strip()
    url = f"{home.current['urls']['notifier']}/own-data"
    lines = httpx.get(
        url, headers={"Authorization": f"Bearer {token}"}, timeout=10, verify=NO_AUTHORITIES
    ).text.splitlines()
    return [line for line in lines[:-1] if json.loads(line)["table"] not in {"sending", "mail_round"}]


@pytest.mark.timeout(300)
def test_a_backup_put_back_on_an_empty_machine_is_the_same_and_sends_nothing(
    homes: tuple[Home, Home], tmp_path: Path
) -> None:
    first, second = homes
    kept = _evidence_of(first)
    file = tmp_path / "loa.backup"
    saved = first.loa("backup", file)
    assert saved.returncode == 0, saved.stdout + saved.stderr
    manifest = _manifest(file)
    assert file.stat().st_mode & 0o077 == 0, "contains e-mail addresses"
    assert ADDRESS in "".join(rows(first))
    tokens = _tokens(first)
    assert tokens
    assert [token for token in tokens if token in file.read_bytes()] == [], (
        "links work for their recipients alone"
    )

    damaged = _damaged(file, tmp_path / "damaged")
    refused = second.loa("restore", damaged)
    assert refused.returncode == 1
    assert "SHA-256" in refused.stderr

    restored = second.loa("restore", file)
    assert restored.returncode == 0, restored.stdout + restored.stderr
    until(lambda: answers(second) == answers(first), "the answers are not the same")
    assert sorted(rows(second)) == sorted(rows(first))
    assert manifest.evidence == 1
    assert "1 tệp minh chứng" in restored.stdout
    assert _file(second, kept) == PDF
    verified = json.loads(second.loa("verify", "--json").stdout)
    assert verified["right"]
    assert verified["log"]["last_position"] == manifest.last_position
    assert verified["log"]["sha256"] == manifest.log_sha256

    # Nothing goes out again, whatever wakes it: it is held, and what was said is known.
    assert second.loa("tick").returncode == 0
    assert list((second.data / "mail").glob("*.eml")) == []
    assert ask(second, "notifier", "/sending")["held"]
    reasons = {skip["reason"] for skip in ask(second, "notifier", "/preview")["skipped"]}
    assert reasons <= {"already_sent", "nothing_new", "no_recipient", "not_a_working_day", "before_hour"}

    again = second.loa("restore", file)
    assert again.returncode == 1
    assert "only be restored into an empty installation" in again.stderr
    over = second.loa("backup", file)
    assert over.returncode == 1
    assert "exists" in over.stderr


def _evidence_of(home: Home) -> str:
    """Attach a file to a communication; returns where it is read."""
    token, url = home.loa("token").stdout.strip(), home.current["urls"]["campaigns"]
    number = ask(home, "campaigns", "/communications?limit=1")["items"][0]["communication_id"]
    path = f"/communications/{number}/evidence"
    sent = httpx.post(
        f"{url}{path}/files",
        files={"file": ("bien-ban.pdf", PDF)},
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
        verify=NO_AUTHORITIES,
    )
    assert sent.status_code == 201, sent.text
    return f"{path}/{sent.json()['evidence_id']}/file"


def _file(home: Home, path: str) -> bytes:
    headers = {"Authorization": f"Bearer {home.loa('token').stdout.strip()}"}
    return httpx.get(
        home.current["urls"]["campaigns"] + path, headers=headers, timeout=10, verify=NO_AUTHORITIES
    ).content


def _tokens(home: Home) -> set[bytes]:
    """Give the tokens of the links in all mails that were written."""
    mails = (
        message_from_bytes(mail.read_bytes(), policy=policy.default) for mail in home.data.rglob("*.eml")
    )
    bodies = (mail.get_body(("plain",)) for mail in mails if isinstance(mail, EmailMessage))
    texts = (str(body.get_content()) for body in bodies if body is not None)
    return {token.encode() for text in texts for token in re.findall(r"/(?:answers|mailbox)/(\S+)", text)}


def _manifest(file: Path) -> Manifest:
    with tarfile.open(file) as tar:
        member = tar.extractfile("manifest.json")
        assert member is not None
        return Manifest(**json.loads(member.read()))


def _damaged(file: Path, to: Path) -> Path:
    """Turn one bit of the stream's snapshot around."""
    with tarfile.open(file) as tar:
        offset = tar.getmember("stream.snapshot").offset_data + 1000
    content = bytearray(file.read_bytes())
    content[offset] ^= 1
    to.write_bytes(content)
    return to
