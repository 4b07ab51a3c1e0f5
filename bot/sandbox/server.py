"""HTTP around a sandbox: the Bot API, file downloads, the chat page and its control calls.

Calls of the bot take a short way past the router, because benchmarks send very many of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

import uvicorn
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from .checks import Upload
from .fastlane import Reply, lane
from .faults import Dropped, Gateway
from .page_routes import page_app
from .world import ApiError, Json

if TYPE_CHECKING:
    from .sandbox import Sandbox

_API = re.compile(r"^/bot([^/]+)/([A-Za-z_]+)/?$")
_FILE = re.compile(r"^/file/bot([^/]+)/(.+)$")
_TOKEN = re.compile(r"^\d{1,20}:[A-Za-z0-9_-]{10,80}$")
_GATEWAY_PAGE = "<html>\r\n<head><title>{0} Bad Gateway</title></head>\r\n<body>nginx</body>\r\n</html>\r\n"


class _Quiet(uvicorn.Server):
    """uvicorn inside somebody else's loop: signals belong to the host program."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Server:
    """One uvicorn server for one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._page = page_app(sandbox)
        self._server: _Quiet | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, host: str, port: int) -> int:
        """Binds, serves in a task of the running loop and returns the port."""
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        config = uvicorn.Config(
            self,
            http=lane(self._plain),
            lifespan="off",
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            timeout_graceful_shutdown=2,
            timeout_keep_alive=75,
            backlog=4096,
        )
        self._server = _Quiet(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))
        while not self._server.started:
            if self._task.done():
                await self._task
                raise RuntimeError("the sandbox did not start")
            await asyncio.sleep(0.005)
        return int(listener.getsockname()[1])

    async def stop(self) -> None:
        """Stops serving; open connections get two seconds."""
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await self._task

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application: calls of the bot, downloads, everything else is the page's."""
        if scope["type"] != "http":
            return
        path = scope["path"]
        call = _API.match(path) if path.startswith("/bot") else None
        if call is not None:
            await self._api(call[1], call[2], scope, receive, send)
        elif path.startswith("/file/bot"):
            await self._download(path, send)
        elif path.startswith("/bot"):
            await _send(send, _refusal(ApiError(404, "Not Found")))
        else:
            await self._page(scope, receive, send)

    async def _plain(self, path: str, query: str, kind: str, body: bytes) -> Reply | None:
        call = _API.match(unquote(path))
        if call is None:
            return await self._reply("", "", {})
        try:
            given = _fields(query, kind, body)
        except ApiError as error:
            return _refusal(error)
        return await self._reply(call[1], call[2], given)

    async def _api(self, token: str, method: str, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            given = await _parameters(scope, receive)
        except ApiError as error:
            await _send(send, _refusal(error))
            return
        reply = await self._reply(token, method, given)
        if reply is None:
            await _break(send)
        else:
            await _send(send, reply)

    async def _reply(self, token: str, method: str, given: Json) -> Reply | None:
        if token != self.sandbox.token:
            known = _TOKEN.match(token) is not None
            return _refusal(ApiError(401, "Unauthorized") if known else ApiError(404, "Not Found"))
        try:
            result, lost = await self.sandbox.api_call(method, given)
        except ApiError as error:
            return _refusal(error)
        except Gateway as error:
            return Reply(error.status, _GATEWAY_PAGE.format(error.status).encode(), b"text/html")
        except Dropped:
            return None
        if lost:
            return None
        return Reply(200, _dump({"ok": True, "result": result}))

    async def _download(self, path: str, send: Send) -> None:
        match = _FILE.match(path)
        if match is None or match[1] != self.sandbox.token:
            await _send(send, _refusal(ApiError(401, "Unauthorized")))
            return
        for file in self.sandbox.world.files.values():
            if file.path == match[2]:
                await _send(send, Reply(200, file.content, file.mime.encode()))
                return
        await _send(send, _refusal(ApiError(404, "Not Found")))


def _dump(body: Json) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def _refusal(error: ApiError) -> Reply:
    body: Json = {"ok": False, "error_code": error.code, "description": error.description}
    headers: tuple[tuple[bytes, bytes], ...] = ()
    if error.parameters:
        body["parameters"] = error.parameters
        if "retry_after" in error.parameters:
            headers = ((b"retry-after", str(error.parameters["retry_after"]).encode()),)
    return Reply(error.code, _dump(body), headers=headers)


async def _parameters(scope: Scope, receive: Receive) -> Json:
    query = scope["query_string"].decode()
    kind = ""
    for name, value in scope["headers"]:
        if name == b"content-type":
            kind = value.decode("latin-1").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        return _fields(query, kind, await _body(receive))
    given = _fields(query, "", b"")
    async with Request(scope, receive).form(max_part_size=64 * 1024 * 1024) as form:
        for key, entry in form.multi_items():
            if isinstance(entry, UploadFile):
                mime = entry.content_type or "application/octet-stream"
                given[key] = Upload(entry.filename or "", mime, await entry.read())
            else:
                given[key] = entry
    return given


def _fields(query: str, kind: str, body: bytes) -> Json:
    given: Json = dict(parse_qsl(query, keep_blank_values=True)) if query else {}
    if not body:
        return given
    try:
        if kind == "application/json":
            fields: Any = json.loads(body)
            if not isinstance(fields, dict):
                raise ApiError(400, "Bad Request: can't parse JSON object")
            given.update(fields)
        else:
            given.update(parse_qsl(body.decode(), keep_blank_values=True))
    except ValueError:
        raise ApiError(400, "Bad Request: can't parse JSON object") from None
    return given


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _send(send: Send, reply: Reply) -> None:
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.all_headers()})
    await send({"type": "http.response.body", "body": reply.data})


async def _break(send: Send) -> None:
    """Breaks the connection: uvicorn's `send` belongs to the request that holds the transport."""
    cycle = getattr(send, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is None:
        raise RuntimeError("no transport to break; the sandbox must run directly under uvicorn")
    transport.abort()
    for _ in range(50):
        await asyncio.sleep(0)
        if getattr(cycle, "disconnected", True):
            return
