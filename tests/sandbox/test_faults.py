"""Every kind of trouble, seen from the bot's side of the wire."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest

from bot.sandbox import Person, Sandbox

from .conftest import Client


async def test_flood(api: Client, sandbox: Sandbox, amira: Person) -> None:
    other = sandbox.person("Olena", "uk", started=True)
    fault = sandbox.fault("flood", method="sendMessage", chat=amira, times=2, retry_after=7)
    assert (await api("sendMessage", chat_id=other.id, text="a")).status == 200
    answer = await api("sendMessage", chat_id=amira.id, text="a")
    assert (answer.status, answer.error) == (429, "Too Many Requests: retry after 7")
    assert answer.body["parameters"] == {"retry_after": 7}
    assert answer.headers["Retry-After"] == "7"
    assert (await api("sendMessage", chat_id=amira.id, text="a")).status == 429
    assert (await api("sendMessage", chat_id=amira.id, text="a")).status == 200
    assert fault.struck == 2


async def test_gateway_errors_are_html(api: Client, sandbox: Sandbox, amira: Person) -> None:
    sandbox.fault("server_error", status=502)
    url = f"{sandbox.api_url}/bot{sandbox.token}/sendMessage"
    async with api.session.post(url, json={"chat_id": amira.id, "text": "a"}) as response:
        assert response.status == 502
        assert response.content_type == "text/html"
        assert "Bad Gateway" in await response.text()
    assert not sandbox.chat_of(amira).messages


async def test_lost_response_was_delivered(api: Client, sandbox: Sandbox, amira: Person) -> None:
    sandbox.fault("lost_response", method="sendMessage")
    with pytest.raises(aiohttp.ClientError):
        await api("sendMessage", chat_id=amira.id, text="arrived")
    assert sandbox.transcript(amira) == "Lotse: arrived"
    assert sandbox.calls[-1].error == "response lost"


async def test_reset_delivers_nothing(api: Client, sandbox: Sandbox, amira: Person) -> None:
    sandbox.fault("reset", method="sendMessage")
    with pytest.raises(aiohttp.ClientError):
        await api("sendMessage", chat_id=amira.id, text="never")
    assert sandbox.transcript(amira) == ""


@pytest.mark.parametrize(("kind", "stored"), [("delay", 0), ("delay_after", 1)])
async def test_delays(api: Client, sandbox: Sandbox, amira: Person, kind: str, stored: int) -> None:
    sandbox.fault(kind, seconds=0.2)
    call = asyncio.create_task(api("sendMessage", chat_id=amira.id, text="slow"))
    await asyncio.sleep(0.1)
    assert not call.done()
    assert len(sandbox.chat_of(amira).messages) == stored
    assert (await call).status == 200


async def test_latency_slows_every_call_but_polls(api: Client, sandbox: Sandbox, amira: Person) -> None:
    sandbox.latency = 0.1
    started = time.perf_counter()
    await api("getMe")
    assert time.perf_counter() - started >= 0.1
    started = time.perf_counter()
    assert (await api("getUpdates", timeout=0)).result == []
    assert time.perf_counter() - started < 0.09


async def test_blocked_and_kicked(api: Client, sandbox: Sandbox, amira: Person) -> None:
    sandbox.fault("blocked", chat=amira)
    answer = await api("sendMessage", chat_id=amira.id, text="a")
    assert (answer.status, answer.error) == (403, "Forbidden: bot was blocked by the user")
    sandbox.fault("kicked", times=None)
    for _ in range(3):
        answer = await api("sendMessage", chat_id=amira.id, text="a")
        assert (answer.status, answer.error) == (403, "Forbidden: bot was kicked from the group chat")
    sandbox.faults.clear()
    assert (await api("sendMessage", chat_id=amira.id, text="a")).status == 200


async def test_a_share_of_calls_is_repeatable() -> None:
    async def pattern(seed: int) -> list[bool]:
        sandbox = Sandbox(seed=seed)
        sandbox.fault("flood", share=0.3, times=None)
        return [sandbox.faults.strike("sendMessage", 1)[1] is not None for _ in range(400)]

    first = await pattern(1)
    assert first == await pattern(1)
    assert first != await pattern(2)
    assert 80 < sum(first) < 160


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(ValueError, match="unknown fault 'meteor'"):
        Sandbox().fault("meteor")


async def test_calls_are_bounded_and_counts_are_not(api: Client) -> None:
    async with Sandbox(keep_calls=3) as small:
        client = Client(small, api.session)
        for _ in range(5):
            await client("getMe")
        assert len(small.calls) == 3
        assert small.counts["getMe"] == 5


async def test_bytes_may_arrive_in_any_pieces(sandbox: Sandbox, amira: Person) -> None:
    """Plain calls take a short way past uvicorn's parser; slow and chunked ones must not suffer."""

    async def ask(pieces: list[bytes]) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.port)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.02)
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        await writer.wait_closed()
        return answer

    body = b'{"chat_id": %d, "text": "x"}' % amira.id
    path = f"/bot{sandbox.token}/sendMessage".encode()
    head = b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    head += b"Content-Type: application/json\r\n"
    length = b"Content-Length: %d\r\n\r\n" % len(body)
    chunked = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
    whole = head + length + body
    for pieces in ([whole], [head, length, body], [head + length, body[:5], body[5:]], [head + chunked]):
        assert (await ask(pieces)).startswith(b"HTTP/1.1 200"), pieces
    page = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    kept = whole.replace(b"Connection: close\r\n", b"")
    both = await ask([kept + kept, page])
    assert both.count(b"HTTP/1.1 200") == 3
    assert b"<!doctype html>" in both
    assert (await ask([b"POST /bot" + b"x" * 10])) == b""
    assert sandbox.counts["sendMessage"] == 6
