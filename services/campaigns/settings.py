"""Settings of campaigns."""

from typing import ClassVar

from pydantic import Field, SecretStr

from shared.kernel.settings import ServiceSettings


class Settings(ServiceSettings):
    """`url_notifier` is where recipients ask for new links, `internal_url_notifier` where campaigns asks what a link is."""

    service: ClassVar[str] = "campaigns"

    port: int = 8002
    internal_url_notifier: str = Field(
        default="", description="address of the notifier for other services; without it that for people"
    )
    service_token: SecretStr | None = Field(
        default=None, description="by which the notifier knows campaigns; `loa keys` makes it"
    )

    evidence_url: str = Field(
        default="",
        description="where files of evidence are kept: a file, s3 or https address (deploy/README.md); "
        "without it no file is kept",
    )
    evidence_key_id: str = Field(default="", description="of the S3 server")
    evidence_secret: SecretStr | None = Field(default=None, description="of the S3 server")
    evidence_unit_mib: int = Field(
        default=5120, ge=1, description="how much the files of one unit may take, in MiB"
    )

    @property
    def links_from(self) -> str:
        return self.internal_url_notifier or self.url_notifier
