"""A wrong value of any setting ends what reads it at once, with one line: the setting, the value, and what is right."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import NoneType
from typing import get_args

import pytest
from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings

from deploy.local.settings import LocalSettings
from shared.kernel.setting_names import SECRET_NAMES, is_secret
from shared.kernel.settings import CANNOT_BE_USED, described
from tests.support.platform.home import Home
from tests.support.platform.service import SERVICES

ROOT = Path(__file__).parents[3]
ADDRESSES = ("localhost:80", "http://", "http://host:99999", "ftp://host", "http://ho st", "https://host?x=1")
NUMBERS = ("0", "-1", "abc", "1e9")
SECONDS = ("0", "-5", "20s", "1e300", "inf", "nan")
FILES = ("/nowhere/file", "/etc", "")
WRONG: dict[str, dict[str, tuple[str, ...]]] = {
    "every": {
        "host": ("http://127.0.0.1", "a b", "-"),
        "port": ("99999", "-1", "http", "8000.5"),
        "nats_url": ("localhost:4222", "nats://", "http://host:4222", "nats://a:4222,b", "nats://a:99999"),
        "nats_seed": ("SUABC", "UA" + "A" * 56),
        "nats_monitor_url": ADDRESSES,
        "database_url": (
            "postgresql:///loa",
            "postgresql://user:secret@/loa",
            "postgresql://host:99999/loa",
            "postgresql://host:port/loa",
            "postgresql://a:5432,:5432/loa",
            "mysql://host/loa",
            "host/loa",
            "postgresql://host/loa?sslmode=always",
        ),
        "jwks": ("/nowhere/keys.json", "/etc", "/etc/hostname", "ftp://host/keys", "https://"),
        "oidc_issuer": ADDRESSES,
        "oidc_roles": ("clerk", "[1]", '{"a": 1}'),
        "deadline_documents": ("407", "[]", '{"BTP": 5}'),
        "public_read": ("maybe", "2", "có"),
        "url_registry": ADDRESSES,
        "url_campaigns": ADDRESSES,
        "url_metrics": ADDRESSES,
        "url_notifier": ADDRESSES,
        "allowed_hosts": ("http://loa.example.vn", "a b"),
        "trusted_proxies": ("10.0.0.0/99", "proxy", "10.0.0.1, x"),
        "log_format": ("xml", "JSON"),
        "log_level": ("loud", "info"),
        "migrate_on_start": ("perhaps",),
        "most_connections": NUMBERS,
        "most_connections_of_address": NUMBERS,
        "requests_per_second": ("0", "-1", "abc", "inf", "nan"),
        "queue_seconds": SECONDS,
        "session_idle_minutes": ("0", "4", "481", "an hour", "1.5"),
        "clock_tolerance_seconds": ("0", "2 min", "inf", "nan"),
        "calendar_overrides": ("days.csv", '["/nowhere/days.csv"]', '{"a": 1}', '["/etc"]'),
        "rules_overrides": ("rules.json", '["/nowhere/rules.json"]', "5"),
    },
    "registry": {
        "link_jwks": ("/nowhere/links.json", "/etc/hostname", "/etc"),
        "metrics_api": ADDRESSES,
        "campaigns_api": ADDRESSES,
        "notifier_api": ADDRESSES,
    },
    "campaigns": {
        "internal_url_notifier": ADDRESSES,
        "service_token": ("token", "a.b"),
        "evidence_url": (
            "evidence",
            "/srv/evidence",
            "file:///dev/null/evidence",
            "https://host",
            "ftp://host/b",
        ),
        "evidence_unit_mib": ("0", "-5", "5 GB"),
        "evidence_key_id": ("alone",),
        "evidence_secret": ("alone",),
    },
    "metrics": {
        "report_template": ("/nowhere/report.docx", "/etc", "/etc/hostname"),
        "rebuild_processes": ("-1", "65", "two", "1.5"),
    },
    "notifier": {
        "smtp_url": (
            "smtp://:25",
            "smtp://",
            "relay:25",
            "http://relay",
            "smtp://u:secret@h:99999",
            "smtp://h:x",
        ),
        "smtp_ca": ("/nowhere/ca.pem", "/etc", "/etc/hostname"),
        "smtp_seconds": SECONDS,
        "mail_lease_seconds": SECONDS,
        "smtp_rate": ("0", "-1", "fast", "inf"),
        "smtp_hello": ("localhost", "a b", "[300.1.1.1]"),
        "bounce_address": ("bounce", "a+b@stp.example.vn", "a b@x.vn"),
        "channels": ("room", '["a"]', '{"room": 5}', '{"room": "secret"}'),
        "bounce_listen": ("2400", "127.0.0.1", ":2400", "127.0.0.1:99999", "127.0.0.1:0"),
        "bounce_imap_url": ("imap.example.vn", "imaps://", "https://u:secret@host", "imaps://host:99999"),
        "mail_dir": ("/dev/null/mail", "/etc/hostname/mail"),
        "mail_from": ("Loa", "loa@localhost", "loa@"),
        "link_key": ("key", "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----"),
        "link_jwks": ("/nowhere/links.json", "/etc/hostname"),
        "link_mails_a_day": NUMBERS,
        "link_mails_an_hour": NUMBERS,
        "unknown_links_a_minute": NUMBERS,
        "registry_api": ADDRESSES,
        "metrics_api": ADDRESSES,
        "metrics_token": ("token",),
        "escalation": (
            "5",
            '[{"after": 0, "to": "superior"}]',
            '[{"after": 5, "to": "nobody"}]',
            '["x"]',
            "{",
        ),
        "justice_unit": ("Bộ Tư pháp", "btp"),
    },
    "local": {
        "registry_port": ("0", "99999", "abc", "8002"),
        "campaigns_port": ("0", "65536", "8001"),
        "metrics_port": ("0", "-5"),
        "notifier_port": ("0", "x"),
        "nats_port": ("0", "8222"),
        "nats_monitor_port": ("0", "4222"),
        "postgres_port": ("0", "5432.1"),
        "nats_url": ("localhost:4222", "http://host:4222"),
        "nats_replicas": ("2", "0", "three"),
        "database_url": ("postgresql:///postgres", "postgres//x"),
    },
}
FREE_TEXT = {  # any text is taken: another system decides what it means
    "oidc_role_claim",
    "oidc_unit_claim",
    "oidc_client_id",
    "oidc_client_secret",
    "data_dir",  # tried when it is made (test_up_environment)
}
CLASSES: dict[str, type[BaseSettings]] = {
    "local": LocalSettings,
    **{name: import_module(f"services.{name}.settings").Settings for name in SERVICES},
}
CASES = [
    (name, setting, value)
    for name in CLASSES
    for setting, values in {**({} if name == "local" else WRONG["every"]), **WRONG[name]}.items()
    for value in filter(None, values)
    # the inherited settings are read by one class; one wrong value of each shows that the others inherit them
    if name in ("local", "notifier") or setting in WRONG[name] or value == WRONG["every"][setting][0]
]
NEVER = ("secret", "BEGIN PRIVATE", "alone", "SUABC")


def test_with_a_relay_no_folder_takes_mails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers have a root that is only read: the notifier ended again and again for a folder that it did not need."""
    monkeypatch.setenv("LOA_DATABASE_URL", "postgresql://loa@127.0.0.1/loa")
    monkeypatch.setenv("LOA_MAIL_DIR", "/etc/hostname/mail")
    with pytest.raises(ValidationError, match="mail_dir"):
        CLASSES["notifier"]()
    monkeypatch.setenv("LOA_SMTP_URL", "smtp://relay.example.vn:25")
    CLASSES["notifier"]()


