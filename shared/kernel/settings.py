"""Settings of a service: read once at the start from `LOA_…` variables and secret files, then passed down."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, NoReturn, Self, TypeVar

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.kernel import database_url, setting_names, setting_values
from shared.kernel.setting_names import SECRETS
from shared.kernel.setting_values import MOST

S = TypeVar("S", bound=BaseSettings)
CANNOT_BE_USED = 78  # exit status, EX_CONFIG of sysexits.h: what starts services does not try again


class RuleSettings(BaseSettings):
    """The operator's own files of rules: one setting for every service and for the command line.

    A `.csv` corrects the calendar, a `.json` the procedures; the last one wins. `calendar_overrides` is the
    older name, whose files come first.
    """

    model_config = SettingsConfigDict(env_prefix="LOA_", env_ignore_empty=True, extra="ignore", frozen=True)

    calendar_overrides: setting_values.Files = Field(
        default=(), description="the operator's own calendar files (day,kind,what,source), the last one wins"
    )
    rules_overrides: setting_values.Files = Field(
        default=(), description="the operator's own rules: calendars (.csv) and procedures (.json)"
    )

    @property
    def rule_files(self) -> tuple[Path, ...]:
        return (*self.calendar_overrides, *self.rules_overrides)


class DatabaseSettings(BaseSettings):
    """What migrations need: a job that has neither keys nor a folder to write runs them.

    A variable may also stand as a file of the same name (`loa_database_url`, …) below /run/secrets.
    """

    model_config = SettingsConfigDict(
        env_prefix="LOA_",
        env_ignore_empty=True,  # `${LOA_SMTP_HELLO:-}` of a compose file is not set
        extra="ignore",
        frozen=True,
        secrets_dir=SECRETS if SECRETS.is_dir() else None,
    )

    database_url: SecretStr
    log_format: Literal["json", "console"] = "json"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("database_url")
    @classmethod
    def _is_usable(cls, url: SecretStr) -> SecretStr:
        database_url.parse(url.get_secret_value())
        return url


class ServiceSettings(RuleSettings, DatabaseSettings):
    """What every service needs; each service adds its own."""

    model_config = DatabaseSettings.model_config
    service: ClassVar[str]

    deadline_documents: setting_values.Texts = Field(
        default_factory=dict,
        description="what sets due days, by unit: the document for itself, units below it and those that it follows",
    )
    host: setting_values.Host = "127.0.0.1"
    port: setting_values.ServicePort = 8000
    nats_url: setting_values.BrokerAddresses = Field(
        default="nats://127.0.0.1:4222", description="of a cluster all nodes, with commas"
    )
    nats_seed: setting_values.Seed | None = None
    nats_monitor_url: setting_values.WebAddresses = Field(
        default="",
        description="monitoring endpoint of the broker (http://…:8222), of a cluster all nodes with commas",
    )
    jwks: setting_values.KeySets = Field(
        default="",
        description="path of a JWKS file, or address of an issuer's JWKS (then with oidc_issuer), or both with a comma",
    )
    oidc_issuer: setting_values.WebAddress = Field(
        default="", description="`iss` of the tokens of an identity provider, exactly"
    )
    oidc_roles: setting_values.Texts | None = Field(
        default=None,
        description="our role by the provider's value of it; by default they have the same names",
    )
    oidc_role_claim: str = Field(default="role", description="claim with the role, or a path with dots")
    oidc_unit_claim: str = Field(default="unit", description="claim with the code of the unit, or a path")
    public_read: bool = False
    url_registry: setting_values.WebAddress = "http://127.0.0.1:8001"
    url_campaigns: setting_values.WebAddress = "http://127.0.0.1:8002"
    url_metrics: setting_values.WebAddress = "http://127.0.0.1:8003"
    url_notifier: setting_values.WebAddress = "http://127.0.0.1:8004"
    allowed_hosts: setting_values.AllowedNames = Field(
        default=(),
        description="hosts besides loopback and those of LOA_URL_… that requests may name, with commas; `*` is any",
    )
    trusted_proxies: setting_values.Networks = Field(
        default=(),
        description="addresses or networks, with commas, whose X-Forwarded-For and X-Forwarded-Proto are believed",
    )
    migrate_on_start: bool = True
    most_connections: int = Field(default=2000, ge=10, le=MOST, description="connections of clients at once")
    most_connections_of_address: int = Field(
        default=512,
        ge=10,
        le=MOST,
        description="connections of one address at once; behind a proxy that of the proxy",
    )
    requests_per_second: float = Field(
        default=200,
        gt=0,
        le=MOST,
        allow_inf_nan=False,
        description="of one token or address, on the average; ten times as many at once",
    )
    queue_seconds: setting_values.Seconds = Field(
        default=0.3, description="that a request waits for its turn before it is refused with 503"
    )
    session_idle_minutes: int = Field(
        default=60, ge=5, le=480, description="after which a session that nobody uses ends; 8 hours end each"
    )
    clock_tolerance_seconds: float = Field(
        default=120,
        gt=0,
        allow_inf_nan=False,
        description="difference to PostgreSQL's clock from which on no mail is planned",
    )

    @property
    def page_addresses(self) -> dict[str, str]:
        """Where people reach the pages of each service."""
        return {
            "registry": self.url_registry,
            "campaigns": self.url_campaigns,
            "metrics": self.url_metrics,
            "notifier": self.url_notifier,
        }

    @property
    def public_addresses(self) -> tuple[str, ...]:
        """The base addresses at which people reach the services."""
        return tuple(self.page_addresses.values())

    @model_validator(mode="after")
    def _names_the_issuer(self) -> Self:
        if "://" in self.jwks and not self.oidc_issuer:
            raise ValueError(
                "LOA_JWKS is an issuer's address: LOA_OIDC_ISSUER has to name the issuer (`iss`)"
            )
        return self

    @property
    def nats_servers(self) -> list[str]:
        return self.nats_url.split(",")

    @property
    def nats_monitors(self) -> tuple[str, ...]:
        return tuple(url for url in self.nats_monitor_url.split(",") if url)

    @property
    def inbox_prefix(self) -> str:
        return f"_INBOX.{self.service}"

    @property
    def async_database_url(self) -> str:
        """The database's address with the name of SQLAlchemy's driver."""
        url = self.database_url.get_secret_value()
        return url.replace("postgresql://", "postgresql+asyncpg://", 1)


def from_environment(settings: type[S]) -> S:
    """Read the settings; a name or a value that cannot be used ends the process with a sentence."""
    setting_names.refuse_unknown()
    try:
        return settings()
    except ValidationError as error:
        refuse(described(error))


def refuse(sentence: str) -> NoReturn:
    """End the process because of a setting: started again it would end again."""
    sys.stderr.write(f"{sentence}\n")
    sys.exit(CANNOT_BE_USED)


def described(error: ValueError) -> str:
    """Name each setting that cannot be used, with its value unless it is a secret, and what is right."""
    if not isinstance(error, ValidationError):
        return str(error)
    lines = (_line(fault) for fault in error.errors(include_url=False))
    return "\n".join(("Thiết lập không dùng được / settings that cannot be used:", *lines))


_BOOLEAN = "phải là true hoặc false / must be true or false"
_WHOLE = "phải là số nguyên / must be a whole number"
_NUMBER = "phải là số / must be a number"
_TEXT = "phải là chữ / must be a text"
_FORM = "không đúng dạng / has another form: {pattern}"
_PROBLEMS = {  # by pydantic's type of an error
    "missing": "còn thiếu / is missing",
    "bool_parsing": _BOOLEAN,
    "bool_type": _BOOLEAN,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "finite_number": _NUMBER,
    "greater_than": "phải lớn hơn {gt} / must be more than {gt}",
    "greater_than_equal": "phải từ {ge} trở lên / must be {ge} or more",
    "less_than": "phải nhỏ hơn {lt} / must be less than {lt}",
    "less_than_equal": "không được quá {le} / must be {le} or less",
    "string_too_short": "còn trống hoặc quá ngắn / is empty or too short",
    "string_type": _TEXT,
    "string_pattern_mismatch": _FORM,
    "literal_error": "chỉ nhận / must be one of: {expected}",
    "enum": "chỉ nhận / must be one of: {expected}",
    "tuple_type": 'phải là danh sách JSON / must be a JSON list: ["…"]',
    "dict_type": 'phải là đối tượng JSON / must be a JSON object: {{"…": "…"}}',
    "mapping_type": 'phải là đối tượng JSON / must be a JSON object: {{"…": "…"}}',
    "model_type": 'phải là đối tượng JSON / must be a JSON object: {{"…": "…"}}',
    "model_attributes_type": 'phải là đối tượng JSON / must be a JSON object: {{"…": "…"}}',
    "extra_forbidden": "không có mục này / there is no such entry",
}


def _line(fault: Mapping[str, Any]) -> str:
    value = None if fault["type"] == "missing" else fault["input"]
    return f"{_name(fault['loc'], value)}{_problem(fault)}"


def _problem(fault: Mapping[str, Any]) -> str:
    """Say in both languages what is wrong; a check of ours does that itself."""
    own = _PROBLEMS.get(fault["type"])
    if own is not None:
        return own.format_map(fault.get("ctx") or {})
    text = str(fault["msg"]).removeprefix("Value error, ")
    return text if fault["type"] == "value_error" else f"giá trị không hợp lệ / is not valid: {text}"


def _name(place: Sequence[int | str], value: object) -> str:
    """Name the setting at fault, the place in it, and its value; a fault of several settings names them itself."""
    if not place:
        return ""
    name = f"{setting_names.PREFIX}{place[0]}".upper()
    inside = f" ({'.'.join(map(str, place[1:]))})" if place[1:] else ""
    is_shown = value is not None and not setting_names.is_secret(name)
    shown = f"={setting_values.document(value)}" if is_shown else ""
    return f"{name}{inside}{shown}: "
