"""``lotse broadcast``: from a file to a planned announcement, with the roles and the log of the dialog."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from bot.domain.broadcast import RULE_OVER, Broadcast, Missing, State
from bot.domain.staff import Role
from bot.services.auditing import examine
from bot.services.office import MOST_BUTTONS
from bot.settings import load
from bot.storage.store import Store
from tests.conftest import Databases
from tests.services.sending import people

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime.now(UTC)
BOSS = 77
SMALL = "texts: {de: Hallo}\naudience: {topics: [events]}\npolicy: {missing: fallback}\n"


@pytest.fixture(autouse=True)
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sqlite_databases: Databases) -> Path:
    """A folder and a migrated database of its own, no ``.env``, one admin."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOTSE_DATABASE_URL", asyncio.run(sqlite_databases.migrated()))
    monkeypatch.setenv("LOTSE_ADMINS", f"-5, {BOSS}, 12")
    monkeypatch.setenv("LOTSE_AUDIT_KEY", "a-key-for-the-tests")
    return tmp_path


def store_do(act: Any) -> Any:
    """Something with the database of the command line."""

    async def run() -> Any:
        store = await Store.open(load().database_url)
        try:
            return await act(store)
        finally:
            await store.close()

    return asyncio.run(run())


def get(id: int) -> Broadcast:
    async def act(store: Store) -> Broadcast | None:
        async with store.read() as view:
            return await view.broadcast(id)

    found = store_do(act)
    assert isinstance(found, Broadcast)
    return found


def acts() -> list[str]:
    """What the log says, which must be sound."""

    async def act(store: Store) -> list[str]:
        assert (await examine(store, load().audit_secret)).damage == ()
        async with store.read() as view:
            return [one.act for one in await view.audit_entries()]

    found: list[str] = store_do(act)
    return found


def staff(role: Role, chat: int = 500, organisation: str | None = None) -> int:
    async def act(store: Store) -> int:
        async with store.begin() as tx:
            await tx.choose_locale(chat, "private", "de", NOW)
            return await tx.add_staff(chat, role, organisation, NOW)

    return int(store_do(act))


def subscribers(count: int) -> None:
    async def act(store: Store) -> None:
        await people(store, range(1, count + 1), locales=("de",))

    store_do(act)


