"""SECURITY.md says of keys, connections, limits, sessions and log lines what the code has; who changes one is told."""

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from deploy.nats.permissions import USERS
from services.campaigns.adapters.answers.pages import MOST_FILE
from services.campaigns.application.evidence import MOST_BYTES as MOST_EVIDENCE
from services.campaigns.settings import Settings as CampaignsSettings
from services.notifier.adapters.sign_in import api, mailing, provider
from services.notifier.settings import Settings as NotifierSettings
from shared.auth import sessions, tokens
from shared.bulk_import import routes as imports
from shared.http.overload import connections, limits
from shared.http.requests import request_context
from shared.kernel.counted import counted
from shared.kernel.settings import ServiceSettings
from shared.signed_links import links
from tests.support.platform.service import SERVICES, create_app_of

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
LEVELS = ("secret", "personal", "internal", "official")
AUTHENTICATION = (
    "shared/auth",
    "services/notifier/adapters/sign_in",
    "shared/http/problems.py",
    "shared/http/requests/audit.py",
)
READINGS = {
    "revoked_tokens_not_read",
    "key_left_out",
    "keys_read_again",
    "keys_not_read",
    "issuer_keys_not_read",
}
READINGS |= {"oidc_provider_unavailable", "client_disconnected", "use_of_session_not_noted"}
"""Lines about systems that do not answer, in the way of all others: no event of anybody's access."""


def section(title: str) -> str:
    return TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]


def fields() -> Iterator[tuple[str, str]]:
    """Give the settings of all services with their types."""
    for service in SERVICES:
        for name, field in create_app_of(service).__annotations__["settings"].model_fields.items():
            yield name, str(field.annotation)


def test_every_secret_has_a_row() -> None:
    keys = section("Keys")
    secret = {name for name, kind in fields() if SecretStr.__name__ in kind}
    assert {name for name in secret if f"`LOA_{name.upper()}`" not in keys} == set()
    assert "`tokens.pem`" in keys
    assert "`*.nk`" in keys
    assert USERS, "one seed each"


def test_every_secret_is_replaced_in_time() -> None:
    """NIST SP 800-57, part 1, revision 5, table 1: two years at most for what authenticates."""
    rows = [line.strip("| ").split(" | ") for line in section("Keys").splitlines() if line.startswith("| ")][
        1:
    ]
    days = {row[0]: int(number) * (365 if unit.startswith("year") else 1) for row in rows
            for number, unit in [row[3].split()]}  # fmt: skip
    assert len(days) > 8
    assert max(days.values()) <= 2 * 365
    assert all(len(row) == 5 and row[4] for row in rows), "and each row says how"


def test_every_address_of_another_system_has_a_row() -> None:
    shown = section("Connections")
    suffixes = ("_url", "_api", "jwks", "issuer", "channels", "_listen")
    addresses = {name for name, _ in fields() if name.endswith(suffixes) or name.startswith("url_")}
    addresses -= {"link_jwks"}  # a file
    assert {name for name in addresses if f"`LOA_{name.upper()}`" not in shown} == set()


def test_every_line_about_access_is_listed() -> None:
    shown = section("Logs")
    assert {name for name in logged() if f"`{name}`" not in shown} == set()


def logged() -> Iterator[str]:
    """Give the log events that name who acted (`by=`), and those of signing in and of refusals."""
    for part in ("services", "shared"):
        for path in sorted((ROOT / part).rglob("*.py")):
            about_access = path.relative_to(ROOT).as_posix().startswith(AUTHENTICATION)
            text = path.read_text(encoding="utf-8")
            if "logger." not in text or not (about_access or "by=" in text):
                continue  # parsing every module takes seconds
            for node in ast.walk(ast.parse(text)):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                    continue
                named = "by" in {word.arg for word in node.keywords}
                if (about_access or named) and ast.unparse(node.func.value) == "logger":
                    yield from set(names_in(node.args[0])) - READINGS


def names_in(event: ast.expr) -> Iterator[str]:
    """Give an event's name, or both where a condition chooses."""
    listed = [node.value for node in ast.walk(event) if isinstance(node, ast.Constant)]
    yield from (name for name in listed if isinstance(name, str))