@pytest.mark.parametrize(("name", "setting", "value"), CASES)
def test_a_wrong_value_is_named_with_what_is_right(
    name: str, setting: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`LOA_OIDC_ROLES=clerk` was a traceback, `LOA_SMTP_URL=smtp://:25` was taken and no mail left."""
    monkeypatch.setenv("LOA_DATABASE_URL", "postgresql://loa@127.0.0.1/loa")
    variable = f"LOA_{setting.upper()}"
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValidationError) as error:
        CLASSES[name]()
    _, *lines = described(error.value).splitlines()
    (line,) = (line for line in lines if variable in line)
    assert re.search("[à-ỹđ]", line, re.IGNORECASE), line
    assert re.search(r" / .*[a-z]{2}", line), line
    assert "Input should" not in line
    if is_secret(variable):
        assert not any(word in line for word in NEVER), line
    else:
        assert re.search(rf"{variable}( \([\w.]+\))?=|LOA_\w+, {variable}|{variable}(,| và) LOA_", line), line


def test_every_setting_has_a_wrong_value_or_takes_any_text() -> None:
    for name, settings in CLASSES.items():
        tried = WRONG[name].keys() | ({} if name == "local" else WRONG["every"]).keys()
        assert settings.model_fields.keys() - tried == settings.model_fields.keys() & FREE_TEXT, name


def test_what_the_settings_keep_secret_is_never_shown() -> None:
    kept = {
        f"LOA_{field.upper()}"
        for settings in CLASSES.values()
        for field, info in settings.model_fields.items()
        if _is_kept(info.annotation)
    }
    assert kept | {"LOA_TOKEN"} == SECRET_NAMES  # the token is read by the command line alone


def _is_kept(annotation: object) -> bool:
    return annotation is SecretStr or any(
        _is_kept(part) for part in get_args(annotation) if part is not NoneType
    )


def test_passwords_in_an_address_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOA_NATS_URL", "nats://loa:hidden@host:99999")
    with pytest.raises(ValidationError) as error:
        LocalSettings()
    assert "LOA_NATS_URL=nats://…@host:99999: " in described(error.value)


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        (
            "LOA_PUBLIC_READ",
            "maybe",
            "LOA_PUBLIC_READ=maybe: phải là true hoặc false / must be true or false",
        ),
        pytest.param("LOA_SMTP_URL", "smtp://:25", "LOA_SMTP_URL: phải có dạng", marks=pytest.mark.slow),
        pytest.param("LOA_OIDC_ROLES", '{"x": "king"}', "LOA_OIDC_ROLES: king", marks=pytest.mark.slow),
    ],
)
def test_a_service_started_directly_ends_at_once(name: str, value: str, line: str) -> None:
    environment = {
        "LOA_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        name: value,
        "PATH": "/usr/bin",
    }
    done = subprocess.run(
        [sys.executable, "-m", "services.notifier"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, line in done.stderr) == (CANNOT_BE_USED, True), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        pytest.param(
            "LOA_PUBLIC_READ",
            "maybe",
            "LOA_PUBLIC_READ=maybe: phải là true hoặc false",
            marks=pytest.mark.slow,
        ),
        ("LOA_PUBLIC_URL", "localhost:80", "LOA_PUBLIC_URL (có phải LOA_URL_REGISTRY"),
        pytest.param(
            "LOA_SMTP_URL",
            "smtp://:25",
            "LOA_SMTP_URL: phải có dạng smtp+starttls://",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "LOA_METRICS_PORT", "8001x", "LOA_METRICS_PORT=8001x: phải là số nguyên", marks=pytest.mark.slow
        ),
        ("LOA_REPORT_TEMPLATE", "/nowhere/r.docx", "không đọc được tệp /nowhere/r.docx"),
        pytest.param("LOA_DATABASE_URL", "postgresql:///loa", "thiếu máy chủ", marks=pytest.mark.slow),
        pytest.param("LOA_SMTP_SECONDS", "20s", "LOA_SMTP_SECONDS=20s: phải là số", marks=pytest.mark.slow),
    ],
)
def test_loa_up_ends_before_it_starts_anything(name: str, value: str, line: str, tmp_path: Path) -> None:
    """It said "starting" for a minute while its services ended again and again."""
    home = Home(tmp_path)
    done = home.loa("up", "--data-dir", home.data, **{name: value})
    assert (done.returncode, line in done.stderr) == (1, True), done.stderr
    assert "Traceback" not in done.stderr
    assert not home.data.exists()
