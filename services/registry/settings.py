"""Settings of the registry."""

from typing import ClassVar

from pydantic import Field

from shared.kernel.setting_values import KeySet, ServicePort, WebAddress
from shared.kernel.settings import ServiceSettings


class Settings(ServiceSettings):
    """`link_jwks` is the file of the public keys of answer links: what a mail's reader asks for comes with one."""

    service: ClassVar[str] = "registry"

    port: ServicePort = 8001
    link_jwks: KeySet | None = None
    metrics_api: WebAddress = Field(
        default="", description="address of metrics for this service itself, where it is not url_metrics"
    )
    campaigns_api: WebAddress = Field(
        default="", description="address of campaigns for this service itself, where it is not url_campaigns"
    )
    notifier_api: WebAddress = Field(
        default="",
        description="address of the notifier for this service itself, where it is not url_notifier",
    )