def write(folder: Path, text: str) -> str:
    path = folder / "news.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_example_of_the_documentation(away: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "broadcasts.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert main(["broadcast", "new", write(away, example), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["state"], told["name"], told["total"]) == ("draft", "Neue Sprechstunde", 0)
    assert (told["send_at"], told["expires_at"]) == (
        "2030-12-01T09:00:00+00:00",
        "2030-12-30T23:00:00+00:00",
    )
    found = get(told["id"])
    assert found.options.missing is Missing.FALLBACK
    assert (found.options.first, found.options.window) == (20, 720)
    assert (found.options.move_holidays, found.options.skip_holidays) == (True, False)
    assert found.audience.areas == {"town:schwerin"}
    assert (found.audience.not_within, sorted(found.audience.locales)) == (24, ["de", "en"])

    async def texts(store: Store) -> Any:
        async with store.read() as view:
            return await view.bodies(found.id)

    bodies = store_do(texts)
    assert bodies["en"].html == "<b>New consultation hour</b>\nFrom December we are there on Tuesdays too."
    assert [button.label for button in bodies["de"].buttons] == ["Mehr dazu"]
    assert [button.label for button in bodies["en"].buttons] == ["Read more"]


@pytest.mark.parametrize(
    ("more", "at", "window"),
    [
        ("at: 2030-12-01T10:00\n", (), 720),
        ("", ("--at", "2030-12-01T10:00"), 720),
        ("at: 2030-12-01T10:00\npolicy: {window: 0}\n", (), 0),
        ("", (), 0),
    ],
)
def test_what_has_a_time_has_the_usual_window_too(
    away: Path, capsys: pytest.CaptureFixture[str], more: str, at: tuple[str, ...], window: int
) -> None:
    file = write(away, f"texts: {{de: Hallo}}\naudience: {{topics: [law]}}\n{more}")
    assert main(["broadcast", "new", file, *at, "--json"]) == 0
    assert get(json.loads(capsys.readouterr().out)["id"]).options.window == window


BUTTON = "- {label: x, url: https://x.org}\n"
MISTAKES = [
    ("texts: {}\n", "news.yaml:1 texts: write the text of at least one language"),
    ("audience: {topics: [events]}\n", "news.yaml: write the text of at least one language"),
    ("- de\n", "write keys and values"),
    ("texts:\n  de: Hallo\n  xx: Hello\n", "news.yaml:3 texts.xx: unknown language"),
    ("texts:\n  de: [1]\n", "news.yaml:2 texts.de: write a text"),
    ("texts:\n  de: <b>x\n", "news.yaml:2 texts.de: unbalanced: <b>"),
    ("texts:\n  de: ''\n", "texts.de: empty"),
    (f"texts:\n  de: {'x' * 4000}\n", "news.yaml:2 texts.de: too long by 150 characters"),
    (f"{SMALL}colour: red\n", "news.yaml:4 colour: unknown; there are: texts"),
    (f"{SMALL}format: word\n", "format: write one of: html, plain"),
    ("texts: {de: x}\naudience:\n  who: all\n", "news.yaml:3 audience.who: unknown"),
    ("texts: {de: x}\naudience: all\n", "audience: write keys and values: topics"),
    ("texts: {de: x}\naudience: {topics: events}\n", "audience.topics: write a list"),
    ("texts: {de: x}\naudience:\n  topics:\n  - events\n  - sport\n", "news.yaml:5 audience.topics"),
    ("texts: {de: x}\naudience: {groups: [friends]}\n", "write one of: contacts, staff"),
    ("texts: {de: x}\naudience: {areas: [town:nowhere]}\n", "write mv, district:ID or town:ID"),
    ("texts: {de: x}\naudience: {locales: [xx]}\n", "unknown language"),
    ("texts: {de: x}\naudience: {event: nothing}\n", "there is no event with this id"),
    ("texts: {de: x}\naudience: {not_within: -1}\n", "write a number from 0 to 168"),
    ("texts: {de: x}\ncard: nothing\n", "card: there is no event with this id"),
    ("texts: {de: x}\ncard: [a]\n", "news.yaml:2 card: there is no event with this id"),
    ("texts: {de: x}\naudience:\n  event: {a: b}\n", "news.yaml:3 audience.event: there is no event"),
    ("texts: {de: x}\nmachine: [en]\n", "machine[1]: name languages that have a text"),
    ("texts: {de: x}\npolicy: {urgent: maybe}\n", "policy.urgent: write true or false"),
    ("texts: {de: x}\npolicy: {missing: never}\n", "write one of: wait, others, fallback"),
    ("texts: {de: x}\npolicy: {holidays: never}\n", "policy.holidays: write one of: send, move, skip"),
    ("texts: {de: x}\npolicy: {first: true}\n", "policy.first: write a number"),
    ("texts: {de: x}\nmedia: {film: x}\n", "media.film: unknown; there are: photo, document"),
    ("texts: {de: x}\nmedia: {photo: a, document: b}\n", "one photo or one document"),
    ("texts: {de: x}\nmedia: {photo: 1}\n", "media.photo: write the file id"),
    ("texts: {de: x}\nbuttons: x\n", "buttons: write a list"),
    (
        "texts: {de: x}\nbuttons:\n" + BUTTON * (MOST_BUTTONS + 1),
        f"news.yaml:2 buttons: write {MOST_BUTTONS} at most",
    ),
    ("texts: {de: x}\nbuttons: [{label: x}]\n", "write label and url, nothing else"),
    ("texts: {de: x}\nbuttons: [{label: {en: x}, url: https://x.org}]\n", "none for the text in de"),
    (
        "texts: {de: x}\nbuttons: [{label: {de: x, xx: x}, url: https://x.org}]\n",
        "buttons[1].label.xx: unknown language",
    ),
    (
        "texts: {de: x}\nbuttons:\n- label: x\n  url: ftp://x\n",
        "news.yaml:4 buttons[1].url: bad link: ftp://x",
    ),
    (
        f"{SMALL}at: 2031-02-01T10:00\nexpires: 2031-02-01T09:00+00:00\n",
        "news.yaml:5 expires: this is before it is sent",
    ),
    (f"{SMALL}expires: 2020-02-01T10:00\n", "news.yaml:4 expires: this is before it is sent"),
    (f"{SMALL}at: tomorrow\n", "news.yaml:4 at: write a date and time"),
    (f"{SMALL}expires: 0001-01-01\n", "news.yaml:4 expires: 1 cannot be right; check the year"),
    ("texts: {de: x\n", "news.yaml"),
]


@pytest.mark.parametrize(("text", "told"), MISTAKES)
def test_mistakes_are_named_with_their_line(
    away: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    assert main(["broadcast", "new", write(away, text)]) == 1
    found = capsys.readouterr()
    assert told in found.err
    assert found.out == ""
    with closing(sqlite3.connect(load().database_url.removeprefix("sqlite:///"))) as database:
        assert database.execute("SELECT count(*) FROM broadcasts").fetchall() == [(0,)]


def test_nothing_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["broadcast", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_plain_text_and_files(away: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "texts: {de: 'a < b & c'}\nformat: plain\nmedia: {photo: ' abc '}\n"
    assert main(["broadcast", "new", write(away, text)]) == 0
    assert "draft  a < b & c" in capsys.readouterr().out

    async def texts(store: Store) -> Any:
        async with store.read() as view:
            return await view.bodies(1)

    body = store_do(texts)["de"]
    assert (body.html, body.media, body.file_id) == ("a &lt; b &amp; c", "photo", "abc")
    assert main(["broadcast", "show", "1"]) == 0
    assert "\n  de: photo abc\n" in capsys.readouterr().out
    assert main(["broadcast", "show", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["media"] == {"de": {"photo": "abc"}}


def test_released_at_once_and_led_to_its_end(away: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["broadcast", "new", write(away, SMALL), "--release", "--at", "2030-07-01T10:00"]) == 0
    assert capsys.readouterr().out == "1  scheduled  2030-07-01 10:00 CEST  Hallo\n0 recipients\n"
    for verb, state in (("pause", "paused"), ("resume", "scheduled"), ("cancel", "cancelled")):
        assert main(["broadcast", verb, "1", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["state"] == state
    assert main(["broadcast", "pause", "1"]) == 1
    assert "This announcement is cancelled: it cannot be paused now." in capsys.readouterr().err
    assert main(["broadcast", "withdraw", "1"]) == 0
    assert main(["broadcast", "withdraw", "1"]) == 1
    assert "This announcement is withdrawn already." in capsys.readouterr().err
    assert main(["broadcast", "list"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1  withdrawn  2030-07-01 10:00 CEST  Hallo"
    assert main(["broadcast", "show", "99"]) == 1
    assert "no such announcement" in capsys.readouterr().err
    assert acts()[-5:] == ["approve", "pause", "resume", "cancel", "withdraw"]


def test_the_first_admin_may_always_and_it_is_logged(
    away: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOTSE_TWO_PERSON_FROM", "3")
    assert main(["broadcast", "list"]) == 0
    subscribers(3)
    assert main(["broadcast", "new", write(away, SMALL), "--release", "--json"]) == 0
    found = capsys.readouterr()
    told = json.loads(found.out)
    assert (told["override"], told["recipients"], told["state"]) == (True, {"de": 3}, "scheduled")
    assert "without a second person: it is in the log, and all admins are told" in found.err
    assert acts()[-1] == "override"

    async def boss(store: Store) -> int:
        async with store.read() as view:
            found = await view.staff_of(BOSS)
        assert found is not None
        return found.id

    named = ["--as", str(store_do(boss))]
    assert main(["broadcast", "new", write(away, SMALL), "--release", "--json", *named]) == 0
    assert json.loads(capsys.readouterr().out)["override"], "also where that person is named"
    assert acts()[-1] == "override"


def test_what_somebody_writes_in_the_chat_meanwhile_stays_in_their_hand(away: Path) -> None:
    author = staff(Role.RELEASER)

    async def begin(store: Store) -> int:
        async with store.begin() as tx:
            id = await tx.draft(author, NOW)
            await tx.take_in_hand(author, id, "a text")
            return id

    async def in_hand(store: Store) -> tuple[int | None, str | None]:
        async with store.read() as view:
            found = await view.staff_member(author)
        assert found is not None
        return found.editing, found.expecting

    mine = store_do(begin)
    assert main(["broadcast", "new", write(away, SMALL), "--release", "--as", str(author)]) == 0
    assert store_do(in_hand) == (mine, "a text")


def test_others_need_their_role_and_a_second_person(
    away: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOTSE_TWO_PERSON_FROM", "3")
    assert main(["broadcast", "list"]) == 0
    subscribers(3)
    for role in (Role.AUTHOR, Role.RELEASER):
        id = staff(role)
        assert main(["broadcast", "new", write(away, SMALL), "--release", "--as", str(id)]) == 1
        found = capsys.readouterr()
        assert "review" in found.out
        assert "3 recipients: de 3" in found.out
        assert "Somebody else has to release it" in found.err
        assert acts()[-1] == "submit"
    assert get(1).state is State.REVIEW


def test_rights_are_those_of_who_acts(away: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["broadcast", "new", write(away, SMALL)]) == 0
    guest = staff(Role.RELEASER, organisation="verein")
    capsys.readouterr()
    assert main(["broadcast", "show", "1", "--as", str(guest)]) == 1
    assert main(["broadcast", "list", "--as", str(guest), "--json"]) == 0
    found = capsys.readouterr()
    assert (found.out, "no such announcement" in found.err) == ("[]\n", True)
    assert main(["broadcast", "list", "--as", "99"]) == 2
    assert "There is no member of staff 99" in capsys.readouterr().err


def test_what_is_not_ready_stays_a_draft(away: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["broadcast", "new", write(away, "texts: {de: x}\n"), "--release"]) == 1
    found = capsys.readouterr()
    assert "It is a draft still. This cannot be sent yet: no audience." in found.err
    assert get(1).state is State.DRAFT


def test_times(away: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(away, SMALL)
    assert main(["broadcast", "new", path, "--at", "2020-01-01T10:00"]) == 1
    assert "past" in capsys.readouterr().err
    assert main(["broadcast", "list"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["broadcast", "new", path, "--at", "2030-03-31T02:30"]) == 0
    assert "does not exist" in capsys.readouterr().err
    assert main(["broadcast", "new", path, "--at", "2030-10-27T02:30"]) == 0
    assert "comes twice" in capsys.readouterr().err
    assert main(["broadcast", "new", path, "--at", "2030-10-27T02:30+00:00"]) == 0
    assert "03:30 CET" in capsys.readouterr().out
    with pytest.raises(SystemExit) as stop:
        main(["broadcast", "new", path, "--at", "soon"])
    assert stop.value.code == 2


@pytest.mark.parametrize(
    ("holidays", "told"),
    [
        ("send", ""),
        ("move", "That day is a public holiday: it goes out on 2030-10-04.\n"),
        ("skip", "That day is a public holiday: it will be left out.\n"),
    ],
)
def test_public_holidays(away: Path, capsys: pytest.CaptureFixture[str], holidays: str, told: str) -> None:
    text = SMALL.replace("fallback", f"fallback, holidays: {holidays}")
    assert main(["broadcast", "new", write(away, text), "--at", "2030-10-03T10:00"]) == 0
    assert capsys.readouterr().err == told
    options = get(1).options
    assert (options.move_holidays, options.skip_holidays) == (holidays == "move", holidays == "skip")


@pytest.mark.parametrize("written", ["", ", urgent: false"])
def test_a_warning_is_urgent_whatever_the_file_says(away: Path, written: str) -> None:
    text = "texts: {de: x}\naudience: {topics: [urgent]}\npolicy: {first: 20" + written + "}\n"
    assert main(["broadcast", "new", write(away, text)]) == 0
    assert get(1).urgent


def test_as_many_buttons_as_in_the_chat(away: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "texts: {de: x}\nbuttons:\n" + BUTTON * MOST_BUTTONS
    assert main(["broadcast", "new", write(away, text)]) == 0
    assert capsys.readouterr().err == ""


def test_without_a_key_the_log_could_not_be_kept(
    away: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOTSE_AUDIT_KEY", "")
    assert main(["broadcast", "list"]) == 2
    assert "LOTSE_AUDIT_KEY" in capsys.readouterr().err


def test_nobody_to_act_for(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTSE_ADMINS", "-5")
    assert main(["broadcast", "list"]) == 2
    assert "LOTSE_ADMINS" in capsys.readouterr().err


def test_the_account(capsys: pytest.CaptureFixture[str], away: Path) -> None:
    from bot.domain.deliveries import Delivery
    from bot.storage.tables import deliveries

    assert main(["broadcast", "new", write(away, SMALL), "--release"]) == 0

    async def act(store: Store) -> None:
        async with store.begin() as tx:
            await tx.move(1, State.SENDING)
            await tx.change(1, launched_at=NOW)
            for chat, state in enumerate((Delivery.SENT, Delivery.SENT, Delivery.UNKNOWN)):
                row = {"broadcast_id": 1, "chat_id": chat, "at": 0, "state": int(state), "locale": "de"}
                await tx._run(deliveries.insert(), row)

    store_do(act)
    capsys.readouterr()
    assert main(["broadcast", "show", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  sent: 2",
        "  unknown: 1",
        "  de: sent 2, unknown 1",
    ]
    assert main(["broadcast", "withdraw", "1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["locales"] == {"de": {"sent": 2, "unknown": 1}}
    assert told["total"] == 3
    assert told["edits"][0]["withdraw"] is True


def test_a_repetition_that_is_over_was_not_cancelled(capsys: pytest.CaptureFixture[str], away: Path) -> None:
    for _number in range(2):
        assert main(["broadcast", "new", write(away, SMALL)]) == 0

    async def act(store: Store) -> None:
        async with store.begin() as tx:
            await tx.move(1, State.TEMPLATE)
            await tx.move(1, State.CANCELLED, reason=RULE_OVER)
            await tx.move(2, State.CANCELLED)

    store_do(act)
    capsys.readouterr()
    assert main(["broadcast", "list"]) == 0
    assert capsys.readouterr().out.splitlines() == ["2  cancelled  Hallo", "1  ended  Hallo"]
    assert main(["broadcast", "show", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "1  ended  Hallo"
    assert main(["broadcast", "list", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(one["state"], one["pause_reason"]) for one in told] == [
        ("cancelled", ""),
        ("cancelled", "ended"),
    ]


def test_staff_of_an_organisation_write_only_to_whom_it_concerns(
    away: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["broadcast", "list"]) == 0
    guest = staff(Role.RELEASER, organisation="verein")
    assert main(["broadcast", "new", write(away, SMALL), "--release", "--as", str(guest)]) == 1
    assert "Not allowed are the whole state, groups, and others' events." in capsys.readouterr().err
    assert main(["broadcast", "list"]) == 0
    assert capsys.readouterr().out == ""
