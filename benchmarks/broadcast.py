"""A durable broadcast: ours against what one writes first, in one run.

``python -m benchmarks.broadcast [ROUNDS]``: a Bot API of 50 ms; rounds interleaved, medians. The sender
runs on one core, this program with the Bot API on the other (Linux).
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict

from benchmarks.load import BotApi, World, median
from benchmarks.senders import Done, Order

ROUND_TRIP = 0.05
ORDERS: Mapping[str, tuple[str, Order]] = {
    "naive, 64 in flight": ("naive", Order(600, 64)),
    "ours, 64 in flight": ("ours", Order(10_000, 64)),
    "ours, 256 in flight": ("ours", Order(20_000, 256)),
    "ours, 256 in flight, uvloop": ("ours", Order(20_000, 256, loop="uvloop")),
    "ours, 1,000/s": ("ours", Order(10_000, 256, 1000)),
    "ours, 1,000/s, uvloop": ("ours", Order(10_000, 256, 1000, "uvloop")),
    "ours, 25/s": ("ours", Order(300, 64, 25)),
    "ours, 25/s, uvloop": ("ours", Order(300, 64, 25, "uvloop")),
}


async def measure(arm: str, order: Order, delay: float = ROUND_TRIP) -> Done:
    """Let a sender send to a Bot API with this round trip."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: BotApi(World(delay)), "127.0.0.1", 0, backlog=1024)
    port = server.sockets[0].getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.senders", arm, str(port)]
    pinned = ["taskset", "-c", "0", *command] if sys.platform == "linux" else command
    process = await asyncio.create_subprocess_exec(
        *pinned, json.dumps(asdict(order)), stdout=asyncio.subprocess.PIPE
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), 300)
    finally:
        if process.returncode is None:
            process.kill()
        server.close()
    if process.returncode:
        raise RuntimeError(f"{arm} ended with {process.returncode}")
    return Done(**json.loads(said))


async def main(rounds: int) -> None:
    """Measure all arms in turn and print the table."""
    results: dict[str, list[Done]] = {name: [] for name in ORDERS}
    for _ in range(rounds):
        for name, (arm, order) in ORDERS.items():
            results[name].append(await measure(arm, order))
    print(f"Bot API of {ROUND_TRIP * 1000:.0f} ms, {rounds} rounds, medians\n")
    print("| arm | messages/s | share of the limit | CPU µs/message | share of a core | times | CPU 1/ |")
    print("|---|---|---|---|---|---|---|")
    base: tuple[float, float] | None = None
    for name, found in results.items():
        order = ORDERS[name][1]
        rate = median([one.count / one.seconds for one in found])
        each = median([one.cpu / one.count for one in found])
        core = median([one.cpu / one.seconds for one in found])
        base = base or (rate, each)
        limit = order.rate or order.in_flight / ROUND_TRIP
        print(
            f"| {name} | {rate:,.0f} | {rate / limit:.0%} | {each * 1e6:,.0f} | {core:.1%} "
            f"| {rate / base[0]:.1f} | {base[1] / each:.1f} |"
        )


if __name__ == "__main__":
    if sys.platform == "linux" and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {1})
    import uvloop

    uvloop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
