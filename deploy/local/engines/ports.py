"""Finds free ports, and refuses ports that are in use."""

import socket
from collections.abc import Mapping

from shared.kernel.errors import LoaError, Text

LOOPBACK = "127.0.0.1"


class PortTaken(LoaError):
    """Another process listens on the port of an engine."""

    def __init__(self, port: int, setting: str) -> None:
        self.port = port
        self.setting = setting
        self.message = Text(
            f"Cổng {port} đang được một chương trình khác sử dụng. "
            f"Hãy đóng chương trình đó, hoặc chọn cổng khác bằng thiết lập {setting}.",
            f"Port {port} is in use by another program. Stop that program, or choose another port "
            f"with the setting {setting}.",
        )
        super().__init__(self.message.en)


def refuse_taken(ports: Mapping[int, str]) -> None:
    """Raise `PortTaken` for the first port in use; the values are the settings of the ports."""
    for port, setting in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError as error:
                raise PortTaken(port, setting) from error


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
