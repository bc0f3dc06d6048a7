"""Figures, read models, pages and mails of both samples are as recorded; a change on purpose is recorded anew."""

import difflib
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from tests.integration.golden import record, surfaces
from tests.integration.golden.office import open_office
from tests.support.servers.engines import NewDatabase
from tests.support.servers.tokens import Issuer

MOST_LINES = 40  # of the differences of one file that are shown


def differences(name: str, before: str, now: str) -> Iterator[str]:
    lines = list(
        difflib.unified_diff(before.splitlines(), now.splitlines(), name, f"{name} (now)", "", "", 1, "")
    )
    yield from lines[:MOST_LINES]
    if len(lines) > MOST_LINES:
        yield f"... and {len(lines) - MOST_LINES} more lines"


@pytest.mark.timeout(300)
async def test_both_samples_are_as_recorded(
    new_nats: NatsServer, keys: Keyring, token_issuer: Issuer, new_database: NewDatabase, tmp_path: Path
) -> None:
    async with open_office(new_nats, keys, token_issuer, new_database, tmp_path) as office:
        now = await surfaces.record(office)
    before = record.read()
    changed = [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]
    shown = [line for name in changed for line in differences(name, before.get(name, ""), now.get(name, ""))]
    assert not changed, "\n".join(
        [
            f"{len(changed)} golden file(s) differ:",
            *shown,
            f"On purpose? {record.COMMAND}, then read git diff",
        ]
    )
