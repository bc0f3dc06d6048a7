"""Settings of the local platform: data folder, ports and engines."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.local.engines.ports import LOOPBACK
from deploy.nats.permissions import SERVICES
from shared.kernel import database_url
from shared.kernel.setting_names import SECRETS
from shared.kernel.setting_values import BrokerAddresses, Port, UnusableValue


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
    nats_url: BrokerAddresses | None = None
    nats_replicas: Literal[1, 3, 5] = 1
    database_url: SecretStr | None = None

    @field_validator("nats_replicas", mode="before")
    @classmethod
    def _as_number(cls, replicas: object) -> object:
        return int(replicas) if isinstance(replicas, str) and replicas.isdecimal() else replicas

    @model_validator(mode="after")
    def _has_a_port_for_each(self) -> Self:
        """Refuse one port for two servers: the second would wait for it in vain."""
        names: dict[int, str] = {}
        for name in (field for field in type(self).model_fields if field.endswith("_port")):
            port = getattr(self, name)
            if (other := names.setdefault(port, name)) != name:
                pair = f"LOA_{other.upper()}, LOA_{name.upper()}={port}"
                raise UnusableValue(
                    f"{pair}: mỗi dịch vụ cần một cổng riêng", f"{pair}: each server needs a port of its own"
                )
        return self

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
