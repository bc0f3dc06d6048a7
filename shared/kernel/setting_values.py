"""Types of the values of settings: each refuses what cannot work at the start, in both languages, with what is right."""

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, unquote, urlsplit

import nkeys  # type: ignore[import-untyped]  # it has no types
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from shared.kernel.host_name import is_host_name

DAY_SECONDS = 86_400
SHOWN = 80  # characters of a value
MOST = 1_000_000  # of anything that is counted
_LABELS = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_-]{1,63})*\.?")


class UnusableValue(ValueError):
    """What is right; the caller names the setting and its value."""

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(f"{vi} / {en}")


def _json(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise UnusableValue("không phải là JSON hợp lệ", "is no valid JSON") from error


Json = BeforeValidator(_json)  # with `NoDecode`: the library would end in a traceback


def _names(value: object) -> object:
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


Commas = BeforeValidator(_names)
Seconds = Annotated[float, Field(gt=0, le=DAY_SECONDS, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=MOST)]
ServicePort = Annotated[int, Field(ge=0, le=65_535)]  # 0: any that is free
Port = Annotated[int, Field(ge=1, le=65_535)]


def address(text: str, schemes: Iterable[str], example: str) -> SplitResult:
    """Split an address with a scheme, a host and perhaps a port (1 to 65535); raises `UnusableValue`."""
    try:
        parts = urlsplit(text)
        is_usable = parts.scheme in schemes and is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or re.search(r"\s", text):
        raise UnusableValue(f"phải có dạng {example}", f"has the form {example}")
    return parts


def is_host(name: str) -> bool:
    """Say whether a name may be that of a machine: an IP address, or labels with dots."""
    try:
        return bool(ip_address(name.partition("%")[0]))
    except ValueError:
        return bool(_LABELS.fullmatch(name))


def _web(text: str) -> str:
    """Refuse what is no base address: a query or a fragment would stand before the path that is added."""
    example = "http://host:8001, https://host/path"
    if text and (parts := address(text, ("http", "https"), example)) and (parts.query or parts.fragment):
        raise UnusableValue(f"phải có dạng {example}", f"has the form {example}")
    return text


def each(check: Callable[[str], str]) -> Callable[[str], str]:
    """Check every part of a text with commas."""

    def checked(text: str) -> str:
        for part in text.split(","):
            check(part.strip())
        return text

    return checked


def _broker(text: str) -> str:
    address(text, ("nats", "tls", "ws", "wss"), "nats://máy-chủ:4222, nats://host:4222, tls://host:4222")
    return text


def _host(text: str) -> str:
    if not is_host(text):
        raise UnusableValue(
            "phải là địa chỉ IP hoặc tên máy, ví dụ 127.0.0.1", "is an IP address or a name, as in 127.0.0.1"
        )
    return text


def _allowed(names: tuple[str, ...]) -> tuple[str, ...]:
    if wrong := next((name for name in names if name != "*" and not is_host(name.strip("[].") or "")), None):
        raise UnusableValue(
            f"{wrong!r} không phải là tên máy; ghi loa.example.vn, .example.vn hoặc *, không có http:// và cổng",
            f"{wrong!r} is no host: write loa.example.vn, .example.vn or *, without http:// and port",
        )
    return names


def _networks(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        try:
            ip_network(name, strict=False)
        except ValueError as error:
            raise UnusableValue(
                f"{name!r} không phải là địa chỉ IP hoặc mạng, ví dụ 10.0.0.0/8",
                f"{name!r} is no IP address or network, as in 10.0.0.0/8",
            ) from error
    return names


WebAddress = Annotated[str, AfterValidator(_web)]
WebAddresses = Annotated[str, AfterValidator(each(_web))]
BrokerAddresses = Annotated[str, AfterValidator(each(_broker))]
Host = Annotated[str, AfterValidator(_host)]
AllowedNames = Annotated[tuple[str, ...], NoDecode, Commas, AfterValidator(_allowed)]
Networks = Annotated[tuple[str, ...], NoDecode, Commas, AfterValidator(_networks)]


def _seed(seed: SecretStr) -> SecretStr:
    try:
        nkeys.from_seed(seed.get_secret_value().strip().encode()).wipe()
    except Exception as error:  # noqa: BLE001  the library raises what it likes, and its text may hold the seed
        raise UnusableValue(
            "không phải là khóa (seed) NKEY bắt đầu bằng SU", "is no seed of an NKEY, which begins with SU"
        ) from error.with_traceback(None)
    return seed


Seed = Annotated[SecretStr, AfterValidator(_seed)]


def read_text(path: Path) -> str:
    """Read a file that a setting names; raises `UnusableValue` with the reason."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnusableValue(
            f"không đọc được tệp {path} ({reason})", f"the file {path} cannot be read ({reason})"
        ) from error
    except ValueError as error:
        raise UnusableValue(f"tệp {path} không phải UTF-8", f"the file {path} is not UTF-8") from error


def _readable(path: Path) -> Path:
    try:
        path.open("rb").close()
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnusableValue(
            f"không đọc được tệp {path} ({reason})", f"the file {path} cannot be read ({reason})"
        ) from error
    return path


def key_set(path: Path) -> Path:
    """Refuse a file that is no JWKS (RFC 7517)."""
    text = read_text(path)
    try:
        is_set = isinstance(json.loads(text)["keys"], list)
    except (ValueError, TypeError, KeyError):
        is_set = False
    if not is_set:
        raise UnusableValue(
            f"tệp {path} không phải là bộ khóa JWKS", f"the file {path} is no set of keys (JWKS)"
        )
    return path


def _key_sets(text: str) -> str:
    for place in filter(None, map(str.strip, text.split(","))):
        if "://" in place:
            address(place, ("http", "https"), "https://host/path")
        else:
            key_set(Path(place))
    return text


def folder_to_write(path: Path) -> Path:
    """Refuse a folder that is none, or can be neither written nor made."""
    nearest = path.absolute()
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not (nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)):
        raise UnusableValue(
            f"không tạo hoặc không ghi được thư mục {path} (xem {nearest})",
            f"the folder {path} cannot be made or written to (see {nearest})",
        )
    return path


def file_address(parts: SplitResult) -> Path:
    """Give the folder of a `file:///…` address."""
    return Path(unquote(parts.path))


ReadableFile = Annotated[Path, AfterValidator(_readable)]
KeySet = Annotated[Path, AfterValidator(key_set)]
KeySets = Annotated[str, AfterValidator(_key_sets)]
Files = Annotated[tuple[ReadableFile, ...], NoDecode, Json]
Texts = Annotated[Mapping[str, str], NoDecode, Json]
_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)


def _token(token: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(token.get_secret_value().strip()):
        raise UnusableValue(
            "không phải là mã truy cập (JWT: ba phần cách nhau bằng dấu chấm)",
            "is no token (a JWT: three parts with dots between)",
        )
    return token


Token = Annotated[SecretStr, AfterValidator(_token)]


def mail_name(name: str) -> str:
    """Refuse what is no name for EHLO (RFC 5321, 4.1.1.1)."""
    if not is_host_name(name):
        raise UnusableValue(
            "phải là tên miền đầy đủ như loa.stp.example.vn, hoặc địa chỉ như [192.0.2.1]",
            "a full domain name such as loa.stp.example.vn, or an address such as [192.0.2.1]",
        )
    return name


def document(value: Any) -> str:
    """Write a value for a person: its first characters, without the user and password of an address."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = re.sub(r"//[^/@]*@", "//…@", " ".join(text.split()))
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
