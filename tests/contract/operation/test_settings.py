"""Every setting that anything reads is listed, and a variable with another name lets nothing start."""

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from deploy.local.settings import LocalSettings
from shared.kernel import setting_names
from shared.kernel.setting_names import SETTING_NAMES, UnknownSettings, check
from shared.kernel.settings import RuleSettings, described
from tests.support.platform.service import SERVICES

ROOT = Path(__file__).parents[3]
CLASSES: list[type[BaseSettings]] = [
    LocalSettings,
    RuleSettings,
    *(import_module(f"services.{name}.settings").Settings for name in SERVICES),
]
NAME = re.compile(r"(?<!\w)LOA_[A-Z][A-Z_]*[A-Z]\b")
NO_SETTINGS = {
    "LOA_EVENTS",
    "LOA_TICKS",
    "LOA_NAMESPACE",
    "LOA_LOG",
    "LOA_FENCE",
    "LOA_ANSWERS",
    "LOA_SESSIONS",
    "LOA_REVOKED",
    *setting_names.RETIRED,
}  # streams, buckets, constants
FILES = [
    path
    for folder in ("deploy", "services", "shared", ".ci", "tests/support", "tests/chaos", "tests/e2e")
    for path in (ROOT / folder).rglob("*")
    if path.is_file() and path.suffix in {"", ".py", ".md", ".yaml", ".yml", ".conf", ".sh", ".Dockerfile"}
]


@pytest.mark.parametrize("settings", CLASSES, ids=lambda settings: settings.__module__)
def test_every_field_of_a_settings_class_is_listed(settings: type[BaseSettings]) -> None:
    assert {f"LOA_{field.upper()}" for field in settings.model_fields} <= SETTING_NAMES


def test_every_name_in_the_repository_is_listed() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in FILES)
    names = set(NAME.findall(text)) - NO_SETTINGS
    assert {name for name in names if name not in SETTING_NAMES} == set()
    assert SETTING_NAMES - names - {f"LOA_{field}" for field in _fields()} == set()


def _fields() -> set[str]:
    return {field.upper() for settings in CLASSES for field in settings.model_fields} | {
        f"URL_{name.upper()}" for name in SERVICES
    }


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("LOA_SMPT_URL", "LOA_SMTP_URL"),
        ("LOA_DATABASE_ULR", "LOA_DATABASE_URL"),
        ("LOA_URL_REGISTER", "LOA_URL_REGISTRY"),
        ("LOA_PUBLIC_READS", "LOA_PUBLIC_READ"),
        ("loa_link_kye", "LOA_LINK_KEY"),
        ("LOA_MAIL_FORM", "LOA_MAIL_FROM"),
        ("LOA_PUBLIC_URL", setting_names.RETIRED["LOA_PUBLIC_URL"]),
    ],
)
def test_a_typing_error_is_refused_with_the_nearest_name(name: str, nearest: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownSettings) as refused:
        check({name: "x"}, tmp_path)
    assert f"{name} (có phải {nearest}?)" in refused.value.message.vi
    assert f"{name} (do you mean {nearest}?)" in refused.value.message.en


def test_a_name_that_resembles_none_is_refused_without_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(UnknownSettings) as refused:
        check({"LOA_XYZZYXYZZY": "1", "LOA_QQQQQQQQ": "2"}, tmp_path)
    assert refused.value.names == ("LOA_QQQQQQQQ", "LOA_XYZZYXYZZY")


@pytest.mark.parametrize("name", ["LOA", "LOAD_URL", "PATH", "XLOA_PORT", "loa_port", "LOA_URL_NOTIFIER"])
def test_other_variables_and_settings_are_taken(name: str, tmp_path: Path) -> None:
    check({name: "x"}, tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOA_NATS_SERVICE_HOST", "10.0.0.1"),
        ("LOA_NATS_SERVICE_PORT", "4222"),
        ("LOA_NATS_SERVICE_PORT_CLIENT", "4222"),
        ("LOA_POSTGRES_RW_PORT", "tcp://10.0.0.1:5432"),
        ("LOA_POSTGRES_RW_PORT_5432_TCP", "tcp://10.0.0.1:5432"),
        ("LOA_POSTGRES_RW_PORT_5432_TCP_ADDR", "10.0.0.1"),
    ],
)
def test_what_kubernetes_adds_for_its_services_is_no_setting(name: str, value: str, tmp_path: Path) -> None:
    check({name: value}, tmp_path)


def test_a_mounted_secret_with_a_typing_error_is_refused(tmp_path: Path) -> None:
    for name in ("loa_database_url", "loa_token", "postgres_password", "..data"):
        (tmp_path / name).write_text("x")
    check({}, tmp_path)
    (tmp_path / "loa_nats_sed").write_text("x")
    with pytest.raises(UnknownSettings, match="LOA_NATS_SEED"):
        check({}, tmp_path)


@pytest.mark.slow  # five processes that import a whole service
@pytest.mark.parametrize("module", [*(f"services.{name}" for name in SERVICES), "deploy.cli.main"])
def test_nothing_starts_with_an_unknown_setting(module: str) -> None:
    environment = {**os.environ, "LOA_DATABASE_ULR": "postgresql://x", "LOA_DATABASE_URL": "postgresql://x"}
    done = subprocess.run(
        [sys.executable, "-m", module, *(["status"] if "cli" in module else [])],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "LOA_DATABASE_ULR (do you mean LOA_DATABASE_URL?)" in done.stderr
    assert "Traceback" not in done.stderr


def test_names_are_listed_once() -> None:
    groups = (
        setting_names.SERVICES,
        setting_names.COMMAND,
        setting_names.CONTAINERS,
        setting_names.TESTS,
    )
    names = " ".join(groups).split()
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", SERVICES)
def test_an_empty_variable_is_not_set(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = import_module(f"services.{name}.settings").Settings
    (links := tmp_path / "links.json").write_text('{"keys": []}')
    given = {"LOA_DATABASE_URL": "postgresql://loa@127.0.0.1/loa", "LOA_LINK_JWKS": str(links)}
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    expected = settings()
    for variable in (f"LOA_{field.upper()}" for field in settings.model_fields):
        if variable not in os.environ:
            monkeypatch.setenv(variable, "")
    assert settings() == expected


@pytest.mark.parametrize(
    ("name", "value", "vietnamese", "english"),
    [
        ("LOA_REGISTRY_PORT", "abc", "số nguyên", "whole number"),
        ("LOA_REGISTRY_PORT", "-1", "từ 1 trở lên", "1 or more"),
        ("LOA_METRICS_PORT", "99999", "không được quá 65535", "65535 or less"),
        ("LOA_NATS_URL", "http://127.0.0.1:4222", "nats://máy-chủ:4222", "nats://host:4222"),
        ("LOA_DATABASE_URL", "postgres//x", "postgresql://người-dùng", "postgresql://user"),
    ],
)
def test_a_value_that_cannot_be_used_is_described_in_both_languages(
    name: str, value: str, vietnamese: str, english: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ports beyond their range ended in a traceback; others had the library's English alone."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as error:
        LocalSettings()
    text = described(error.value)
    assert (name in text, vietnamese in text, english in text) == (True, True, True)
    assert "Input should" not in text


@pytest.mark.parametrize("value", ["", None])
def test_an_empty_port_is_not_set(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOA_REGISTRY_PORT", raising=False)
    if value is not None:
        monkeypatch.setenv("LOA_REGISTRY_PORT", value)
    assert LocalSettings().registry_port == 8001
