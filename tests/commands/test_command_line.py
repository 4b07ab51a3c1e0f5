"""The command line: what every command prints, and what it says when something is wrong."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
import threading
import tomllib
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from gettext import NullTranslations
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml

from bot import __version__
from bot.__main__ import main
from bot.commands import check
from bot.commands.ask import answer_one
from bot.content.emergencies import load_cards
from bot.content.meaning import load_languages
from bot.content.words import load_words
from bot.domain.directory import Article, Kind
from bot.domain.gaps import Gap, Missed
from bot.domain.locales import LOCALES, Locale
from bot.domain.text import LocalizedText, Rendition
from bot.domain.text import State as TextState
from bot.parts import make_desk
from bot.services import gaps
from bot.services.answering import Answer, Answering
from bot.services.shelf import Holdings
from bot.settings import SettingsWrong, load, require_for_running, table
from bot.storage.codec import encode
from bot.storage.migrating import migrate
from bot.storage.store import Store
from bot.translation import Translator, translator
from bot.understanding.cards import Cards
from bot.understanding.danger import Alarm
from bot.understanding.lexicon import Danger

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder and a database of its own, no ``.env``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOTSE_DATABASE_URL", f"sqlite:///{tmp_path}/lotse.sqlite")
    return tmp_path


@pytest.fixture
def imported(away: Path, prepared: Path) -> Path:
    """The same folder with a database that holds the starter content."""
    shutil.copy(prepared, away / "lotse.sqlite")
    return away


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"lotse {__version__}\n"


def test_running_without_settings_names_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run"]) == 2
    told = capsys.readouterr().err
    for name in (
        "TELEGRAM_TOKEN",
        "OPERATOR_NAME",
        "OPERATOR_ADDRESS",
        "OPERATOR_EMAIL",
        "OPERATOR_RESPONSIBLE",
    ):
        assert f"LOTSE_{name}: missing" in told


def test_all_wrong_settings_are_named_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = {"LISTEN": "nowhere", "ADMINS": "me", "TIMEZONE": "Mars/Olympus"}
    for name, value in wrong.items():
        monkeypatch.setenv(f"LOTSE_{name}", value)
    assert main(["run", "--test"]) == 2
    told = capsys.readouterr().err
    for name in wrong:
        assert f"LOTSE_{name}: " in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ADMINS", "12, me", "/id tells yours"),
        ("ADMINS", "9999999999999999999", "/id tells yours"),
        ("WEBHOOK_URL", "example.org", "https://example.org"),
        ("TELEGRAM_API", "http://x:99999", "https://example.org"),
        ("TELEGRAM_API", "http://:80", "https://example.org"),
        ("LISTEN", "8080", "127.0.0.1:8080"),
        ("TIMEZONE", "Berlin", "Europe/Berlin"),
        ("WEBHOOK_SECRET", "short", "16 to 256"),
        ("DATABASE_URL", "mysql://x", "sqlite:///FILE"),
        ("DATABASE_URL", "postgresql://u:p@host:port/x", "host:5432"),
        ("WORKERS", "0", "from 1 to 1000"),
        ("AUDIT_KEY", "short", "16 to 256"),
        ("TWO_PERSON_FROM", "0", "from 1 to 1000000"),
        ("RATE", "1001", "from 1 to 1000"),
        ("RATE", "31", "LOTSE_PAID_BROADCAST=yes"),
        ("PAID_BROADCAST", "maybe", "yes or no"),
        ("IN_FLIGHT", "0", "from 1 to 1000"),
        ("LEASE_SECONDS", "13", "from 1 to 12"),
        ("DAILY_CAP", "0", "from 1 to 100"),
        ("BLOCKS_SHARE", "0.4", "from 1 to 100"),
        ("KEEP_DELIVERIES_DAYS", "x", "from 1 to 3650"),
        ("EMBEDDINGS_URL", "http://127.0.0.1:8000/v1", "LOTSE_EMBEDDINGS_MODEL: set both, or neither"),
        ("EMBEDDINGS_MODEL", "e5", "LOTSE_EMBEDDINGS_MODEL: set both, or neither"),
        ("EMBEDDINGS_PREFIXED", "maybe", "yes or no"),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_do(
    name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"LOTSE_{name}", value)
    assert main(["check"]) == 2
    told = capsys.readouterr().err
    assert f"LOTSE_{name}" in told
    assert words in told


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p/#w@db.example.org:5432/lotse",
        "postgresql://postgres:@/postgres?host=/run/pg",
        "postgresql://[::1]:5432/x",
    ],
)
def test_a_right_database_address_is_taken(url: str) -> None:
    assert load(env_file=None, database_url=url).database_url == url


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_a_file_that_is_not_utf_8_is_named(away: Path, encoding: str) -> None:
    file = away / ".env"
    file.write_text("LOTSE_OPERATOR_NAME=Büro\n", encoding=encoding)
    with pytest.raises(SettingsWrong, match=r"\.env: the file is not saved as UTF-8"):
        load(file)
    file.write_text("LOTSE_OPERATOR_NAME=Büro\n", encoding="utf-8-sig")
    assert load(file).operator_name == "Büro"


def test_a_misspelt_setting_is_named_with_the_right_one(
    away: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOTSE_ADMIN", "1")
    (away / ".env").write_text("LOTSE_OPERATOR_EMIAL=a@example.org\nLOTSE_ZZZ=1\nOTHER=1\n")
    assert main(["run"]) == 2
    assert set(capsys.readouterr().err.splitlines()[1:]) == {
        "LOTSE_ADMIN: there is no such setting; do you mean LOTSE_ADMINS?",
        "LOTSE_OPERATOR_EMIAL: there is no such setting; do you mean LOTSE_OPERATOR_EMAIL?",
        "LOTSE_ZZZ: there is no such setting",
    }


def test_a_wrong_token_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOTSE_TELEGRAM_TOKEN", "not-a-token-but-secret")
    assert main(["run", "--test"]) == 2
    told = capsys.readouterr()
    assert "secret" not in told.err + told.out
    assert "BotFather" in told.err


def test_a_webhook_needs_a_secret() -> None:
    settings = load(env_file=None, telegram_token="1:a", webhook_url="https://example.org/")
    assert settings.webhook_url == "https://example.org"
    with pytest.raises(SettingsWrong, match="WEBHOOK_SECRET"):
        require_for_running(settings, test=True)


def test_settings_that_are_right() -> None:
    settings = load(env_file=None, admins="1, -5;7", listen="[::1]:9000", telegram_token="1:a")
    assert settings.admins == (1, -5, 7)
    assert settings.address == ("::1", 9000)
    assert "1:a" not in repr(settings)
    require_for_running(settings, test=True)


def test_the_limits_of_announcements_can_be_set() -> None:
    chosen = load(env_file=None, daily_cap="5", blocks_share="100")
    assert (chosen.daily_cap, chosen.blocks_share) == (5, 100)


def test_a_faster_rate_is_paid_for() -> None:
    assert load(env_file=None, rate="30").rate == 30
    paid = load(env_file=None, rate="1000", paid_broadcast="Yes")
    assert (paid.rate, paid.paid_broadcast) == (1000, True)
    assert not load(env_file=None, paid_broadcast="no").paid_broadcast


def test_the_key_of_the_log_is_set_or_made_from_the_token() -> None:
    made = load(env_file=None, telegram_token="1:a")
    assert len(made.audit_secret) == 32
    assert made.audit_secret != load(env_file=None, telegram_token="1:b").audit_secret
    chosen = load(env_file=None, telegram_token="1:a", audit_key="k" * 16)
    assert chosen.audit_secret == b"k" * 16
    assert "kkkk" not in repr(chosen)


async def _acts(url: str, count: int) -> str:
    """Write into the log; its head as admins are sent it."""
    from bot.storage.store import Store

    store = await Store.open(url)
    try:
        for number in range(count):
            async with store.begin() as tx:
                await tx.audit(datetime.now(UTC), 1, "draft", {"broadcast": number}, b"k" * 16)
                head = await tx.audit_head()
    finally:
        await store.close()
    assert head is not None
    return f"{head.seq}:{head.code}"


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ("UPDATE audit SET act = 'release' WHERE seq = 2", "entry 2: changed"),
        ("DELETE FROM audit WHERE seq = 2", "entry 2: missing in the middle"),
        ("DELETE FROM audit WHERE seq > 1", "entries 2 to 4: missing at the end"),
        ("DELETE FROM meta WHERE key = 'audit_head'", "the head is missing"),
    ],
)
def test_a_damaged_log_is_found(
    harm: str,
    words: str,
    imported: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOTSE_AUDIT_KEY", "k" * 16)
    assert main(["check", "--audit"]) == 0
    assert capsys.readouterr().out == "The log is whole: 0 entries.\n"
    head = asyncio.run(_acts(f"sqlite:///{imported}/lotse.sqlite", 4))
    assert main(["check", "--audit", "--head", head]) == 0
    assert capsys.readouterr().out == f"The log is whole: 4 entries, head {head}.\n"
    with closing(sqlite3.connect(imported / "lotse.sqlite")) as database, database:
        database.execute(harm)
    assert main(["check", "--audit"]) == 1
    told = capsys.readouterr().out
    assert f"DAMAGE   {words}" in told
    assert "The log is damaged" in told


def test_a_log_written_anew_does_not_fit_the_head_that_was_sent(
    imported: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOTSE_AUDIT_KEY", "k" * 16)
    head = asyncio.run(_acts(f"sqlite:///{imported}/lotse.sqlite", 3))
    with closing(sqlite3.connect(imported / "lotse.sqlite")) as database, database:
        database.execute("DELETE FROM audit")
        database.execute("DELETE FROM meta WHERE key = 'audit_head'")
    asyncio.run(_acts(f"sqlite:///{imported}/lotse.sqlite", 3))
    assert main(["check", "--audit"]) == 0
    assert main(["check", "--audit", "--head", head]) == 1
    assert "not the log whose head was sent" in capsys.readouterr().out


def test_checking_the_log_says_what_it_needs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["check", "--audit"]) == 1
    assert "LOTSE_AUDIT_KEY" in capsys.readouterr().out
    assert main(["check", "--audit", "--head", "twelve"]) == 2
    assert "120:0123456789abcdef" in capsys.readouterr().out
    assert main(["check", "--head", "1:01234567"]) == 2
    assert "--audit" in capsys.readouterr().err
    monkeypatch.setenv("LOTSE_AUDIT_KEY", "k" * 16)
    assert main(["check", "--audit"]) == 1
    assert "There is no database yet" in capsys.readouterr().err


def test_the_readme_has_the_settings_as_they_are() -> None:
    assert table() in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_s_way_to_go_live_is_that_of_the_compose_file() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    ((name, service),) = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"].items()
    assert service["env_file"] == ".env"
    (volume,) = service["volumes"]
    _, _, folder = volume.partition(":")
    nightly = next(line for line in readme.splitlines() if line.strip().startswith("0 3 * * *"))
    assert f"exec -T {name} lotse backup {folder}/" in nightly
    assert f"cp {name}:{folder}/" in nightly
    for text in (readme, (ROOT / "docs" / "content.md").read_text(encoding="utf-8")):
        assert f".yaml {name}:{folder}/" in text
        assert f"docker compose exec {name} lotse import {folder}/" in text
        assert f"docker compose exec {name} lotse import --starter --dry-run" in text


def test_nothing_gets_into_the_container_that_is_not_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    locked = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for name in project["build-system"]["requires"]:
        assert f"\n{name}==" in locked
    installed = (ROOT / "Dockerfile").read_text(encoding="utf-8").split("pip install")[1:]
    assert [("--require-hashes" in one, "--no-build-isolation" in one) for one in installed] == [
        (True, False),
        (False, True),
    ]


def test_what_the_container_makes_ready_is_there(tmp_path: Path) -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    (making,) = (shlex.split(line.strip("&\\ ")) for line in lines if line.startswith(" && python "))
    settings = {"PYTHONPATH": str(ROOT)}
    found = subprocess.run([sys.executable, "-c", making[-1]], cwd=tmp_path, env=settings, check=False)
    assert found.returncode == 0


def test_the_container_asks_for_its_health_where_it_listens(tmp_path: Path) -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    (asking,) = (json.loads(line.partition("CMD ")[2]) for line in lines if line.startswith("HEALTHCHECK"))
    asked: list[str] = []

    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on the screen."""

    with HTTPServer(("0.0.0.0", 0), Health) as server:
        threading.Thread(target=server.handle_request).start()
        settings = {"LOTSE_LISTEN": f"0.0.0.0:{server.server_port}", "PYTHONPATH": str(ROOT)}
        found = subprocess.run([sys.executable, *asking[1:]], cwd=tmp_path, env=settings, check=False)
    assert (found.returncode, asked) == (0, ["/healthz"])


