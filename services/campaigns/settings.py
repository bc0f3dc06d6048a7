"""Settings of campaigns."""

from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from shared.kernel.setting_values import (
    MOST,
    ServicePort,
    Token,
    UnusableValue,
    WebAddress,
    address,
    file_address,
    folder_to_write,
)
from shared.kernel.settings import ServiceSettings

PLACES = "file:///thu-muc, s3://bucket/prefix, https://host:9000/bucket"


def _place(url: str) -> str:
    """Refuse an address at which no file can be kept."""
    if not url:
        return url
    parts = address(url.replace("file:///", "file://localhost/", 1), ("file", "s3", "http", "https"), PLACES)
    if parts.scheme == "file":
        folder_to_write(file_address(parts))
    elif parts.scheme != "s3" and not parts.path.strip("/"):
        raise UnusableValue(f"còn thiếu bucket: {PLACES}", f"lacks the bucket: {PLACES}")
    return url


class Settings(ServiceSettings):
    """`url_notifier` is where recipients ask for new links, `internal_url_notifier` where campaigns asks what a link is."""

    service: ClassVar[str] = "campaigns"

    port: ServicePort = 8002
    internal_url_notifier: WebAddress = Field(
        default="", description="address of the notifier for other services; without it that for people"
    )
    service_token: Token | None = Field(
        default=None, description="by which the notifier knows campaigns; `loa keys` makes it"
    )

    evidence_url: Annotated[str, AfterValidator(_place)] = Field(
        default="",
        description="where files of evidence are kept: a file, s3 or https address (deploy/README.md); "
        "without it no file is kept",
    )
    evidence_key_id: str = Field(default="", description="of the S3 server")
    evidence_secret: SecretStr | None = Field(default=None, description="of the S3 server")
    evidence_unit_mib: int = Field(
        default=5120, ge=1, le=1024 * MOST, description="how much the files of one unit may take, in MiB"
    )

    @model_validator(mode="after")
    def _has_both_parts_of_the_key(self) -> Self:
        if bool(self.evidence_key_id) != bool(self.evidence_secret):
            raise UnusableValue(
                "LOA_EVIDENCE_KEY_ID và LOA_EVIDENCE_SECRET phải có cả hai hoặc không có cả hai",
                "LOA_EVIDENCE_KEY_ID and LOA_EVIDENCE_SECRET are set both or neither",
            )
        return self

    @property
    def links_from(self) -> str:
        return self.internal_url_notifier or self.url_notifier
