"""Free ports for engines and services of tests, so that test processes beside each other never draw the same."""

import os
import socket
from itertools import cycle, islice

FIRST, LAST = 10_000, 32_000  # below those that the system gives to clients, which come and go unseen

# Every process begins somewhere else and never draws a port twice before it has been all the way round.
_ports = islice(cycle(range(FIRST, LAST)), os.getpid() * 7919 % (LAST - FIRST), None)


def free_port() -> int:
    return next(port for port in _ports if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
