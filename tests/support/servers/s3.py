"""A real S3 server (SeaweedFS, from its wheel) with a bucket, for tests of files."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.platform.service import eventually
from tests.support.servers.plain import NO_AUTHORITIES
from tests.support.servers.ports import free_port

WEED = Path(sys.executable).parent / "weed"
KEY_ID, SECRET, BUCKET = "loa-test", "loa-test-secret", "minh-chung"
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class S3Server:
    url: str
    key_id: str
    secret: str


@asynccontextmanager
async def s3_server(folder: Path) -> AsyncIterator[S3Server]:
    """Run a server in a folder; it ends with its processes."""
    ports = {name: free_port() for name in ("master", "volume", "filer", "s3")}
    internal = {name: free_port() for name in ports}
    identity = {
        "name": "loa",
        "credentials": [{"accessKey": KEY_ID, "secretKey": SECRET}],
        "actions": ["Admin", "Read", "Write", "List"],
    }
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [identity]}))
    options = {
        "dir": folder, "ip": "127.0.0.1", "s3.config": config, "volume.max": 60, "master.telemetry": "false",
        "s3.port.iceberg": 0, "s3.port.lance": 0, "master.volumeSizeLimitMB": 64,
        **{f"{name}.port": port for name, port in ports.items()},
        **{f"{name}.port.grpc": port for name, port in internal.items()},
    }  # fmt: skip
    master, filer = (f"127.0.0.1:{ports[name]}.{internal[name]}" for name in ("master", "filer"))
    arguments = [f"-{name}={value}" for name, value in options.items()]
    log = (folder / "log").open("wb")
    process = await asyncio.create_subprocess_exec(
        str(WEED),
        f"-logdir={folder}",
        "server",
        "-s3",
        "-filer",
        *arguments,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        await eventually(lambda: _made(folder, master, filer), PATIENCE)
        await eventually(lambda: _answers(ports["s3"]), PATIENCE)
        yield S3Server(f"http://127.0.0.1:{ports['s3']}/{BUCKET}", KEY_ID, SECRET)
    finally:
        with suppress(ProcessLookupError):
            process.kill()  # asked to end it takes half a minute; its files are thrown away
        await process.wait()
        log.close()
        _remove_sockets({*ports.values(), *internal.values()})


def _remove_sockets(ports: set[int]) -> None:
    """Remove the sockets that the server makes outside of its folder."""
    for port in ports:
        for socket in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
            socket.unlink(missing_ok=True)


async def _answers(port: int) -> bool:
    try:
        async with httpx.AsyncClient(verify=NO_AUTHORITIES) as client:
            return (await client.get(f"http://127.0.0.1:{port}/{BUCKET}")).status_code < 500
    except httpx.TransportError:
        return False


async def _made(folder: Path, master: str, filer: str) -> bool:
    """Make the bucket; False while the server does not answer."""
    shell = await asyncio.create_subprocess_exec(
        str(WEED), f"-logdir={folder}", "shell", f"-master={master}", f"-filer={filer}",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(10):
            out, _ = await shell.communicate(
                f"s3.bucket.create -name {BUCKET}\ns3.bucket.list\nexit\n".encode()
            )
    except TimeoutError:
        shell.kill()
        await shell.wait()
        return False
    return BUCKET.encode() in out.rpartition(b"s3.bucket.list")[2] and b"error" not in out.lower()
