"""The web server: uvicorn on a socket that was taken before, inside somebody else's loop."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette


class AddressTaken(Exception):
    """The web server's address cannot be used; LOTSE_LISTEN sets another."""


def listen(host: str, port: int) -> socket.socket:
    """The server's socket, to be taken before anything else starts. AddressTaken when that fails."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise AddressTaken(f"{host}:{port} cannot be used ({error.strerror})") from error


class Server(uvicorn.Server):
    """Serves the pages. Uvicorn without its signal handlers: the bot has its own."""

    def __init__(self, pages: Starlette) -> None:
        super().__init__(uvicorn.Config(pages, log_config=None, access_log=False, lifespan="off"))

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield

    def leave(self) -> None:
        """Answer what is in hand, and end."""
        self.should_exit = True
