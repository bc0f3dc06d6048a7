"""Settings of the local platform: data folder, ports and engines."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.local.engines.ports import LOOPBACK
from deploy.nats.permissions import SERVICES
from shared.kernel import database_url
from shared.kernel.setting_names import SECRETS

Port = Annotated[int, Field(ge=1, le=65_535)]
_BROKER = re.compile(r"(?:nats|tls|ws|wss)://\S+")


class LocalSettings(BaseSettings):
    """`LOA_NATS_URL` and `LOA_DATABASE_URL` (as administrator) replace the embedded engines.

    In a container a setting may also be a file below /run/secrets, as for the services.
    """

    model_config = SettingsConfigDict(
        env_prefix="LOA_",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        secrets_dir=SECRETS if SECRETS.is_dir() else None,
    )

    data_dir: Path = Path(".loa")
    registry_port: Port = 8001
    campaigns_port: Port = 8002
    metrics_port: Port = 8003
    notifier_port: Port = 8004
    nats_port: Port = 4222
    nats_monitor_port: Port = 8222
    postgres_port: Port = 54320
    nats_url: str | None = None
    nats_replicas: int = 1
    database_url: SecretStr | None = None

    @field_validator("nats_url")
    @classmethod
    def _is_broker(cls, url: str | None) -> str | None:
        if url is not None and not all(_BROKER.fullmatch(part.strip()) for part in url.split(",")):
            raise ValueError(
                "Địa chỉ NATS phải có dạng nats://máy-chủ:4222 hoặc tls://máy-chủ:4222 / "
                "The address of NATS has the form nats://host:4222 or tls://host:4222"
            )
        return url

    @field_validator("database_url")
    @classmethod
    def _is_usable(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            database_url.parse(url.get_secret_value())
        return url

    def port(self, service: str) -> int:
        port: int = getattr(self, f"{service}_port")
        return port

    def url(self, service: str) -> str:
        return f"http://{LOOPBACK}:{self.port(service)}"

    def service_ports(self) -> Mapping[int, str]:
        """Map the port of each service to the setting that changes it."""
        return {self.port(service): f"LOA_{service.upper()}_PORT" for service in SERVICES}
