"""Settings of a service: read once at the start from `LOA_…` variables and secret files, then passed down."""

import sys
from pathlib import Path
from typing import ClassVar, Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.kernel import database_url, setting_names
from shared.kernel.setting_names import SECRETS

S = TypeVar("S", bound=BaseSettings)


class RuleSettings(BaseSettings):
    """The operator's own files of rules: one setting for every service and for the command line.

    A `.csv` corrects the calendar, a `.json` the procedures; the last one wins. `calendar_overrides` is the
    older name, whose files come first.
    """

    model_config = SettingsConfigDict(env_prefix="LOA_", env_ignore_empty=True, extra="ignore", frozen=True)

    calendar_overrides: tuple[Path, ...] = Field(
        default=(), description="the operator's own calendar files (day,kind,what,source), the last one wins"
    )
    rules_overrides: tuple[Path, ...] = Field(
        default=(), description="the operator's own rules: calendars (.csv) and procedures (.json)"
    )

    @property
    def rule_files(self) -> tuple[Path, ...]:
        return (*self.calendar_overrides, *self.rules_overrides)


class ServiceSettings(RuleSettings):
    """What every service needs; each service adds its own.

    A variable may also stand as a file of the same name (`loa_database_url`, …) below /run/secrets.
    """

    model_config = SettingsConfigDict(
        env_prefix="LOA_",
        env_ignore_empty=True,  # `${LOA_SMTP_HELLO:-}` of a compose file is not set
        extra="ignore",
        frozen=True,
        secrets_dir=SECRETS if SECRETS.is_dir() else None,
    )

    service: ClassVar[str]

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    nats_url: str = Field(default="nats://127.0.0.1:4222", description="of a cluster all nodes, with commas")
    nats_seed: SecretStr | None = None
    nats_monitor_url: str = Field(
        default="",
        description="monitoring endpoint of the broker (http://…:8222), of a cluster all nodes with commas",
    )
    database_url: SecretStr
    jwks: str = Field(default="", description="path of a JWKS file, or address of an issuer's JWKS")
    public_read: bool = False
    log_format: Literal["json", "console"] = "json"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    migrate_on_start: bool = True
    clock_tolerance_seconds: float = Field(
        default=120, gt=0, description="difference to PostgreSQL's clock from which on no mail is planned"
    )

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

    @field_validator("database_url")
    @classmethod
    def _is_usable(cls, url: SecretStr) -> SecretStr:
        database_url.parse(url.get_secret_value())
        return url


def from_environment(settings: type[S]) -> S:
    """Read the settings; a name or a value that cannot be used ends the process with a sentence."""
    setting_names.refuse_unknown()
    try:
        return settings()
    except ValidationError as error:
        sys.exit(described(error))


def described(error: ValueError) -> str:
    """Name each setting that cannot be used, with the reason and without its value: it may be a secret."""
    if not isinstance(error, ValidationError):
        return str(error)
    lines = (
        f"LOA_{'_'.join(str(part) for part in fault['loc']).upper()}: {fault['msg'].removeprefix('Value error, ')}"
        for fault in error.errors(include_input=False, include_url=False)
    )
    return "\n".join(("Thiết lập không dùng được / settings that cannot be used:", *lines))
