"""`python -m bot.sandbox`: the stand-in alone, for a bot in another process."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from .sandbox import LOCAL_TOKEN, Sandbox


async def _run(arguments: argparse.Namespace) -> None:
    sandbox = Sandbox(
        host=arguments.host,
        port=arguments.port,
        latency=arguments.latency,
        seed=arguments.seed,
        token=arguments.token or LOCAL_TOKEN,
    )
    stopping = asyncio.Event()
    # Set by hand: a shell starts what runs in the background with interrupts ignored.
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    async with sandbox:
        sys.stdout.write(f"LOTSE_TELEGRAM_API={sandbox.api_url}" + "\n")
        sys.stdout.write(f"LOTSE_TELEGRAM_TOKEN={sandbox.token}" + "\n")
        sys.stdout.flush()
        await stopping.wait()


def main() -> None:
    """Reads the options and serves until interrupted."""
    parser = argparse.ArgumentParser(
        prog="bot.sandbox", description="A local stand-in of Telegram's Bot API."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--token", default="")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that every call takes")
    parser.add_argument("--seed", type=int, default=0, help="of the random faults")
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
