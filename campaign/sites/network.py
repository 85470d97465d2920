"""Whether nodes reach the manager: an echo on all of its network interfaces."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import psutil

CONNECT_SECONDS = 5.0


def addresses() -> dict[str, str]:
    """Network interface -> IPv4 address of this host."""
    return {
        name: entry.address
        for name, entries in psutil.net_if_addrs().items()
        for entry in entries
        if entry.family == socket.AF_INET
    }


def default_address() -> str | None:
    """Address of the interface by which this host reaches the world; None without one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 80))  # a documentation address: nothing is sent
        except OSError:
            return None
        return str(probe.getsockname()[0])


class Echo:
    """Answers with a token that only nodes of this check know, until it is left."""

    def __init__(self, token: str) -> None:
        self.token = token

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                self.request.sendall(token.encode())

        self._server = socketserver.ThreadingTCPServer(("", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def reachable(manager: Mapping[str, str], port: int, token: str) -> list[str]:
    """Interfaces of the manager, of those given, that answer to the calling process."""
    return [name for name, address in manager.items() if _answers(address, port, token)]


def _answers(address: str, port: int, token: str) -> bool:
    try:
        with socket.create_connection((address, port), CONNECT_SECONDS) as connection:
            connection.settimeout(CONNECT_SECONDS)
            return connection.makefile().read() == token
    except OSError:
        return False
