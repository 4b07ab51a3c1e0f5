"""A broadcast's message on its way, against a server that answers byte by byte as it is told."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from telegram.error import TelegramError

from bot.domain.outcomes import Outcome, Status
from bot.sandbox import Sandbox
from bot.telegram.bulk import BulkLane
from bot.telegram.transport import TelegramApi, Timeouts, classify, judge, lost
from bot.telegram.wire import Connection, Target, parse

TOKEN = "123:SECRETTOKEN"
BODY = b'{"text":"<b>hello</b> \xc3\xa4","parse_mode":"HTML"}'
Script = Callable[[asyncio.StreamWriter], Awaitable[None]]


def http(status: int, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", "Server: nginx", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def sent(number: int = 7) -> bytes:
    return b'{"ok":true,"result":{"message_id":%d,"chat":{"id":1,"message_id":99},"text":"hi"}}' % number


def refused(status: int, description: str, **parameters: Any) -> bytes:
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    return json.dumps(body | ({"parameters": parameters} if parameters else {})).encode()


class Wire:
    """Keeps each request and plays the script for it."""

    def __init__(self) -> None:
        self.script: Script = self.saying(http(200, sent()))
        self.requests: list[bytes] = []
        self.connections = 0
        self.open: list[asyncio.StreamWriter] = []
        self.url = ""

    @staticmethod
    def saying(answer: bytes, *, close: bool = False) -> Script:
        async def script(writer: asyncio.StreamWriter) -> None:
            writer.write(answer)
            if close:
                writer.close()

        return script

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open.append(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.lower().split(b"\r\n")
                length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
                self.requests.append(head + await reader.readexactly(length))
                await self.script(writer)
        except (asyncio.IncompleteReadError, OSError):
            writer.close()


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    made = Wire()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield made
    server.close()
    for writer in made.open:
        writer.close()
    await asyncio.sleep(0.01)


FAST = Timeouts(pool=10.0, connect=10.0, read=0.4)


@pytest.fixture
async def lane(wire: Wire) -> AsyncIterator[BulkLane]:
    made = BulkLane(TOKEN, wire.url + "/", in_flight=2, timeouts=FAST)
    await made.open()
    yield made
    await made.close()


async def say(wire: Wire, lane: BulkLane, answer: bytes, *, close: bool = False) -> Outcome:
    wire.script = wire.saying(answer, close=close)
    return await lane.send(5, "sendMessage", BODY)


# What goes out


async def test_only_the_chat_is_spliced_in(wire: Wire, lane: BulkLane) -> None:
    assert await lane.send(-100123, "sendMessage", BODY) == Outcome(Status.SENT, 7)
    head, _, body = wire.requests[0].partition(b"\r\n\r\n")
    assert body == b'{"chat_id":-100123,' + BODY[1:]
    assert json.loads(body)["text"] == "<b>hello</b> ä"
    lines = head.decode().split("\r\n")
    assert lines[0] == f"POST /bot{TOKEN}/sendMessage HTTP/1.1"
    assert f"Host: {wire.url.removeprefix('http://')}" in lines
    assert "Content-Type: application/json" in lines
    assert f"Content-Length: {len(body)}" in lines


async def test_an_older_message_is_named_too_and_an_empty_body_stays_json(wire: Wire, lane: BulkLane) -> None:
    edited = await lane.send(5, "editMessageText", BODY, message_id=44)
    wire.script = wire.saying(http(200, b'{"ok":true,"result":true}'))
    deleted = await lane.send(5, "deleteMessage", b"{}", message_id=44)
    await lane.send(5, "sendMessage", b"{}")
    bodies = [json.loads(request.partition(b"\r\n\r\n")[2]) for request in wire.requests]
    assert bodies == [
        {"chat_id": 5, "message_id": 44, **json.loads(BODY)},
        {"chat_id": 5, "message_id": 44},
        {"chat_id": 5},
    ]
    assert edited == Outcome(Status.SENT, 7)
    assert deleted == Outcome(Status.SENT, 44)


@pytest.mark.parametrize(
    "method", ["sendMessage", "sendPhoto", "sendDocument", "editMessageText", "editMessageCaption"]
)
async def test_every_method_has_its_address(wire: Wire, lane: BulkLane, method: str) -> None:
    assert (await lane.send(1, method, BODY)).status is Status.SENT
    assert wire.requests[0].startswith(f"POST /bot{TOKEN}/{method} HTTP/1.1\r\n".encode())


# What comes back

NOT_MODIFIED = "Bad Request: message is not modified: specified new message content are the same: your words"
ANSWERS = [
    (200, sent()),
    (200, b'{"ok": true, "result": {"message_id": 12, "text": "x"}}'),
    (200, b'{"result":{"date":1,"message_id":12},"ok":true}'),
    (200, b'{"ok":true,"result":{"message_id":12}}'),
    (200, sent() + b"\n"),
    (200, b'{"ok":true,"result":true}'),
    (200, b'{"ok":true,"result":{"message_id":"12"}}'),
    (200, b'{"ok":true}'),
    (200, b'{"ok":false,"description":"odd"}'),
    (200, b"[]"),
    (200, b"{"),
    (200, b""),
    (200, b"<html>portal</html>"),
    (201, sent()),
    (204, b""),
    (302, b""),
    (302, refused(302, "Found")),
    (400, refused(400, "Bad Request: can't parse entities: your secret words")),
    (400, refused(400, "Bad Request: message text is empty")),
    (400, refused(400, "Bad Request: chat not found")),
    (400, refused(400, "Bad Request: PEER_ID_INVALID")),
    (400, refused(400, "Bad Request: not enough rights to send text messages to the chat")),
    (400, refused(400, NOT_MODIFIED)),
    (400, refused(400, "Bad Request: message to delete not found")),
    (400, refused(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1005)),
    (400, refused(400, "Bad Request: slow", retry_after=4)),
    (400, refused(400, "Bad Request: new", something=4)),
    (400, b'{"ok":false}'),
    (400, b'{"ok":false,"description":"x","parameters":[]}'),
    (400, b'{"error":"from a proxy"}'),
    (400, b"{broken"),
    (401, refused(401, "Unauthorized")),
    (403, refused(403, "Forbidden: bot was blocked by the user")),
    (403, refused(403, "Forbidden: user is deactivated")),
    (403, b'{"blocked":"by a firewall"}'),
    (403, b"<html>firewall</html>"),
    (404, refused(404, "Not Found")),
    (404, b"<html>not here</html>"),
    (409, refused(409, "Conflict: terminated by other getUpdates request")),
    (413, refused(413, "Request Entity Too Large")),
    (413, b"<html>413</html>"),
    (429, refused(429, "Too Many Requests: retry after 7", retry_after=7)),
    (429, refused(429, "Too Many Requests: retry after 7", retry_after=1.5)),
    (429, refused(429, "Too Many Requests")),
    (429, refused(429, "Too Many Requests", retry_after=-3)),
    (429, refused(429, "Too Many Requests", retry_after="soon")),
    (429, b"<html>slow down</html>"),
    (500, refused(500, "Internal Server Error: restart")),
    (500, refused(500, "Internal Server Error", retry_after=4)),
    (500, b"<html>oops</html>"),
    (502, refused(502, "Bad Gateway")),
    (502, b"<html>bad gateway</html>"),
    (504, b""),
]


async def by_the_library(api: TelegramApi) -> Outcome:
    try:
        result = await api.call("sendMessage", {"chat_id": 5, "text": "x"})
    except TelegramError as error:
        return classify(error)
    number = result.get("message_id") if isinstance(result, dict) else None
    return Outcome(Status.SENT, number if isinstance(number, int) else None)


@pytest.mark.parametrize(("status", "body"), ANSWERS)
async def test_all_ways_judge_alike(wire: Wire, lane: BulkLane, status: int, body: bytes) -> None:
    """The library's way, the judgement of the bytes, and the lane's short cut."""
    api = TelegramApi(TOKEN, wire.url, pool_size=2, timeouts=FAST)
    await api.connect()
    # An answer 204 has no body: saying one would belong to the next answer.
    wire.script = wire.saying(http(status, body), close=status == 204)
    expected = await by_the_library(api)
    await api.disconnect()
    assert judge(status, body) == expected
    assert await lane.send(5, "sendMessage", BODY) == expected
    assert "secret words" not in expected.reason


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, sent(31), Outcome(Status.SENT, 31)),
        (400, refused(400, "Bad Request: message text is empty"), Status.REJECTED),
        (400, refused(400, "Bad Request: chat not found"), Status.UNREACHABLE),
        (403, refused(403, "Forbidden: bot was blocked by the user"), Status.UNREACHABLE),
        (403, b'{"blocked":"by a firewall"}', Status.UNKNOWN),
        (429, refused(429, "x", retry_after=9), Outcome(Status.RATE_LIMITED, None, None, 9, "flood control")),
        (400, refused(400, "x", migrate_to_chat_id=-5), Outcome(Status.MIGRATED, None, -5, 0, "migrated")),
        (401, refused(401, "Unauthorized"), Status.UNAUTHORISED),
        (409, refused(409, "Conflict: x"), Status.CONFLICT),
        (500, b"<html>oops</html>", Status.UNKNOWN),
        (200, b"<html>portal</html>", Status.UNKNOWN),
    ],
)
def test_what_the_judgement_is(status: int, body: bytes, expected: Status | Outcome) -> None:
    found = judge(status, body)
    assert expected in (found, found.status)


@pytest.mark.parametrize(
    ("method", "description", "expected"),
    [
        ("editMessageText", NOT_MODIFIED, Status.SENT),
        ("editMessageCaption", NOT_MODIFIED, Status.SENT),
        ("deleteMessage", "Bad Request: message to delete not found", Status.SENT),
        ("deleteMessage", "Bad Request: message can't be deleted for everyone", Status.REJECTED),
        ("deleteMessage", NOT_MODIFIED, Status.REJECTED),
        ("editMessageText", "Bad Request: message to edit not found", Status.REJECTED),
        ("editMessageText", "Bad Request: message to delete not found", Status.REJECTED),
        ("editMessageText", "Bad Request: chat not found", Status.UNREACHABLE),
    ],
)
async def test_what_is_already_as_wanted_is_a_success(
    wire: Wire, lane: BulkLane, method: str, description: str, expected: Status
) -> None:
    wire.script = wire.saying(http(400, refused(400, description)))
    found = await lane.send(5, method, b"{}", message_id=44)
    assert found.status is expected
    assert found.message_id == (44 if expected is Status.SENT else None)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (aiohttp.ConnectionTimeoutError(), Status.NOT_SENT),
        (aiohttp.InvalidURL("x"), Status.NOT_SENT),
        (aiohttp.ClientConnectorError(None, OSError(errno.ECONNREFUSED, "x")), Status.NOT_SENT),  # type: ignore[arg-type]
        (aiohttp.ClientConnectorDNSError(None, OSError(errno.ENOENT, "x")), Status.NOT_SENT),  # type: ignore[arg-type]
        (aiohttp.SocketTimeoutError(), Status.UNKNOWN),
        (aiohttp.ServerTimeoutError(), Status.UNKNOWN),
        (TimeoutError(), Status.UNKNOWN),
        (aiohttp.ServerDisconnectedError(), Status.UNKNOWN),
        (aiohttp.ClientOSError(errno.EPIPE, "x"), Status.UNKNOWN),
        (aiohttp.ClientPayloadError(), Status.UNKNOWN),
        (ConnectionResetError(), Status.UNKNOWN),
    ],
)
def test_a_broken_request_was_either_surely_not_sent_or_nobody_knows(
    error: Exception, expected: Status
) -> None:
    assert classify(lost(error)).status is expected


# The connections


async def test_connections_are_used_again_and_never_more_than_allowed(wire: Wire, lane: BulkLane) -> None:
    async def slow(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.02)
        writer.write(http(200, sent()))

    wire.script = slow
    found = await asyncio.gather(*(lane.send(chat, "sendMessage", BODY) for chat in range(8)))
    assert {outcome.status for outcome in found} == {Status.SENT}
    assert (wire.connections, len(wire.requests)) == (2, 8)


async def test_no_free_connection_is_not_sent(wire: Wire) -> None:
    async def never(_: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    wire.script = never
    lane = BulkLane(TOKEN, wire.url, in_flight=2, timeouts=Timeouts(pool=0.1, connect=10.0, read=1.0))
    await lane.open()
    found = await asyncio.gather(*(lane.send(chat, "sendMessage", BODY) for chat in range(3)))
    assert sorted(outcome.status for outcome in found) == [Status.NOT_SENT, Status.UNKNOWN, Status.UNKNOWN]
    assert len(wire.requests) == 2
    await lane.close()


async def test_no_answer_in_time_is_unknown_and_its_late_answer_is_nobody_elses(
    wire: Wire, lane: BulkLane
) -> None:
    given_up, answered = asyncio.Event(), asyncio.Event()

    async def late(writer: asyncio.StreamWriter) -> None:
        await given_up.wait()
        writer.write(http(200, sent(1)))
        answered.set()

    wire.script = late
    found = await lane.send(5, "sendMessage", BODY)
    assert (found.status, found.reason) == (Status.UNKNOWN, "no answer in time")
    given_up.set()
    await answered.wait()
    assert await say(wire, lane, http(200, sent(2))) == Outcome(Status.SENT, 2)


async def test_who_gives_up_does_not_leave_an_answer_to_the_next(wire: Wire, lane: BulkLane) -> None:
    asked = asyncio.Event()

    async def later(writer: asyncio.StreamWriter) -> None:
        asked.set()
        await asyncio.sleep(0.1)
        writer.write(http(200, sent(1)))

    wire.script = later
    task = asyncio.create_task(lane.send(5, "sendMessage", BODY))
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await say(wire, lane, http(200, sent(2))) == Outcome(Status.SENT, 2)
    assert wire.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\r\n",
        b"SSH-2.0-OpenSSH\r\n",
        b"SSH-2.0\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
    ],
)
async def test_a_connection_that_breaks_or_talks_nonsense_is_unknown(
    wire: Wire, lane: BulkLane, answer: bytes
) -> None:
    assert (await say(wire, lane, answer, close=True)).status is Status.UNKNOWN
    assert (await say(wire, lane, http(200, sent()))).status is Status.SENT


async def test_a_reset_is_unknown(wire: Wire, lane: BulkLane) -> None:
    async def reset(writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    wire.script = reset
    assert (await lane.send(5, "sendMessage", BODY)).status is Status.UNKNOWN


async def test_an_answer_without_end_is_cut_off(wire: Wire, lane: BulkLane) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 2_000_000
    found = await say(wire, lane, answer)
    assert (found.status, found.reason) == (Status.UNKNOWN, "the answer has no end")


@pytest.mark.parametrize(
    ("answer", "close", "connections"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5;a=b\r\n" + sent()[:5], False, 1),
        (b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(sent()) + sent(), False, 2),
        (http(200, sent(), "Connection: close"), True, 2),
        (http(200, sent()).replace(b"Content-Length", b"X"), True, 2),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + http(200, sent()), False, 1),
        (http(200, sent()) + b"HTTP/1.1", False, 2),
    ],
)
async def test_answers_of_every_framing(
    wire: Wire, lane: BulkLane, answer: bytes, close: bool, connections: int
) -> None:
    if b"Chunked" in answer:
        answer += b"\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(sent()) - 5, sent()[5:])
    for _ in range(2):
        assert await say(wire, lane, answer, close=close) == Outcome(Status.SENT, 7)
    assert wire.connections == connections


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (http(200, sent()), sent()),
        (b"HTTP/1.1 102 Wait\r\n\r\n" + http(403, sent()), sent()),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", b"abcde"),
        (b"HTTP/1.1 304 Same\r\n\r\n", b""),
    ],
)
def test_an_answer_that_comes_byte_by_byte_is_complete_only_at_its_end(answer: bytes, body: bytes) -> None:
    last = len(answer) - (2 if b"chunked" in answer else 0)  # the very last line is empty
    for end in range(last):
        assert parse(answer[:end], ended=False) is None
    found = parse(answer, ended=False)
    assert found is not None
    assert found[1:] == (body, True)


def test_a_chunked_answer_with_trailers_ends_the_connection() -> None:
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\n"
    assert parse(answer, ended=False) == (200, b"a", False)


async def test_a_connection_that_the_server_closed_is_not_used_again(wire: Wire, lane: BulkLane) -> None:
    assert (await say(wire, lane, http(200, sent()))).status is Status.SENT
    wire.open[0].close()
    await asyncio.sleep(0.02)
    assert (await say(wire, lane, http(200, sent()))).status is Status.SENT
    assert wire.connections == 2


async def test_a_connection_that_speaks_unasked_is_not_used_again(wire: Wire, lane: BulkLane) -> None:
    assert (await say(wire, lane, http(200, sent(1)))).status is Status.SENT
    wire.open[0].write(http(408, b"too slow"))
    await asyncio.sleep(0.02)
    assert await say(wire, lane, http(200, sent(2))) == Outcome(Status.SENT, 2)


async def test_a_connection_unused_for_long_is_closed(
    wire: Wire, lane: BulkLane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.telegram.wire._IDLE", 0.1)
    assert (await say(wire, lane, http(200, sent()))).status is Status.SENT
    await asyncio.sleep(0.3)
    assert (await say(wire, lane, http(200, sent()))).status is Status.SENT
    assert wire.connections == 2


async def test_closing_makes_what_is_on_its_way_unknown_and_sends_nothing_more(wire: Wire) -> None:
    asked = asyncio.Event()

    async def never(_: asyncio.StreamWriter) -> None:
        asked.set()
        await asyncio.sleep(60)

    wire.script = never
    lane = BulkLane(TOKEN, wire.url, in_flight=1)
    assert (await lane.send(5, "sendMessage", BODY)).status is Status.NOT_SENT
    await lane.open()
    await lane.open()
    first = asyncio.create_task(lane.send(5, "sendMessage", BODY))
    second = asyncio.create_task(lane.send(6, "sendMessage", BODY))
    await asked.wait()
    await lane.close()
    await lane.close()
    assert (await first).status is Status.UNKNOWN
    assert (await second).status is Status.NOT_SENT
    assert (await lane.send(5, "sendMessage", BODY)).status is Status.NOT_SENT
    assert len(wire.requests) == 1


async def test_closing_while_connecting_is_not_sent(wire: Wire, lane: BulkLane) -> None:
    task = asyncio.create_task(lane.send(5, "sendMessage", BODY))
    await asyncio.sleep(0)
    await lane.close()
    assert (await task).status is Status.NOT_SENT
    assert wire.requests == []


@pytest.mark.parametrize(
    "api", ["http://127.0.0.1:9", "http://nowhere.invalid", "http://" + "a" * 70 + ".de"]
)
async def test_nobody_at_the_address_is_not_sent(api: str) -> None:
    lane = BulkLane(TOKEN, api)
    await lane.open()
    found = await lane.send(5, "sendMessage", BODY)
    await lane.close()
    assert found.status is Status.NOT_SENT
    assert "SECRETTOKEN" not in found.reason


async def test_a_server_that_shakes_no_hands_is_not_sent(wire: Wire) -> None:
    """TLS against one that does not speak it, and against one that says nothing."""
    lane = BulkLane(TOKEN, wire.url.replace("http:", "https:"), timeouts=Timeouts(connect=0.3))
    await lane.open()
    assert (await lane.send(5, "sendMessage", BODY)).status is Status.NOT_SENT
    await lane.close()
    assert wire.requests == []


@pytest.mark.parametrize("api", ["http://[", "ftp://example.org", "example.org", "http://example.org:port"])
async def test_an_address_that_is_none_is_refused_without_the_token(api: str) -> None:
    with pytest.raises(ValueError, match="none") as caught:
        await BulkLane(TOKEN, api).open()
    assert "SECRETTOKEN" not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_ports_and_paths_of_addresses() -> None:
    assert (Target("https://example.org/bot1:a/").port, Target("http://example.org/").port) == (443, 80)
    other = Target("http://user:word@example.org:81/over here/bot1:a/")
    assert (other.host, other.port, other.tls) == ("example.org", 81, False)
    head = other.head("sendMessage")
    assert head.startswith(b"POST /over%20here/bot1:a/sendMessage HTTP/1.1\r\nHost: example.org:81\r\n")
    assert b"word" not in head


async def test_a_connection_tells_whether_it_is_busy(wire: Wire) -> None:
    loop = asyncio.get_running_loop()
    host, _, port = wire.url.removeprefix("http://").partition(":")
    _, connection = await loop.create_connection(Connection, host, int(port))
    assert (connection.open, connection.busy) == (True, False)
    answer = connection.ask(Target(wire.url).head("x") + b"0\r\n\r\n")
    assert connection.busy
    assert await answer == (200, sent())
    assert not connection.busy
    connection.abort()
    assert not connection.open


async def test_nothing_of_a_message_and_no_token_gets_into_the_log(
    wire: Wire, lane: BulkLane, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        for answer in (http(200, sent()), http(502, b"<html>"), b"nonsense\r\n\r\n"):
            await say(wire, lane, answer, close=True)
    assert "hello" not in caplog.text
    assert "SECRETTOKEN" not in caplog.text
    assert "SECRETTOKEN" not in repr(lane)


async def test_against_the_sandbox() -> None:
    """Everything that a broadcast does to one chat, and what may happen to it."""
    async with Sandbox() as sandbox:
        amira = sandbox.person("Amira", "ar", started=True)
        group = sandbox.group("Neighbours", [amira])
        await sandbox.add_bot_to_group(group, amira)
        lane = BulkLane(sandbox.token, sandbox.api_url, in_flight=4)
        await lane.open()
        first = await lane.send(amira.id, "sendMessage", b'{"text":"<b>Hello</b>","parse_mode":"HTML"}')
        assert first.status is Status.SENT
        assert first.message_id is not None
        new = b'{"text":"Hello again"}'
        for _ in range(2):  # the second time nothing changes
            edited = await lane.send(amira.id, "editMessageText", new, message_id=first.message_id)
            assert edited == Outcome(Status.SENT, first.message_id)
        for _ in range(2):
            gone = await lane.send(amira.id, "deleteMessage", b"{}", message_id=first.message_id)
            assert gone == Outcome(Status.SENT, first.message_id)
        sandbox.fault("flood", retry_after=3)
        limited = await lane.send(amira.id, "sendMessage", BODY)
        assert (limited.status, limited.retry_after) == (Status.RATE_LIMITED, 3)
        for fault in ("server_error", "reset", "lost_response"):
            sandbox.fault(fault)
            assert (await lane.send(amira.id, "sendMessage", BODY)).status is Status.UNKNOWN
        broken = await lane.send(amira.id, "sendMessage", b'{"text":"<b>x","parse_mode":"HTML"}')
        assert broken.status is Status.REJECTED
        await sandbox.block(amira)
        assert (await lane.send(amira.id, "sendMessage", BODY)).status is Status.UNREACHABLE
        old = group.id
        moved = await sandbox.migrate(group, amira)
        found = await lane.send(old, "sendMessage", BODY)
        assert (found.status, found.new_chat_id) == (Status.MIGRATED, moved.id)
        await lane.close()
        assert not sandbox.unknown_methods
