"""The address of a PostgreSQL database as libpq takes it, for the driver asyncpg.

asyncpg itself takes TLS (`sslmode`, `sslrootcert`, …), several hosts and `target_session_attrs`; a parameter that it does
not know it would send to the server as a setting. What cannot be mapped is refused with its name.
"""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, quote, urlsplit, urlunsplit

CONNECT_SECONDS = 10.0
SCHEMES = ("postgresql", "postgres", "postgresql+asyncpg")
OF_ASYNCPG = frozenset(
    [
        "host",
        "port",
        "user",
        "password",
        "dbname",
        "database",
        "passfile",
        "service",
        "sslmode",
        "sslcert",
        "sslkey",
        "sslrootcert",
        "sslcrl",
        "sslpassword",
        "sslnegotiation",
        "ssl_min_protocol_version",
        "ssl_max_protocol_version",
        "target_session_attrs",
        "krbsrvname",
        "gsslib",
    ]
)
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
TARGETS = ("any", "primary", "standby", "read-write", "read-only", "prefer-standby")
# Parameters whose value asks for what the driver does anyway.
WITHOUT_EFFECT: Mapping[str, Sequence[str]] = {
    "gssencmode": ("disable", "prefer"),
    "channel_binding": ("disable", "prefer"),
    "client_encoding": ("utf8", "utf-8", "unicode", "auto"),
    "load_balance_hosts": ("disable",),
    "sslcompression": ("0",),
    "sslsni": ("1",),
}
VALUES: Mapping[str, Sequence[str]] = {"sslmode": SSL_MODES, "target_session_attrs": TARGETS}
LAST_PORT = 65_535
_PLACE = re.compile(r"(\[[0-9A-Fa-f:.%\w]+\]|[^:\[\]\s/]+)(?::(\d{1,5}))?")
_OPTION = re.compile(r"^([A-Za-z_][\w.]*)=(.*)$", re.DOTALL)


class UnusableDatabaseUrl(ValueError):
    """An address that cannot be used; the sentence names the part, never the password."""

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(f"{vi} / {en}")


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """`address` is what asyncpg takes; `timeout` (seconds) and `server_settings` are its other arguments."""

    address: str
    timeout: float = CONNECT_SECONDS
    server_settings: Mapping[str, str] = field(default_factory=dict)


def parse(url: str) -> DatabaseUrl:
    """Map the parameters of an address; raise `UnusableDatabaseUrl` for one that cannot be mapped."""
    parts = _split(url)
    kept: dict[str, str] = {}
    settings: dict[str, str] = {}
    timeout = CONNECT_SECONDS
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name in OF_ASYNCPG:
            kept[name] = _value_of(name, value)
        elif name == "connect_timeout":
            timeout = _seconds(value)
        elif name == "options":
            settings |= _options(value)
        elif name == "application_name":
            settings[name] = value
        elif name == "fallback_application_name":
            settings.setdefault("application_name", value)
        elif value.lower() not in WITHOUT_EFFECT.get(name, ()):
            raise _not_supported(name, value)
    if not kept.keys() & {"host", "service"}:
        _has_hosts(parts.netloc)
    query = "&".join(f"{name}={quote(value, safe='/')}" for name, value in kept.items())
    return DatabaseUrl(urlunsplit(("postgresql", parts.netloc, parts.path, query, "")), timeout, settings)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets around what is no address
        parts = urlsplit("")
    if parts.scheme in SCHEMES:
        return parts
    raise UnusableDatabaseUrl(
        "Địa chỉ cơ sở dữ liệu phải có dạng postgresql://người-dùng:mật-khẩu@máy-chủ:cổng/tên",
        "The address of a database has the form postgresql://user:password@host:port/name",
    )


def _has_hosts(netloc: str) -> None:
    """Refuse an address without a host, or with a port that is none: the driver would try this machine's socket."""
    for place in netloc.rpartition("@")[2].split(","):
        if (match := _PLACE.fullmatch(place)) is None or not 0 < int(match[2] or "5432") <= LAST_PORT:
            raise UnusableDatabaseUrl(
                "Địa chỉ cơ sở dữ liệu thiếu máy chủ hoặc cổng không hợp lệ: "
                "postgresql://người-dùng:mật-khẩu@máy-chủ:cổng/tên",
                "The address of the database lacks the host, or its port is none: "
                "postgresql://user:password@host:port/name",
            )


def _value_of(name: str, value: str) -> str:
    allowed = VALUES.get(name, (value,))
    if value not in allowed:
        listed = ", ".join(allowed)
        raise UnusableDatabaseUrl(
            f"{name}={value} trong địa chỉ cơ sở dữ liệu không hợp lệ; các giá trị dùng được: {listed}",
            f"{name}={value} in the address of the database is not valid; use one of: {listed}",
        )
    return value


def _seconds(value: str) -> float:
    """Read libpq's `connect_timeout`: whole seconds, 0 or less for no limit of its own."""
    try:
        seconds = int(value)
    except ValueError as error:
        raise UnusableDatabaseUrl(
            f"connect_timeout={value} trong địa chỉ cơ sở dữ liệu phải là số giây",
            f"connect_timeout={value} in the address of the database has to be a number of seconds",
        ) from error
    return float(seconds) if seconds > 0 else CONNECT_SECONDS


def _options(value: str) -> dict[str, str]:
    """Read server settings in libpq's `options`: `-c name=value` and `--name=value`."""
    words = iter(shlex.split(value))
    result: dict[str, str] = {}
    for word in words:
        if word == "-c":
            text = next(words, "")
        elif word.startswith(("-c", "--")):
            name, equals, rest = word[2:].partition("=")
            text = f"{name.replace('-', '_')}{equals}{rest}"
        else:
            text = ""
        if (setting := _OPTION.match(text)) is None:
            raise _not_supported("options", value)
        result[setting[1]] = setting[2]
    return result


def _not_supported(name: str, value: str) -> UnusableDatabaseUrl:
    taken = ", ".join(sorted({*OF_ASYNCPG, "application_name", "connect_timeout", "options"}))
    return UnusableDatabaseUrl(
        f"Tham số {name}={value} trong địa chỉ cơ sở dữ liệu không được hỗ trợ; đề nghị bỏ tham số đó. "
        f"Các tham số dùng được: {taken}",
        f"The parameter {name}={value} in the address of the database is not supported; remove it. "
        f"These are: {taken}",
    )
