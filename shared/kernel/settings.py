"""Settings of a service: read once at the start from `LOA_…` variables and secret files, then passed down."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

SECRETS = Path("/run/secrets")


class RuleSettings(BaseSettings):
    """The operator's own files of rules: one setting for every service and for the command line.

    A `.csv` corrects the calendar, a `.json` the procedures; the last one wins. `calendar_overrides` is the
    older name, whose files come first.
    """

    model_config = SettingsConfigDict(env_prefix="LOA_", extra="ignore", frozen=True)

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
        """The database's address for SQLAlchemy over asyncpg."""
        url = self.database_url.get_secret_value()
        return url.replace("postgresql://", "postgresql+asyncpg://", 1)
