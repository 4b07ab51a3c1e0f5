"""Any order of events: what staff, people, Telegram and crashes do to broadcasts, over a real database.

The sender's own steps are taken one by one, so that everything can happen between any two of them. Beside
it stands a model of what is on people's phones, and of who is to get something at all.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any, TypeVar, cast

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.domain.broadcast import TRANSITIONS, Body, Broadcast, Lease, LeaseLost, Options, State, Unknown
from bot.domain.deliveries import OPEN, Delivery
from bot.domain.outcomes import Outcome, Status
from bot.services.delivering import Sender
from bot.services.jobs import Job
from bot.services.pacing import Pace
from bot.storage.deliveries import FIRST
from bot.storage.store import Store
from bot.storage.tables import broadcasts, deliveries, delivery_counts, recipients, subscriptions
from tests.conftest import Databases
from tests.services.sending import EVENTS, NOON, Lane, make_ledger, people, wake

Found = TypeVar("Found")
Key = tuple[int, int]
"""A broadcast, and a chat under its first number."""

FINAL = frozenset(Delivery) - OPEN
PICK = st.integers(0, 50)
STAFF = [
    "pause",
    "go on",
    "correct",
    "pause",
    "go on",
    "correct",
    "resend",
    "resend unknown",
    "cancel",
    "withdraw",
    "leave paused",
]
ARRIVING = Outcome(Status.UNKNOWN, reason="arrived")
OUTCOMES = {
    "sent": Outcome(Status.SENT),
    "lost answer": ARRIVING,
    "reset": Outcome(Status.UNKNOWN, reason="reset"),
    "flood": Outcome(Status.RATE_LIMITED, retry_after=1.0),
    "not sent": Outcome(Status.NOT_SENT),
    "rejected": Outcome(Status.REJECTED, reason="can't parse entities"),
    "blocked": Outcome(Status.UNREACHABLE, reason="bot was blocked by the user"),
}


class Phones(Lane):
    """What stands in the chats: the text of each broadcast, by message; None where it was taken back."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self._network = network
        self.flooded = False

    def edit(self, chat_id: int, message_id: int, notices: Sequence[tuple[Broadcast, Body]]) -> Outcome:
        """Change a message, unless the chat is told to wait for a long time."""
        if self.flooded and chat_id % 2:
            return Outcome(Status.RATE_LIMITED, retry_after=3600)
        network, texts = self._network, {one.id: body.html for one, body in notices}
        keys = [key for key, found in network.message.items() if found == (chat_id, message_id)]
        assert keys, "nobody has this message"
        assert {id for id, _chat in keys} >= set(texts), "a message says what was never in it"
        for key in keys:
            network.phone[key] = texts.get(key[0])
        return Outcome(Status.SENT)

    async def change(
        self,
        chat_id: int,
        message_id: int,
        locale: str,
        notices: Sequence[tuple[Broadcast, Body]],
        *,
        digest: bool,
    ) -> Outcome:
        return self.edit(chat_id, message_id, notices)

    async def withdraw(
        self, chat_id: int, message_id: int, locale: str, *, media: bool, old: bool
    ) -> Outcome:
        return self.edit(chat_id, message_id, ())


