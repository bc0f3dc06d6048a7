"""Files of evidence in a folder or an S3 bucket, by the id of their evidence.

`obstore` is imported where it is used: it holds 4 MiB, which only an installation with a store needs.
"""
# ruff: noqa: PLC0415  as said above

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from services.campaigns.application.evidence import FileMissing
from shared.kernel.errors import TransientError

if TYPE_CHECKING:
    from obstore.store import ObjectStore, S3Config

CHUNK = 1 << 20  # bytes of a file at a time
PRIVATE = 0o700
REGION = "us-east-1"  # what S3 servers other than Amazon's expect


class StoreAway(TransientError):
    """The store does not answer, or refuses; nothing was recorded."""


@dataclass(frozen=True, slots=True)
class ObjectFiles:
    """A store of `obstore`; raises `StoreAway` if it does not do what is asked."""

    store: "ObjectStore"

    async def put(self, number: UUID, content: Path) -> None:
        """Keep a file, whole or not at all."""
        import obstore
        from obstore.exceptions import BaseError

        try:
            await obstore.put_async(self.store, str(number), content, chunk_size=5 << 20)
        except (BaseError, OSError) as error:
            raise StoreAway(f"the store of evidence: {error}") from error

    async def read(self, number: UUID) -> AsyncIterator[bytes]:
        """Give the parts of a file; raises `FileMissing` before the first part if it is not there."""
        import obstore
        from obstore.exceptions import BaseError, NotFoundError

        try:
            stored = await obstore.get_async(self.store, str(number))
        except (NotFoundError, FileNotFoundError) as error:
            raise FileMissing from error
        except (BaseError, OSError) as error:
            raise StoreAway(f"the store of evidence: {error}") from error

        async def parts() -> AsyncIterator[bytes]:
            async for part in stored.stream(min_chunk_size=CHUNK):
                yield bytes(part)

        return parts()

    async def remove(self, number: UUID) -> None:
        """Delete a file; one that is not there any more is deleted already."""
        import obstore
        from obstore.exceptions import BaseError, NotFoundError

        try:
            await obstore.delete_async(self.store, str(number))
        except (NotFoundError, FileNotFoundError):
            return
        except (BaseError, OSError) as error:
            raise StoreAway(f"the store of evidence: {error}") from error


def open_files(url: str, key_id: str = "", secret: str = "") -> ObjectFiles | None:
    """Open the store that an address names; None without one.

    `file:///folder`, `s3://bucket/prefix` (of Amazon), or `http(s)://host:port/bucket` of another S3 server.
    """
    if not url:
        return None
    from obstore.store import LocalStore, S3Store

    parts = urlsplit(url)
    if parts.scheme == "file":
        folder = Path(parts.path)
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        return ObjectFiles(LocalStore(folder))
    bucket, _, prefix = (
        parts.netloc + parts.path if parts.scheme == "s3" else parts.path.lstrip("/")
    ).partition("/")
    config: S3Config = {"region": REGION}
    if parts.scheme != "s3":
        config["endpoint"] = urlunsplit((parts.scheme, parts.netloc, "", "", ""))
    if key_id:
        config |= {"access_key_id": key_id, "secret_access_key": secret}
    return ObjectFiles(
        S3Store(
            bucket,
            prefix=prefix or None,
            config=config,
            client_options={"allow_http": parts.scheme == "http", "timeout": "30s", "connect_timeout": "5s"},
            retry_config={"max_retries": 2},
        )
    )
