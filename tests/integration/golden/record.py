"""Records the golden files anew: `python -m tests.integration.golden.record`; then read `git diff` before you commit."""

import asyncio
import os
import shutil
import sys
import tempfile
from itertools import count
from pathlib import Path

from deploy.local.engines.postgres import PostgresServer
from deploy.local.keys.keyring import keyring
from tests.integration.golden import surfaces
from tests.integration.golden.office import open_office
from tests.support.servers.engines import THROW_AWAY, Databases, fresh_nats
from tests.support.servers.ports import free_port
from tests.support.servers.tokens import issuer

os.environ.setdefault("LOA_CLOCK_TOLERANCE_SECONDS", "1e12")  # the notifier's clock stands on a Monday
FILES = Path(__file__).parent / "recorded"
COMMAND = f"{Path(sys.executable).name} -m tests.integration.golden.record"


async def record(folder: Path) -> dict[str, str]:
    """Run engines and services of their own, and give the text of every golden file by its name."""
    keys, numbers = keyring(folder / "keys"), count(1)
    async with (
        PostgresServer(folder / "postgres", free_port(), settings=THROW_AWAY) as postgres,
        fresh_nats(folder / "nats", keys) as server,
    ):
        databases = Databases(postgres)

        async def new_database(service: str | None = None) -> str:
            return await databases.make(f"golden_{next(numbers)}", service)

        async with open_office(server, keys, issuer(folder), new_database, folder) as office:
            return await surfaces.record(office)


def write(recorded: dict[str, str]) -> None:
    shutil.rmtree(FILES, ignore_errors=True)
    for name, text in recorded.items():
        file = FILES / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def read() -> dict[str, str]:
    """Give the text of every golden file by its name."""
    files = sorted(file for file in FILES.rglob("*") if file.is_file())
    return {file.relative_to(FILES).as_posix(): file.read_text(encoding="utf-8") for file in files}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="loa-golden-") as folder:
        Path(folder).chmod(0o755)
        write(asyncio.run(record(Path(folder))))
    print(f"{FILES}: {len(read())} files")  # noqa: T201  a command prints


if __name__ == "__main__":
    main()
