"""The stand-in as a program of its own, steered from outside."""

from __future__ import annotations

import asyncio
import signal
import sys

import aiohttp


async def test_runs_alone_and_ends_on_interrupt() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.sandbox", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        address = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip().partition("=")
        token = (await process.stdout.readline()).decode().strip().partition("=")
        assert (address[0], token[0]) == ("LOTSE_TELEGRAM_API", "LOTSE_TELEGRAM_TOKEN")
        async with aiohttp.ClientSession(address[2]) as session:
            async with session.post("/control/person", json={"first_name": "Amira"}) as made:
                person = (await made.json())["result"]["id"]
            body = {"person": person, "text": "/start"}
            async with session.post("/control/text", json=body) as said:
                assert said.status == 200
            async with session.get(f"/bot{token[2]}/getUpdates") as polled:
                (update,) = (await polled.json())["result"]
            assert update["message"]["text"] == "/start"
            async with session.get(f"/chats/{person}") as chat:
                assert len((await chat.json())["messages"]) == 1
    finally:
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 10) == 0