def test_check_of_a_whole_installation(away: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    told = capsys.readouterr().out
    assert "The installation is whole." in told
    assert "FAULT" not in told
    assert "SETTING  LOTSE_TELEGRAM_TOKEN" in told
    assert "REVIEW   ar:" in told
    assert "of the starter content are not shown until the office confirms them" in told
    assert "texts of the demo are translated automatically" in told
    assert "have no telephone, address or website: jmd-waren, jmd-rostock, mbeon" in told


def test_check_names_no_words_that_a_person_has_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(env_file=None)
    assert "de" not in load_cards().unreviewed()
    monkeypatch.setattr(check, "written_by", lambda locale: "machine" if locale.code == "uk" else "human")
    monkeypatch.setattr(Cards, "unreviewed", lambda _cards: ())
    named = [line for line in check._unreviewed(settings, ()) if line.startswith("no person has confirmed")]
    assert named == ["no person has confirmed the program's own words in: uk"]


def test_check_looks_at_the_installations_own_content(away: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{away}/lotse.sqlite"
    asyncio.run(migrate(url))
    title = LocalizedText({"de": Rendition("Unser Rat"), "uk": Rendition("Наша порада", TextState.MACHINE)})
    own = Article(id="own", title=title, summary=title, source="here", verified=False)

    async def put() -> None:
        store = await Store.open(url)
        async with store.begin() as tx:
            await tx.put_record(Kind.ARTICLE, "own", encode(own), None)
        await store.close()

    asyncio.run(put())
    assert main(["check"]) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("REVIEW")]
    words, cards = told[:2]
    assert words.endswith(f"the program's own words in: {', '.join(locale.code for locale in LOCALES)}")
    assert cards.endswith(f"the emergency cards in: {', '.join(load_cards().unreviewed())}")
    assert told[2:] == [
        "REVIEW   uk: 2 texts of this installation are translated automatically",
        "REVIEW   0 entries of this installation are past their review or uncertain",
        "REVIEW   1 entries of this installation are not shown until the office confirms them",
    ]


def test_check_names_a_catalogue_that_says_nothing(
    away: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_ukrainian(locale: Locale) -> Translator:
        return Translator(locale, NullTranslations()) if locale.code == "uk" else translator(locale)

    monkeypatch.setattr(check, "translator", without_ukrainian)
    assert main(["check"]) == 1
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("FAULT")]
    assert told == ["FAULT    the catalogue for uk is empty"]


def test_check_names_a_record_that_cannot_be_read(away: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{away}/lotse.sqlite"
    asyncio.run(migrate(url))

    async def put() -> None:
        store = await Store.open(url)
        async with store.begin() as tx:
            await tx.put_record(Kind.ARTICLE, "odd", {"id": "odd", "title": "a\x02b", "summary": "c"}, None)
        await store.close()

    asyncio.run(put())
    assert main(["check"]) == 1
    told = capsys.readouterr().out
    assert "FAULT    article/odd cannot be read and is not shown: article: title" in told
    assert "Something does not work." in told
    assert main(["export"]) == 1
    said = capsys.readouterr()
    assert "article/odd cannot be read and is left out: article: title" in said.err
    assert said.out.startswith("schema: 1")


@pytest.mark.parametrize(
    ("revision", "words"), [("9999", "does not know. Install"), ("0008", "Start the bot once (lotse run)")]
)
def test_check_names_a_database_of_another_version(
    revision: str, words: str, imported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(imported / "lotse.sqlite")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    assert main(["check"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith(f"FAULT    The database is at revision {revision}")
    assert words in told[0]
    assert told[-1] == "Something does not work."


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:///g.sqlite", "file is not a database"),
        ("sqlite:///hollow.sqlite", "no such table: records"),
        ("postgresql://a:b@127.0.0.1:1/x", "cannot connect"),
    ],
)
def test_check_names_a_database_that_cannot_be_read(
    url: str, words: str, imported: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (imported / "g.sqlite").write_bytes(b"something else" * 100)
    (imported / "lotse.sqlite").rename(imported / "hollow.sqlite")
    with closing(sqlite3.connect(imported / "hollow.sqlite")) as database, database:
        database.execute("DROP TABLE records")
    monkeypatch.setenv("LOTSE_DATABASE_URL", url)
    assert main(["check"]) == 1
    told = capsys.readouterr().out
    assert "FAULT    the database cannot be read: " in told
    assert words in told
    assert "Correct LOTSE_DATABASE_URL" in told


class TakesAWhile(Answering):
    """Understands as it always does, the first time later."""

    waits = 1.0

    async def search(self, text: str, locale: str | None, holdings: Holdings) -> Answer:
        await asyncio.sleep(self.waits)
        self.waits = 0.0
        return await super().search(text, locale, holdings)


async def test_the_time_of_an_answer_is_that_of_a_chat(imported: Path) -> None:
    settings = load(env_file=None, database_url=f"sqlite:///{imported}/lotse.sqlite")
    store = await Store.open(settings.database_url)
    words = load_words()
    slow = TakesAWhile(words.watch, words.reader, words.gazetteer, load_languages())
    desk = make_desk(settings, store, slow, "lotse_bot")
    found = await answer_one(desk, {"text": "Was ist eine Duldung?", "locale": "de"})
    assert found["ms"] < 1000
    await store.close()


class Suspects(Answering):
    """Takes every question for a cry that no rule knows, as the model may."""

    async def search(self, text: str, locale: str | None, holdings: Holdings) -> Answer:
        return replace(await super().search(text, locale, holdings), alarm=Alarm(Danger.CHILD, "de"))


async def test_a_card_above_an_answer_is_an_emergency_too(imported: Path) -> None:
    settings = load(env_file=None, database_url=f"sqlite:///{imported}/lotse.sqlite")
    store = await Store.open(settings.database_url)
    words = load_words()
    wary = Suspects(words.watch, words.reader, words.gazetteer, load_languages())
    desk = make_desk(settings, store, wary, "lotse_bot")
    found = await answer_one(desk, {"text": "Was ist eine Duldung?", "locale": "de"})
    assert found["outcome"] == "emergency"
    assert "116 111" in found["text"]
    assert found["entries"]
    await store.close()


def test_check_tells_how_much_people_did_not_find(away: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{away}/lotse.sqlite"
    asyncio.run(migrate(url))
    assert main(["check"]) == 0
    assert "GAPS" not in capsys.readouterr().out

    async def miss(times: int) -> None:
        store = await Store.open(url)
        for _ in range(times):
            await gaps.missed(store, Gap("housing", "de", "", Missed.NONE), date(2026, 11, 25))
        await gaps.pass_on(store, "Wohnung?", "de", date(2026, 11, 25))
        await store.close()

    for texts, told in enumerate(("fewer than 3", "4"), 1):
        asyncio.run(miss(2))
        assert main(["check"]) == 0
        line = f"GAPS     {told} questions without success in 30 days, {texts} of them passed on in words"
        assert line in capsys.readouterr().out


def test_ask_one_question(
    imported: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOTSE_MODEL", "no")
    assert main(["ask", "Was ist eine Duldung?", "--locale", "de"]) == 0
    assert "Duldung" in capsys.readouterr().out
    assert main(["ask", "Mein Mann schlägt mich", "--locale", "de", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["outcome"] == "emergency"
    assert "116 016" in answer["text"]
    assert answer["entries"] == []


def test_ask_many_questions(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        json.dumps({"id": "a", "text": "Beratung zum Aufenthalt in Güstrow", "locale": "de"}),
        "",
        "not json",
        json.dumps({"id": "b"}),
        json.dumps({"id": "c", "text": "xyzzy"}),
    ]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines)))
    assert main(["ask"]) == 1
    told = capsys.readouterr()
    answers = [json.loads(line) for line in told.out.splitlines()]
    assert [answer["id"] for answer in answers] == ["a", "c"]
    assert answers[0]["outcome"] == "answer"
    assert answers[0]["entries"][0] == {
        "kind": "offer",
        "id": "mbe",
        "score": answers[0]["entries"][0]["score"],
    }
    assert answers[1]["outcome"] == "none"
    assert set(answers[0]) == {"id", "language", "outcome", "entries", "text", "ms"}
    assert "line 3" in told.err
    assert "line 4" in told.err


def test_an_unknown_locale_is_refused_with_those_there_are(
    imported: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOTSE_MODEL", "no")
    assert main(["ask", "Was ist eine Duldung?", "--locale", "xx"]) == 2
    told = capsys.readouterr()
    assert not told.out
    assert all(code in told.err for code in ("xx", "de-x-leicht", "fa-AF", "es"))
    lines = [
        json.dumps({"id": 1, "text": "Was ist eine Duldung?", "locale": "xx"}),
        json.dumps({"id": 2, "text": "Was ist eine Duldung?", "locale": 7}),
        json.dumps({"id": 3, "text": "Was ist eine Duldung?", "locale": "prs"}),
        json.dumps({"id": 4, "text": "¿Qué es una Duldung?", "locale": "es"}),
    ]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines)))
    assert main(["ask"]) == 1
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [set(answer) for answer in answers[:2]] == [{"id", "error"}] * 2
    assert "fa-AF" in answers[0]["error"]
    assert all("error" not in answer for answer in answers[2:])


def test_import_and_export(imported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "--starter"]) == 0
    assert capsys.readouterr().out.startswith("0 new, 0 changed, ")
    assert main(["export", "all.yaml"]) == 0
    assert "lobbi-ost" in (imported / "all.yaml").read_text(encoding="utf-8")
    assert main(["import", "all.yaml", "--dry-run"]) == 0
    assert main(["export"]) == 0
    assert capsys.readouterr().out.count("lobbi-ost") >= 1


def test_the_content_of_the_program_takes_no_correction_back(
    imported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two that the starter content says, and one that it does not, as in the office's own file."""
    assert main(["export", "all.yaml"]) == 0
    data = yaml.safe_load((imported / "all.yaml").read_text(encoding="utf-8"))
    (lobbi,) = (offer for offer in data["offers"] if offer["id"] == "lobbi-ost")
    lobbi["contact"]["phone"] = "+493023125001"
    lobbi["title"]["de"] = "LOBBI im Osten"
    lobbi |= {"confirmed_on": "2026-11-01", "confirmed_by": "Büro", "review_due": "2027-11-01"}
    (imported / "all.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    assert main(["import", "all.yaml"]) == 0
    assert ", 1 changed, " in capsys.readouterr().out
    assert main(["import", "--starter"]) == 0
    told = capsys.readouterr().out
    assert "0 new, 0 changed, " in told
    assert "kept, edited elsewhere: title.de: “LOBBI im Osten”" in told
    assert "kept, edited elsewhere: contact.phone: “+493023125001”" in told


def test_a_dry_run_without_a_database_makes_none(away: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "--starter", "--dry-run"]) == 0
    told = capsys.readouterr().out.splitlines()[-1]
    assert " new, 0 changed, " in told
    assert not told.startswith("0 new")
    assert list(away.iterdir()) == []
    (away / "lotse.sqlite").touch()  # an empty file is an empty database
    assert main(["import", "--starter", "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == told
    assert (away / "lotse.sqlite").read_bytes() == b""


def test_an_export_without_a_database_says_so(away: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "all.yaml"]) == 1
    told = capsys.readouterr()
    assert "There is no database yet" in told.err
    assert "lotse import --starter" in told.err
    assert told.out == ""
    assert list(away.iterdir()) == []


@pytest.mark.parametrize("command", [["import", "--starter", "--dry-run"], ["export", "all.yaml"]])
@pytest.mark.parametrize(("revision", "words"), [("0000", "lotse run"), ("9999", "does not know")])
def test_looking_does_not_migrate(
    command: list[str],
    revision: str,
    words: str,
    imported: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from bot.storage import schema

    known = schema.revisions()
    monkeypatch.setattr(schema, "revisions", lambda: {"0000", *known})
    with closing(sqlite3.connect(imported / "lotse.sqlite")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    capsys.readouterr()
    assert main(command) == 1
    assert words in capsys.readouterr().err
    with closing(sqlite3.connect(imported / "lotse.sqlite")) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [(revision,)]
    assert {path.suffix for path in imported.iterdir()} <= {".sqlite", ".sqlite-shm", ".sqlite-wal"}


def test_a_file_that_is_no_database_is_named_as_such(away: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (away / "lotse.sqlite").write_bytes(b"something else" * 100)
    assert main(["export"]) == 1
    assert "file is not a database" in capsys.readouterr().err


def test_import_says_what_is_wrong(away: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (away / "bad.yaml").write_text("schema: 1\noffers:\n  - id: BAD ID\n", encoding="utf-8")
    assert main(["import", "bad.yaml"]) == 1
    assert "bad.yaml:3" in capsys.readouterr().out
    assert main(["import"]) == 2
    assert main(["import", "x.yaml", "--starter"]) == 2


def test_who_reads_no_more_is_no_error_and_what_was_to_be_done_is_done(away: Path) -> None:
    """As with ``lotse import new.yaml | head -1``, where head is faster."""
    (away / "new.yaml").write_text(
        "schema: 1\narticles:\n"
        + "".join(
            f"- {{id: a{number}, title: A, summary: B, source: C, verified: true}}\n" for number in range(9)
        ),
        encoding="utf-8",
    )
    url = os.environ["LOTSE_DATABASE_URL"]
    settings = {"PYTHONPATH": str(ROOT), "LOTSE_DATABASE_URL": url}
    for command in (["import", "new.yaml"], ["check"]):
        pipe = subprocess.PIPE
        with subprocess.Popen(
            [sys.executable, "-m", "bot", *command], cwd=away, env=settings, stdout=pipe, stderr=pipe
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            assert process.stderr.read() == b""
    with closing(sqlite3.connect(away / "lotse.sqlite")) as database:
        assert database.execute("SELECT count(*) FROM records").fetchone() == (9,)


def test_backup_and_restore(away: Path, prepared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", "b.gz"]) == 1
    assert "there is no database file" in capsys.readouterr().err
    shutil.copy(prepared, away / "lotse.sqlite")
    assert main(["backup", "b.gz"]) == 0
    assert main(["restore", "b.gz"]) == 1
    assert "not empty" in capsys.readouterr().err
    assert main(["restore", "b.gz", "--replace"]) == 0
    assert "Restored" in capsys.readouterr().out
    (away / "broken.gz").write_bytes(b"nothing")
    assert main(["restore", "broken.gz", "--replace"]) == 1
    assert main(["restore", "missing.gz"]) == 1
    assert "missing.gz" in capsys.readouterr().err


@pytest.mark.prove
def test_the_demo_holds_its_conversations(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--check"]) == 0
    told = capsys.readouterr().out
    assert "5 conversations, 0 failures." in told
    assert "116 016" in told
    assert "67 subscribers, 0 failures." in told
    lines = [line for line in told.splitlines() if " got it once, " in line]
    assert {line.partition(":")[0] for line in lines} == {locale.code for locale in LOCALES}
    assert len(lines) == len(LOCALES)
    assert sum(int(line.split()[1]) for line in lines) == 67


@pytest.mark.prove
def test_the_demo_fails_when_an_entry_is_taken_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from bot import content
    from bot.commands import demo, demo_kill, demo_script

    folder = tmp_path / "content"
    shutil.copytree(content.FOLDER, folder)
    offers = (folder / "offers.yaml").read_text(encoding="utf-8")
    before, _, rest = offers.partition("  - id: iq-recognition\n")
    (folder / "offers.yaml").write_text(before + rest[rest.index("  - id: ") :], encoding="utf-8")
    for path in (folder / "translations").glob("*.yaml"):
        lines = path.read_text(encoding="utf-8").split("\n")
        start = next(i for i, line in enumerate(lines) if line.strip() == "offer/iq-recognition:")
        end = next(i for i in range(start + 1, len(lines)) if not lines[i].startswith("      "))
        path.write_text("\n".join(lines[:start] + lines[end:]), encoding="utf-8")

    def without() -> tuple[Path, ...]:
        records = sorted(path for path in folder.glob("*.yaml"))
        return (*records, *sorted((folder / "translations").glob("*.yaml")))

    monkeypatch.setattr(demo, "demo_content", without)
    monkeypatch.setattr(demo_script, "demo_content", without)

    async def nothing(*_: object) -> int:
        return 0

    monkeypatch.setattr(demo_kill, "announce", nothing)
    assert main(["demo", "--check"]) == 1
    assert "iq-recognition is not in the content files" in capsys.readouterr().out
