"""When a broadcast's message may go: rates, spacing, storms, answers that overtake."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable

import pytest

from bot.services.pacing import Pace


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.sleeps: list[float] = []
        self.meanwhile: Callable[[float], None] = lambda _: None

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.sleeps.append(seconds)
        await asyncio.sleep(0)  # others get their turn, as in life
        self.now += seconds
        self.meanwhile(self.now)


@pytest.fixture
def clock() -> Time:
    return Time()


def pace(clock: Time, rate: float = 25.0) -> Pace:
    return Pace(rate, clock=clock, sleep=clock.sleep)


async def send(made: Pace, clock: Time, count: int, first: int = 1) -> list[float]:
    """When each message to a different chat went."""
    times = []
    for chat in range(first, first + count):
        assert await made.admit(chat, group=False) == 0.0
        times.append(clock.now)
    return times


@pytest.mark.parametrize("rate", [0.5, 1.0, 25.0, 30.0, 400.0, 1000.0])
async def test_the_average_is_the_rate_and_no_window_holds_more_than_rate_and_burst(
    clock: Time, rate: float
) -> None:
    count = max(20, int(rate * 4))
    times = await send(pace(clock, rate), clock, count)
    burst = max(1.0, rate * 0.1, min(5.0, rate * 0.2))
    assert (count - burst) / (times[-1] - times[0]) == pytest.approx(rate, rel=0.03)
    for begin in range(0, count, max(1, count // 200)):
        for end in range(begin, count, max(1, count // 200)):
            assert end - begin + 1 <= burst + rate * (times[end] - times[begin]) + 1e-3


@pytest.mark.parametrize("rate", [0.0, -1.0])
def test_a_rate_of_nothing_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Pace(rate)


async def test_after_a_quiet_time_only_the_small_burst_goes_at_once(clock: Time) -> None:
    made = pace(clock, 100.0)
    await send(made, clock, 100)
    clock.now += 3600
    times = await send(made, clock, 30, first=1000)
    assert times.count(times[0]) == 10


async def test_at_a_thousand_a_second_it_sleeps_for_ten_messages_at_a_time(clock: Time) -> None:
    await send(pace(clock, 1000.0), clock, 5000)
    assert len(clock.sleeps) <= 500


async def test_at_the_usual_rate_it_sleeps_for_four_messages_and_never_sends_more_than_thirty_in_a_second(
    clock: Time,
) -> None:
    times = await send(pace(clock, 25.0), clock, 1000)
    assert len(clock.sleeps) <= 250
    assert max(sum(begin <= one < begin + 1 for one in times) for begin in times) <= 30


async def test_a_sleep_that_ends_a_little_late_costs_nothing_of_the_rate(clock: Time) -> None:
    async def late(seconds: float) -> None:
        await clock.sleep(seconds + 0.03)

    times = await send(Pace(25.0, clock=clock, sleep=late), clock, 1000)
    assert 995 / (times[-1] - times[0]) == pytest.approx(25.0, rel=0.01)


@pytest.mark.parametrize(("group", "spacing"), [(False, 1.0), (True, 3.0)])
async def test_a_chat_gets_its_next_message_only_after_its_spacing(
    clock: Time, group: bool, spacing: float
) -> None:
    made = pace(clock)
    assert await made.admit(7, group=group) == 0.0
    assert await made.admit(7, group=group) == spacing
    assert await made.admit(8, group=group) == 0.0
    clock.now += spacing - 0.5
    assert await made.admit(7, group=group) == pytest.approx(0.5)
    clock.now += 0.5
    assert await made.admit(7, group=group) == 0.0
    assert clock.sleeps == []


async def test_a_group_gets_twenty_a_minute(clock: Time) -> None:
    made, sent, end = pace(clock), 0, clock.now + 60
    while clock.now < end:
        wait = await made.admit(-100, group=True)
        sent += wait == 0.0
        clock.now += wait
    assert sent == 20


async def test_a_chat_that_must_wait_is_told_so_while_others_queue(clock: Time) -> None:
    """Also when the same chat came twice before its turn."""
    made = pace(clock, 1.0)
    await made.admit(1, group=False)
    first = asyncio.create_task(made.admit(2, group=False))
    second = asyncio.create_task(made.admit(2, group=False))
    assert await first == 0.0
    assert await second == pytest.approx(1.0)
    assert clock.now == 1001.0


async def test_callers_are_served_in_order(clock: Time) -> None:
    made, order = pace(clock, 10.0), []

    async def one(chat: int) -> None:
        await made.admit(chat, group=False)
        order.append(chat)

    await asyncio.gather(*(one(chat) for chat in range(50)))
    assert order == list(range(50))


async def test_nobody_who_gives_up_blocks_the_others() -> None:
    made = Pace(1.0)
    assert await made.admit(1, group=False) == 0.0
    waiting = asyncio.create_task(made.admit(2, group=False))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await asyncio.wait_for(made.admit(3, group=False), 5) == 0.0


async def test_who_has_no_patience_is_told_how_long_everybody_waits(clock: Time) -> None:
    made = pace(clock)
    for chat in (1, 2, 3):
        made.limited(chat, 9.0)
    assert await made.admit(4, group=False, patience=1.0) == pytest.approx(9.0)
    clock.now += 8.5
    assert await made.admit(4, group=False, patience=1.0) == 0.0
    assert 1009.0 <= clock.now < 1009.5, "half a second is waited for"


async def test_one_chat_that_is_limited_waits_alone(clock: Time) -> None:
    made = pace(clock)
    made.limited(1, 3600.0)
    assert await made.admit(1, group=False) == 3600.0
    assert await made.admit(2, group=False) == 0.0
    assert (made.paused, made.current_rate) == (0.0, 25.0)
    made.limited(1, 5.0)  # less does not shorten it
    assert await made.admit(1, group=False) == 3600.0


async def test_one_chat_many_times_is_no_storm(clock: Time) -> None:
    made = pace(clock)
    for _ in range(10):
        made.limited(1, 40.0)
    made.limited(2, 40.0)
    assert (made.paused, made.current_rate) == (0.0, 25.0)


async def test_three_chats_within_two_seconds_stop_everybody_for_the_longest_wait(clock: Time) -> None:
    made = pace(clock)
    made.limited(1, 2.0)
    clock.now += 1
    made.limited(2, 9.0)
    clock.now += 1
    made.limited(3, 1.0)
    assert made.paused == pytest.approx(8.0)
    assert made.current_rate == 12.5
    times = await send(made, clock, 26, first=10)
    assert times[0] >= 1010.0
    assert (times[-1] - times[0]) == pytest.approx(25 / 12.5, rel=0.03)
    assert made.paused == 0.0


async def test_three_chats_over_a_longer_time_are_no_storm(clock: Time) -> None:
    made = pace(clock)
    for chat in range(10):
        made.limited(chat, 1.0)
        clock.now += 1.01
    assert (made.paused, made.current_rate) == (0.0, 25.0)


async def test_what_was_on_its_way_when_the_storm_began_makes_the_pause_longer_but_not_the_rate_lower(
    clock: Time,
) -> None:
    made = pace(clock)
    for chat in range(3):
        made.limited(chat, 1.0)
    clock.now += 0.5
    for chat in range(10, 60):
        made.limited(chat, 1.0)
    assert made.paused == pytest.approx(1.0)
    assert made.current_rate == 12.5
    clock.now += 1.1
    made.limited(100, 1.0)  # a single one after the pause is no new storm
    assert (made.paused, made.current_rate) == (0.0, 12.5)
    for chat in (101, 102):
        made.limited(chat, 1.0)
    assert (made.paused, made.current_rate) == (1.0, 6.25)


async def test_the_rate_never_falls_below_one_a_second(clock: Time) -> None:
    made, slow = pace(clock), pace(clock, 0.5)
    for _ in range(10):
        for chat in range(3):
            made.limited(chat, 1.0)
            slow.limited(chat, 1.0)
        clock.now += 3
    assert (made.current_rate, slow.current_rate) == (1.0, 0.5)


async def test_the_rate_comes_back_by_a_tenth_in_ten_seconds_without_a_429(clock: Time) -> None:
    made = pace(clock, 100.0)
    for chat in range(3):
        made.limited(chat, 5.0)
    clock.now += 5 + 9.9
    assert made.current_rate == 50.0
    clock.now += 0.2
    assert made.current_rate == 60.0
    made.limited(9, 1.0)  # keeps what has come back, and begins the ten seconds anew
    clock.now += 9.9
    assert made.current_rate == 60.0
    clock.now += 0.2
    assert made.current_rate == 70.0
    clock.now += 1000
    assert made.current_rate == 100.0
    times = await send(made, clock, 500, first=100)
    assert 490 / (times[-1] - times[0]) == pytest.approx(100.0, rel=0.02)


@pytest.mark.parametrize("part", ["working", "answering"])
async def test_while_an_answer_is_worked_out_or_sent_the_broadcast_waits(clock: Time, part: str) -> None:
    made = pace(clock, 1000.0)
    answer = getattr(made, part)()
    answer.__enter__()

    def done_at(now: float) -> None:
        if now >= 1000.1 - 1e-9 and clock.meanwhile is done_at:
            clock.meanwhile = lambda _: None
            answer.__exit__(None, None, None)

    clock.meanwhile = done_at
    assert await made.admit(1, group=False) == 0.0
    assert clock.now == pytest.approx(1000.1)
    assert (await send(made, clock, 1, first=2)) == [clock.now]


async def test_an_answer_without_end_holds_it_a_quarter_of_a_second_and_half_of_the_time(clock: Time) -> None:
    made = pace(clock, 1000.0)
    with made.answering():
        times = await send(made, clock, 2000)
    assert times[0] == pytest.approx(1000.25)
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert max(gaps) <= 0.27
    assert 1700 / (times[-1] - times[0]) > 400


async def test_an_answer_that_fails_holds_nobody(clock: Time) -> None:
    made = pace(clock)
    with pytest.raises(OSError, match="gone"), made.answering():
        raise OSError("gone")
    assert await made.admit(1, group=False) == 0.0
    assert clock.sleeps == []


async def test_every_answer_takes_a_token_without_waiting(clock: Time) -> None:
    made = pace(clock, 100.0)
    for _ in range(10):
        with made.answering():
            pass
    assert clock.sleeps == []
    times = await send(made, clock, 1)
    assert times[0] == pytest.approx(1000.04)  # one sleep for four messages


async def test_broadcast_and_answers_together_keep_to_the_rate(clock: Time) -> None:
    made, answers = pace(clock, 100.0), [0]

    def one(_: float) -> None:
        with made.answering():
            answers[0] += 1

    clock.meanwhile = one
    times = await send(made, clock, 1000)
    assert (1000 + answers[0]) / (times[-1] - 1000.0) == pytest.approx(100.0, rel=0.03)
    assert answers[0] > 50


async def test_a_flood_of_answers_leaves_a_tenth_to_the_broadcast(clock: Time) -> None:
    made = pace(clock)

    def flood(_: float) -> None:
        for _ in range(50):
            with made.answering():
                pass

    clock.meanwhile = flood
    flood(0)
    times = await send(made, clock, 50)
    assert max(after - before for before, after in itertools.pairwise(times)) <= 0.4 + 1e-9


async def test_memory_keeps_only_chats_that_must_wait(clock: Time) -> None:
    made = pace(clock, 1000.0)
    made.limited(-1, 3600.0)
    most = 0
    for chat in range(30_000):
        await made.admit(chat, group=False)
        most = max(most, made.remembered)
    assert most <= 60 * 1000
    clock.now += 60
    await made.admit(-2, group=False)
    assert made.remembered == 2
    assert await made.admit(-1, group=False) > 3000


async def test_a_clock_that_stands_still_makes_it_wait_and_not_spin(clock: Time) -> None:
    sleeps = 0

    async def sleep(seconds: float) -> None:
        nonlocal sleeps
        assert seconds >= 0.01
        sleeps += 1
        if sleeps == 100:
            clock.now += 1.0

    made = Pace(1.0, clock=clock, sleep=sleep)
    assert await made.admit(1, group=False) == 0.0
    assert await made.admit(1, group=False) == 1.0
    assert await made.admit(2, group=False) == 0.0
    assert sleeps == 100


async def test_a_clock_that_steps_back_does_not_fill_the_bucket(clock: Time) -> None:
    made = pace(clock, 10.0)
    await made.admit(1, group=False)
    clock.now -= 0.5
    times = await send(made, clock, 2, first=2)
    assert times[0] > 999.5
    assert times[1] >= 1000.0


async def test_it_keeps_real_time_without_a_task_for_each_message() -> None:
    made = Pace(1000.0)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for chat in range(300):
        assert await made.admit(chat, group=False) == 0.0
    assert 0.19 <= loop.time() - begun <= 1.0
    assert len(asyncio.all_tasks()) == 1
