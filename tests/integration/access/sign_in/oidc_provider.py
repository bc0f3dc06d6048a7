"""npm's `oidc-provider`, a certified OpenID provider, as a process; and a person who signs in there without a browser."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from tests.support.node_packages import LOCKED, node_folder

SECRET = "a secret: with %, & and +"
FORM = re.compile(r'action="([^"]+)" method="post"')
PROMPT = re.compile(r'name="prompt" value="(\w+)"')
PROGRAM = "openid-provider.mjs"


@dataclass(frozen=True, slots=True)
class OpenIdProvider:
    port: int

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def open_provider(port: int, callback: str) -> AsyncIterator[OpenIdProvider]:
    """Run the provider until the block ends; modules are found from the folder of the program."""
    folder = node_folder()
    program = folder / PROGRAM
    if not program.exists():
        program.write_text((LOCKED / PROGRAM).read_text())
    process = await asyncio.create_subprocess_exec(
        "node", str(program), str(port), callback, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "NODE_ENV": "production"},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 60)
        assert line.strip() == b"ready", line
        yield OpenIdProvider(port)
    finally:
        process.terminate()
        await process.wait()


async def sign_in_at(browser: httpx.AsyncClient, address: str, account: str) -> httpx.Response:
    """Fill in the provider's forms until it leads back, and give the answer that does."""
    answer = await browser.get(address)
    for _ in range(12):
        if answer.is_redirect:
            location = str(answer.next_request.url if answer.next_request else "")
            if "/sign-in/oidc/callback" in location:
                return answer
            answer = await browser.get(location)
            continue
        form, prompt = FORM.search(answer.text), PROMPT.search(answer.text)
        assert form, answer.text
        assert prompt, answer.text
        data = {"prompt": prompt[1], "login": account, "password": "x"}
        answer = await browser.post(form[1], data=data)
    raise AssertionError(answer.text)
