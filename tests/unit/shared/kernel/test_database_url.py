"""Parameters of libpq in the address of a database are mapped to asyncpg's, or refused by name."""

import pytest
from pydantic import SecretStr, ValidationError

from services.registry.settings import Settings
from shared.kernel.database_url import DatabaseUrl, UnusableDatabaseUrl, parse
from shared.kernel.settings import described

BASE = "postgresql://loa:secret@db.example.vn:5433/loa_registry"


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
def test_an_address_without_parameters_stays_as_it_is(scheme: str) -> None:
    assert parse(BASE.replace("postgresql", scheme)) == DatabaseUrl(BASE, 10.0, {})


@pytest.mark.parametrize(
    "query",
    [
        "sslmode=require",
        "sslmode=verify-full&sslrootcert=/etc/ssl/ca.pem",
        "sslmode=verify-ca&sslcert=/a.pem&sslkey=/a.key&sslcrl=/crl.pem",
        "target_session_attrs=read-write",
        "passfile=/home/loa/.pgpass",
    ],
)
def test_what_the_driver_takes_is_kept(query: str) -> None:
    assert parse(f"{BASE}?{query}") == DatabaseUrl(f"{BASE}?{query}", 10.0, {})


def test_several_hosts_are_kept() -> None:
    url = "postgresql://loa:secret@a:5432,b:5432/loa?target_session_attrs=primary"
    assert parse(url).address == url


@pytest.mark.parametrize(
    ("query", "timeout", "settings"),
    [
        ("connect_timeout=3", 3.0, {}),
        ("connect_timeout=0", 10.0, {}),
        ("application_name=loa-1", 10.0, {"application_name": "loa-1"}),
        ("fallback_application_name=loa", 10.0, {"application_name": "loa"}),
        ("application_name=a&fallback_application_name=b", 10.0, {"application_name": "a"}),
        ("options=-c%20search_path%3Dloa", 10.0, {"search_path": "loa"}),
        ("options=-csearch_path%3Dloa%20--work-mem%3D8MB", 10.0, {"search_path": "loa", "work_mem": "8MB"}),
        ("options=-c%20statement_timeout%3D5min&sslmode=disable", 10.0, {"statement_timeout": "5min"}),
        ("gssencmode=disable&channel_binding=prefer&client_encoding=UTF8", 10.0, {}),
    ],
)
def test_what_the_driver_takes_elsewhere_is_mapped(
    query: str, timeout: float, settings: dict[str, str]
) -> None:
    parsed = parse(f"{BASE}?{query}")
    assert (parsed.timeout, parsed.server_settings) == (timeout, settings)
    assert parsed.address == (f"{BASE}?sslmode=disable" if "sslmode" in query else BASE)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("sslmode=required", "sslmode=required"),
        ("sslmod=require", "sslmod=require"),
        ("target_session_attrs=master", "target_session_attrs=master"),
        ("channel_binding=require", "channel_binding=require"),
        ("gssencmode=require", "gssencmode=require"),
        ("client_encoding=LATIN1", "client_encoding=LATIN1"),
        ("keepalives_idle=30", "keepalives_idle=30"),
        ("connect_timeout=soon", "connect_timeout=soon"),
        ("options=-B%20100", "options=-B 100"),
        ("pool_size=5", "pool_size=5"),
    ],
)
def test_another_parameter_is_refused_by_name_without_the_password(query: str, named: str) -> None:
    with pytest.raises(UnusableDatabaseUrl) as refused:
        parse(f"{BASE}?{query}")
    assert named in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["", "mysql://a/b", "host=db dbname=loa", "db.example.vn/loa"])
def test_another_form_is_refused(url: str) -> None:
    with pytest.raises(UnusableDatabaseUrl, match="postgresql://"):
        parse(url)


def test_the_sentence_of_a_service_names_the_setting_and_no_secret() -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(database_url=SecretStr(f"{BASE}?sslmod=require"))
    sentence = described(refused.value)
    assert "LOA_DATABASE_URL: Tham số sslmod=require" in sentence
    assert "secret" not in sentence