class Network(RuleBasedStateMachine):
    """Ten chats, some broadcasts, one sender after the other."""

    def __init__(self, databases: Databases) -> None:
        super().__init__()
        self.databases = databases
        self.runner = asyncio.Runner()
        self.store = self.do(Store.open(self.do(databases.migrated())))
        self.do(people(self.store, range(1, 7), locales=("de",)))
        self.do(people(self.store, [7, 8], locales=("de",), frequency="daily"))
        self.do(people(self.store, [-1, -2], locales=("de",), kind="group"))
        self.now = NOON
        self.first_number = {chat: chat for chat in (*range(1, 9), -1, -2)}
        """The chats as they are numbered now, and what they were called at first."""
        self.moved: dict[int, int] = {}
        self.arrived: Counter[Key] = Counter()
        """How often a chat got a broadcast."""
        self.doubt: Counter[Key] = Counter()
        """How often it was sent again by right, though it may have arrived."""
        self.resent: set[Key] = set()
        self.states: dict[int, State] = {}
        self.rows: dict[Key, Delivery] = {}
        self.totals: dict[int, int] = {}
        self.phone: dict[Key, str | None] = {}
        """What a broadcast says on a chat's phone."""
        self.message: dict[Key, tuple[int, int]] = {}
        """Where that stands: the chat's number and the message's."""
        self.members: set[int] = set()
        """Who was subscribed and open to us when the account was looked at last."""
        self.wanted: dict[int, tuple[set[int], set[int]]] = {}
        """Who must be among the recipients of a launch, and who may be."""
        self.launched: dict[int, bool] = {}
        """Whether a launch was still going on when it was looked at last."""
        self.sender = self.new_sender()

    def do(self, work: Coroutine[Any, Any, Found]) -> Found:
        return self.runner.run(work)

    def new_sender(self) -> Sender:
        ticks = count(0, 10)

        async def nothing(_: object) -> None:
            return None

        self.lane = Phones(self)
        return Sender(
            make_ledger(self.store),
            self.lane,
            Pace(1000.0, clock=lambda: self.now.timestamp() + next(ticks)),
            holder=f"life {next(_numbers)}",
            tick=nothing,
            lease_seconds=0.0,  # whoever comes takes over
            in_flight=4,
            clock=lambda: self.now,
        )

    # What there is ----------------------------------------------------------------------------

    def broadcasts(self) -> dict[int, Broadcast]:
        async def read() -> dict[int, Broadcast]:
            async with self.store.read() as view:
                return {one.id: one for one in await view.broadcasts(list(State))}

        return self.do(read())

    def pick(self, number: int, *states: State) -> Broadcast | None:
        """One of the broadcasts in these states."""
        found = [one for one in self.broadcasts().values() if one.state in states]
        return found[number % len(found)] if found else None

    def key(self, id: int, chat: int) -> Key:
        return id, self.first_number.get(chat, chat)

    @property
    def jobs(self) -> list[Job]:
        """What the sender has claimed and not sent."""
        return list(self.sender._queue._queue)  # type: ignore[attr-defined]

    async def lease(self) -> Lease:
        if self.sender._lease is None:
            assert await self.sender._take(self.now)
        assert self.sender._lease is not None
        return self.sender._lease

    def may_double(self, id: int, chat: int, options: Options) -> None:
        if options.unknown is Unknown.RESEND:
            self.doubt[self.key(id, chat)] += 1

    # Staff ------------------------------------------------------------------------------------

    @initialize(urgent=st.booleans(), resend=st.booleans(), rounds=st.integers(1, 3))
    def begin(self, urgent: bool, resend: bool, rounds: int) -> None:
        """One is under way."""
        self.draft(urgent, resend, 0)
        self.approve(0)
        for _ in range(rounds):
            for step in (self.look, self.launch, partial(self.claim, 3)):
                self.the_account_is_true()
                step()

    @precondition(lambda self: len(self.states) < 4)
    @rule(urgent=st.booleans(), resend=st.booleans(), first=st.sampled_from([0, 0, 2]))
    def another(self, urgent: bool, resend: bool, first: int) -> None:
        self.draft(urgent, resend, first)
        self.approve(0)

    @rule(act=st.sampled_from(STAFF), number=PICK)
    def staff(self, act: str, number: int) -> None:
        acts: dict[str, Callable[[int], None]] = {
            "pause": self.pause,
            "go on": self.go_on,
            "correct": self.correct,
            "resend": partial(self.resend_failed, unknown=False),
            "resend unknown": self.resend_failed,
            "cancel": self.cancel,
            "withdraw": self.withdraw,
            "leave paused": self.leave_paused,
        }
        acts[act](number)

    def draft(self, urgent: bool, resend: bool, first: int) -> None:
        unknown = Unknown.RESEND if resend else Unknown.HOLD
        options = Options(urgent=urgent, unknown=unknown, first=first)

        async def act() -> None:
            async with self.store.begin() as tx:
                id = await tx.draft(None, self.now, audience=EVENTS, options=options)
                await tx.put_body(id, Body(locale="de", html="Example"))

        self.do(act())

    def approve(self, number: int) -> None:
        self.move(self.pick(number, State.DRAFT), State.SCHEDULED, send_at=self.now)

    def pause(self, number: int) -> None:
        self.move(self.pick(number, State.SENDING, State.SCHEDULED), State.PAUSED)

    def go_on(self, number: int) -> None:
        found = self.pick(number, State.PAUSED)
        if found is not None:
            self.move(found, State.SENDING if found.launched_at else State.SCHEDULED)

    def cancel(self, number: int) -> None:
        found = self.pick(number, State.SCHEDULED, State.SENDING, State.PAUSED)
        if found is not None:
            over = {} if found.launched_at else {"finished_at": self.now}
            self.move(found, State.CANCELLED, **over)

    def leave_paused(self, number: int) -> None:
        found = self.pick(number, State.PAUSED)
        if found is not None:
            over = {} if found.launched_at else {"finished_at": self.now}
            self.move(found, State.MISSED, **over)

    def withdraw(self, number: int) -> None:
        found = self.pick(number, State.SENDING, State.PAUSED, State.SENT, State.CANCELLED)
        if found is None or found.launched_at is None:
            return

        async def act() -> None:
            async with self.store.begin() as tx:
                await tx.move(found.id, State.WITHDRAWN)
                await tx.add_edit(found.id, self.now, locale=None, withdraw=True)

        self.do(act())

    def correct(self, number: int) -> None:
        found = self.pick(number, State.SENDING, State.PAUSED, State.SENT)
        if found is None or found.launched_at is None:
            return

        async def act() -> None:
            async with self.store.begin() as tx:
                revision = (await tx.bodies(found.id))["de"].revision + 1
                await tx.put_body(found.id, Body(locale="de", html=f"Example {revision}", revision=revision))
                await tx.add_edit(found.id, self.now, locale="de", withdraw=False)

        self.do(act())

    def resend_failed(self, number: int, unknown: bool = True) -> None:
        found = self.pick(number, State.SENT, State.SENDING, State.PAUSED)
        if found is None or found.launched_at is None:
            return
        states = {Delivery.REJECTED, *({Delivery.UNKNOWN} if unknown else ())}
        self.resent = {key for key, state in self.rows.items() if key[0] == found.id and state in states}
        self.doubt.update(key for key in self.resent if self.rows[key] is Delivery.UNKNOWN)

        async def act() -> None:
            async with self.store.begin() as tx:
                again, _ = await tx.again_chunk(found.id, states, FIRST, 1000, int(self.now.timestamp()))
                if again and found.state is State.SENT:
                    await tx.move(found.id, State.SENDING)
                    await tx.change(found.id, finished_at=None)

        self.do(act())

    def move(self, found: Broadcast | None, state: State, **fields: object) -> None:
        if found is None:
            return

        async def act(id: int) -> None:
            async with self.store.begin() as tx:
                await tx.move(id, state)
                if fields:
                    await tx.change(id, **fields)

        self.do(act(found.id))

    # People -----------------------------------------------------------------------------------

    @rule(act=st.sampled_from(["unsubscribe", "forget", "migrate", "migrate unheard"]), number=PICK)
    def person(self, act: str, number: int) -> None:
        acts: dict[str, Callable[[int], None]] = {
            "unsubscribe": self.unsubscribe,
            "forget": self.forget,
            "migrate": self.migrate,
            "migrate unheard": partial(self.migrate, heard=False),
        }
        acts[act](number)

    def leave(self, number: int) -> int:
        """A chat under the number that it has: under an old one nothing comes from Telegram."""
        chats: list[int] = sorted(chat for chat in self.first_number if chat not in self.moved)
        return chats[number % len(chats)]

    def unsubscribe(self, number: int) -> None:
        chat = self.leave(number)

        async def act() -> None:
            async with self.store.begin() as tx:
                await tx._run(subscriptions.delete().where(subscriptions.c.chat_id == chat))

        self.do(act())

    def forget(self, number: int) -> None:
        chat = self.leave(number)

        async def act() -> None:
            async with self.store.begin() as tx:
                await tx.forget(chat, self.now)

        self.do(act())

    def migrate(self, number: int, heard: bool = True) -> None:
        """A group gets a new number; the bot hears of it now, or when it writes there."""
        groups = [chat for chat in self.first_number if -1000 < chat < 0 and chat not in self.moved]
        if not groups:
            return
        old = sorted(groups)[number % len(groups)]
        new = self.moved[old] = old - 1000
        self.first_number[new] = self.first_number[old]

        async def act() -> None:
            async with self.store.begin() as tx:
                await tx.migrate_chat(old, new)

        if heard:
            self.do(act())

    @rule(hours=st.sampled_from([0.001, 1, 10]))
    def pass_time(self, hours: float) -> None:
        self.now += timedelta(hours=hours)

    # The sender -------------------------------------------------------------------------------

    @rule()
    def prepare(self) -> None:
        self.look()
        self.launch()

    def look(self) -> None:
        """See what is to do; begin and tidy up."""

        async def act() -> None:
            lease = await self.lease()
            await self.sender._look(self.now)
            for one in self.sender._work:
                if one.state is State.SCHEDULED:
                    await self.sender._ledger.begin(lease, one, self.now)
                elif one.state is not State.SENDING:
                    await self.sender._ledger.tidy(lease, one, self.now)
            await self.sender._look(self.now)

        self.do(act())

    def launch(self) -> None:
        async def act() -> None:
            lease = await self.lease()
            for active in list(self.sender._ledger.actives.values()):
                if active.launching:
                    active.chunk = 4
                    await self.sender._ledger.launch(lease, active)

        self.do(act())

    @rule(want=st.integers(1, 6))
    def claim(self, want: int) -> None:
        async def act() -> None:
            await self.sender._step(await self.lease(), want)

        self.claiming(act(), State.SENDING)

    def claiming(self, work: Coroutine[Any, Any, None], *states: State) -> None:
        """Nothing is claimed but of what was in these states, and each chat once."""
        self.do(self.lease())
        before, had = self.broadcasts(), {id(job) for job in self.jobs}
        self.do(work)
        for job in self.jobs:
            if id(job) not in had:
                assert all(before[one.id].state in states for one, _ in job.notices), "claimed out of turn"
        held = Counter((claim.broadcast_id, claim.chat_id) for job in self.jobs for claim in job.claims)
        assert set(held.values()) <= {1}, "one delivery is in hand twice"

    @precondition(lambda self: not self.sender._queue.empty())
    @rule(outcomes=st.lists(st.sampled_from(["sent", *OUTCOMES]), min_size=2, max_size=6))
    def send(self, outcomes: list[str]) -> None:
        for outcome in outcomes:
            if not self.sender._queue.empty():
                self.deliver(self.sender._queue.get_nowait(), OUTCOMES[outcome])

    def deliver(self, job: Job, outcome: Outcome) -> None:
        """Telegram has its say."""
        if job.chat_id in self.moved:
            outcome = Outcome(Status.MIGRATED, new_chat_id=self.moved[job.chat_id])
        if outcome.status is Status.SENT or outcome is ARRIVING:
            self.arrived.update(self.key(one.id, job.chat_id) for one, _ in job.notices)
        if outcome.status is Status.UNKNOWN:
            for one, _ in job.notices:
                self.may_double(one.id, job.chat_id, one.options)
        if outcome.status is Status.SENT:
            outcome = Outcome(Status.SENT, message_id=next(_numbers))
            for one, body in job.notices:
                self.phone[self.key(one.id, job.chat_id)] = body.html
                self.message[self.key(one.id, job.chat_id)] = (job.chat_id, outcome.message_id or 0)
        self.sender._results += [self.sender._judged(job, n, outcome) for n in range(len(job.claims))]

    @rule()
    def write_down(self) -> None:
        self.record()
        self.finish()

    def record(self) -> None:
        async def act() -> None:
            await self.sender._step(await self.lease(), 0)

        self.do(act())

    @rule(flooded=st.booleans())
    def edit(self, flooded: bool = False) -> None:
        self.lane.flooded = flooded

        async def act() -> None:
            lease = await self.lease()
            await self.sender._look(self.now)
            await self.sender._edit(lease, self.now)

        self.do(act())

    def finish(self) -> None:
        async def act() -> None:
            await self.sender._ledger.finish(await self.lease(), self.now)

        self.do(act())

    @rule()
    def round(self) -> None:
        """All of that, as the running sender does it."""

        async def act() -> None:
            wake(self.sender)
            await self.sender._round()

        self.lane.flooded = False
        self.claiming(act(), State.SENDING, State.SCHEDULED)

    @precondition(lambda self: not self.sender._queue.empty() or self.sender._results)
    @rule(arriving=st.integers(0, 4), stalled=st.booleans())
    def crash(self, arriving: int, stalled: bool) -> None:
        """The sender dies, or stands still: some of what it had in hand arrives, nothing is written down."""
        dead, jobs, results = self.sender, self.jobs, list(self.sender._results)
        options = {id: one.options for id, one in self.broadcasts().items()}
        held = {(claim.broadcast_id, claim.chat_id) for job in jobs for claim in job.claims}
        held |= {(result.broadcast_id, result.chat_id) for result in results}
        for id, chat in held:
            self.may_double(id, chat, options[id])
        for job in jobs[:arriving]:
            if job.chat_id not in self.moved:
                self.arrived.update(self.key(one.id, job.chat_id) for one, _ in job.notices)
        self.sender = self.new_sender()
        self.do(self.lease())
        if stalled and (lost := dead._lease) is not None:
            rows = self.do(self.read_rows())
            ledger = dead._ledger
            acts = [
                dead._step(lost, 5),
                dead._step(lost, 0),
                ledger.take_back(lost, self.now),
                *(ledger.launch(lost, one) for one in ledger.actives.values() if one.launching),
                *(
                    ledger.begin(lost, one, self.now)
                    if one.state is State.SCHEDULED
                    else ledger.tidy(lost, one, self.now)
                    for one in self.broadcasts().values()
                    if one.state in (State.SCHEDULED, State.CANCELLED, State.MISSED, State.WITHDRAWN)
                    and not (one.id in ledger.actives and ledger.actives[one.id].outstanding)
                ),
            ]
            for act in acts:
                with pytest.raises(LeaseLost):
                    self.do(act)
            assert self.do(self.read_rows()) == rows, "who lost the lease has changed something"

    # What always holds ------------------------------------------------------------------------

    async def read_rows(self) -> list[tuple[Any, ...]]:
        """All deliveries: broadcast, chat, state, message."""
        columns = deliveries.c
        query = sa.select(columns.broadcast_id, columns.chat_id, columns.state, columns.message_id)
        async with self.store.read() as view:
            return sorted(map(tuple, await view._run(query)), key=lambda row: row[:2])

    async def read_members(self) -> set[int]:
        """Who is subscribed and open to us, under their first numbers."""
        query = sa.select(recipients.c.chat_id).where(
            recipients.c.retired_at.is_(None), recipients.c.chat_id.in_(sa.select(subscriptions.c.chat_id))
        )
        async with self.store.read() as view:
            return {self.first_number.get(chat, chat) for chat in (await view._run(query)).scalars()}

    @invariant()
    def the_account_is_true(self) -> None:
        found = self.broadcasts()

        async def read() -> tuple[dict[int, int], dict[int, int], Counter[int], dict[int, str], set[int]]:
            async with self.store.read() as view:
                tallies = {id: await view.tally(id) for id in found}
                kept = await view._run(sa.select(delivery_counts.c.broadcast_id, delivery_counts.c.count))
                folded: Counter[int] = Counter()
                for id, count in map(tuple, kept):
                    folded[id] += count
                return (
                    {id: one.total for id, one in tallies.items()},
                    {id: one.open for id, one in tallies.items()},
                    folded,
                    {id: (await view.bodies(id))["de"].html for id in found},
                    {edit.broadcast_id for edit in await view.open_edits()},
                )

        totals, still_open, folded, texts, edited = self.do(read())
        stored = self.do(self.read_rows())
        rows = {self.key(id, chat): Delivery(state) for id, chat, state, _ in stored}
        assert len(rows) == len(stored), "somebody stands in two rows of one broadcast"
        members = self.do(self.read_members())
        for id, one in found.items():
            mine = {chat for broadcast, chat in rows if broadcast == id}
            assert totals[id] == len(mine) + folded[id], "the totals do not add up"
            if one.launched_at is None:
                continue
            must, may = self.wanted.setdefault(id, (self.members & members, self.members | members))
            if self.launched.get(id, True):
                must &= members
                self.launched[id] = one.launch is not None
                if one.launch is None and one.state is not State.WITHDRAWN:
                    stopped = one.state in (State.CANCELLED, State.MISSED)
                    assert stopped or must <= mine, "somebody was missed"
            assert mine <= may, "somebody is in it who did not ask"
        for id, chat, state, number in stored:
            key = self.key(id, chat)
            if Delivery(state) is Delivery.RECALLED:
                assert self.phone[key] is None, (key, "was not taken back")
            if Delivery(state) is Delivery.SENT and number is not None:
                assert self.message[key] == (chat, number)
                if id not in edited:
                    assert self.phone[key] == texts[id], (key, "has another text")
        self.members = members
        for id, one in found.items():
            before = self.states.get(id, State.DRAFT)
            assert one.state is before or one.state in TRANSITIONS[before] or self._by_way(before, one.state)
            if one.state is State.SENT:
                assert still_open[id] == 0
            if one.launched_at is None:
                assert totals[id] == 0
            elif one.launch is None:
                assert self.totals.setdefault(id, totals[id]) == totals[id]
        for key, state in rows.items():
            before_ = self.rows.get(key)
            if before_ in FINAL and state is not before_:
                assert (before_ is Delivery.SENT and state is Delivery.RECALLED) or (
                    key in self.resent and state is Delivery.WAITING
                ), (key, before_, state)
            if state is Delivery.RECALLED:
                assert found[key[0]].state is State.WITHDRAWN
            if state is Delivery.SENT:
                assert self.arrived[key] >= 1, key
            if state is Delivery.SKIPPED:
                assert not self.arrived[key], (key, "has it, and is said to be left out")
            if state in (Delivery.PENDING, Delivery.DIGEST) and found[key[0]].options.unknown is Unknown.HOLD:
                assert self.arrived[key] == 0 or self.doubt[key], (key, state)
        for key, number in self.arrived.items():
            assert number <= 1 + self.doubt[key], (key, number)
        self.resent = set()
        self.states = {id: one.state for id, one in found.items()}
        self.rows = rows

    @staticmethod
    def _by_way(before: State, after: State) -> bool:
        """Whether a whole round can have come so far."""
        return any(
            way in TRANSITIONS[before] and after in TRANSITIONS[way] for way in (State.SENDING, State.PAUSED)
        )

    def teardown(self) -> None:
        """In the end everything comes to an end."""
        try:
            for _ in range(40):
                self.go_on(0)
                self.the_account_is_true()
                self.look()
                self.the_account_is_true()
                self.launch()
                self.claim(20)
                while not self.sender._queue.empty():
                    self.deliver(self.sender._queue.get_nowait(), OUTCOMES["sent"])
                self.record()
                self.edit()
                self.finish()
                self.now += timedelta(hours=7)
                self.the_account_is_true()
                if not self._open():
                    break
            assert not self._open()
        finally:
            self.do(self.store._dispose())
            self.do(self.databases.drop())
            self.runner.close()

    def _open(self) -> list[object]:
        async def read() -> list[object]:
            async with self.store.read() as view:
                numbers = sorted(map(int, OPEN))
                rows = await view._run(
                    sa.select(deliveries.c.broadcast_id, deliveries.c.chat_id, deliveries.c.state).where(
                        deliveries.c.state.in_(numbers)
                    )
                )
                under_way = await view._run(
                    sa.select(broadcasts.c.id).where(
                        broadcasts.c.state.in_([State.SCHEDULED, State.SENDING, State.PAUSED])
                    )
                )
                return [*rows.all(), *under_way.all(), *await view.open_edits()]

        return self.do(read())


_numbers = count(1)


def _run(databases: Databases, *, examples: int, steps: int) -> None:
    wanted = settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=True,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    machine = cast("type[RuleBasedStateMachine]", partial(Network, databases))
    run_state_machine_as_test(machine, settings=wanted)


def test_any_order_of_events(sqlite_databases: Databases) -> None:
    _run(sqlite_databases, examples=10, steps=25)


@pytest.mark.prove
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_many_orders_of_events(kind: str, request: pytest.FixtureRequest) -> None:
    _run(request.getfixturevalue(f"{kind}_databases"), examples=40, steps=40)
