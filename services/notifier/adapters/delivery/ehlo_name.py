"""The name that EHLO gives: what is set, else one that exists, else the address of this machine."""

import asyncio
import socket
from contextlib import suppress

from shared.kernel.host_name import is_public, literal


async def ehlo_name(setting: str | None, sender_domain: str, host: str, port: int) -> str:
    """Give the setting, this machine's full name, the sender's domain, or the address from which `host` is reached."""
    if setting:
        return setting
    machine = await asyncio.to_thread(socket.getfqdn)
    names = filter(is_public, (machine.rstrip("."), sender_domain))
    return next(names, None) or await _literal(host, port)


async def _literal(host: str, port: int) -> str:
    """Write the address from which `host` is reached; nothing is sent to learn it."""
    with suppress(OSError):
        answers = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        for family, kind, protocol, _, address in answers:
            with suppress(OSError), socket.socket(family, kind, protocol) as probe:
                probe.connect(address)
                return literal(probe.getsockname()[0])
    return literal("127.0.0.1")  # the server can't be reached: nobody will read it