def in_hours(value: timedelta) -> str:
    return counted(value // timedelta(hours=1), "hour")


def in_minutes(value: timedelta) -> str:
    return counted(value // timedelta(minutes=1), "minute")


DEFAULTS = {name: field.default for name, field in ServiceSettings.model_fields.items()}
OF_NOTIFIER = {name: field.default for name, field in NotifierSettings.model_fields.items()}
PEOPLE = "How people and programs are recognised"
STATED = {
    PEOPLE: [
        f"{tokens.LONGEST.days} days at most; revoked within {tokens.MOST_AGE_SECONDS:.0f} seconds",
        (
            f"{in_minutes(mailing.LIFETIME)}, once, by pressing a button; {mailing.MOST_TO_MAILBOX} mails to an address "
            f"and {mailing.MOST_BY_CLIENT} requests"
        ),
        f"{in_minutes(provider.LIFETIME)} for the way there and back",
        f"{in_minutes(api.LOGIN_LIFETIME)}, once",
        f"{links.VALID_FOR.days} days, mailbox 60",
        f"{OF_NOTIFIER['unknown_links_a_minute']} unknown links a minute",
        f"A session lasts {in_hours(sessions.LONGEST)}",
        f"{sessions.MOST_OF_SUBJECT} sessions at most",
        f"ends after {DEFAULTS['session_idle_minutes']} minutes in which nobody uses it",
        f"once in {in_minutes(sessions.NOTED)} at most",
        f"has signed in within {in_minutes(sessions.RECENT)}",
    ],
    "Limits": [
        f"{request_context.MOST_BYTES >> 20} MiB; {imports.MOST_BYTES >> 20} MiB and {imports.MOST_ROWS:,} rows of `POST /imports`",
        f"headers {connections.MOST_HEADER_BYTES >> 10} KiB in {connections.ConnectionLimits().header_seconds:.0f} s",
        f"{MOST_EVIDENCE >> 20} MiB each, {CampaignsSettings.model_fields['evidence_unit_mib'].default} MiB a unit",
        f"A form of a mail takes {MOST_FILE >> 20} MiB",
        (
            f"{DEFAULTS['requests_per_second']} a second (`LOA_REQUESTS_PER_SECOND`), {limits.RequestLimits().running} at once, "
            f"of all callers together {limits.MOST_AT_WORK} reads and {limits.MOST_AT_WORK} writes; others wait up to {DEFAULTS['queue_seconds']} s (`LOA_QUEUE_SECONDS`)"
        ),
        f"| {limits.MOST_HEAVY} at once for all callers, others wait up to {limits.PATIENCE:.0f} s",
        f"| {DEFAULTS['most_connections']}, of one address {DEFAULTS['most_connections_of_address']} |",
        *(f"`{path}`" for path in sorted(limits.HEAVY)),
        *(f"`{path}…`" for path in limits.HEAVY_PREFIXES),
    ],
}


@pytest.mark.parametrize("title", STATED)
def test_numbers_are_those_of_the_code(title: str) -> None:
    text = re.sub(r"\s+", " ", section(title))
    assert [said for said in STATED[title] if said not in text] == []


def test_every_way_of_signing_in_has_a_row() -> None:
    ways = {"mail": "link by mail", "oidc": "identity provider, then a session", "command": "`loa login`"}
    assert set(ways) == {way.value for way in sessions.Way}
    assert [name for name in ways.values() if f"| {name}" not in section(PEOPLE)] == []


def test_data_have_levels_and_fields_have_rights() -> None:
    levels = re.findall(r"^\| (\w+) \|", section("Data and their protection"), re.MULTILINE)
    assert tuple(levels) == ("level", *LEVELS)
    assert [
        path
        for path in ("/recipients", "/outbox", "/preview", "/own-data")
        if path not in section("Rights by field")
    ] == []


def test_dependencies_have_a_time_to_be_mended_in() -> None:
    assert re.findall(r"within (\d+) days", section("Dependencies")) == ["7"]
    assert "a high one within 30" in section("Dependencies")
