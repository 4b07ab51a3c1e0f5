"""``lotse check``: is this installation whole, and what still needs a person's eye?"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from bot.content import demo_content
from bot.content.emergencies import load_cards
from bot.content.gazetteer import load_gazetteer
from bot.domain.audit import Head
from bot.domain.directory import AnyRecord, CounsellingOffer, Freshness, Record, freshness, shown
from bot.domain.errors import DatabaseMissing, DomainError, StorageFailed
from bot.domain.gaps import FEW, KEPT_DAYS
from bot.domain.locales import LOCALES
from bot.domain.text import LocalizedText, State
from bot.parts import make_answering, open_unchanged
from bot.services.auditing import examine
from bot.services.import_records import read_records
from bot.services.import_source import read_documents
from bot.settings import Settings, SettingsWrong, require_for_running
from bot.storage import schema
from bot.telegram.menus import profiles
from bot.telegram.profile import check as check_profiles
from bot.translation import translator
from bot.translation.catalogues import path_of, written_by

_UNREADABLE = (
    "Correct LOTSE_DATABASE_URL, start the database's server, or bring back a backup (lotse restore)."
)
_TRANSLATED = "Find counselling"
"""What no other language says like English: gettext gives a msgid back that it does not know."""


async def check(settings: Settings) -> int:
    """Print what was found; 0 unless something does not work."""
    faults = await asyncio.to_thread(_faults)
    records, unreadable, missed = await _database(settings)
    faults += unreadable
    for fault in faults:
        print(f"FAULT    {fault}")
    wanting = ""
    try:
        require_for_running(settings, test=False)
    except SettingsWrong as error:
        wanting = str(error)
        for line in wanting.splitlines():
            print(f"SETTING  {line}")
    for line in await asyncio.to_thread(_unreviewed, settings, records):
        print(f"REVIEW   {line}")
    for line in missed:
        print(f"GAPS     {line}")
    if faults:
        print("Something does not work.")
    elif wanting:
        print("The program is whole. For running it, the settings named above are still missing or wrong.")
    else:
        print("The installation is whole.")
    return 1 if faults else 0


async def audit(settings: Settings, sent: str | None = None) -> int:
    """Check the log of what staff did; 1 when it is damaged, 2 when ``sent`` is no head."""
    head = Head.read(sent.strip().lower()) if sent is not None else None
    if sent is not None and head is None:
        print(
            "A head is written as in the message to the admins, the number and the code: 120:0123456789abcdef"
        )
        return 2
    if not (settings.audit_key or settings.telegram_token):
        print("SETTING  LOTSE_AUDIT_KEY or LOTSE_TELEGRAM_TOKEN: the log cannot be checked without its key.")
        return 1
    store = await open_unchanged(settings)
    try:
        found = await examine(store, settings.audit_secret, sent=head)
    finally:
        await store.close()
    for damage in found.damage:
        print(f"DAMAGE   {damage}")
    if found.damage:
        print("If all entries are named, LOTSE_AUDIT_KEY (or the token it was made from) has changed.")
    end = f", head {found.head.seq}:{found.head.code}" if found.head is not None else ""
    print(
        f"The log {'is damaged' if found.damage else 'is whole'}: {_counted(found.entries, 'entries')}{end}."
    )
    return 1 if found.damage else 0


async def _database(settings: Settings) -> tuple[tuple[AnyRecord, ...], list[str], list[str]]:
    """This installation's records, what is wrong with the database or them, and what people did not find.

    Nothing where there is no database yet.
    """
    try:
        store = await open_unchanged(settings)
        try:
            async with store.read() as view:
                content = await view.content()
                counted, texts = await view.gap_count(), len(await view.passed_on())
        finally:
            await store.close()
    except DatabaseMissing:
        return (), [], []
    except DomainError as error:
        return (), [str(error)], []
    except StorageFailed as error:
        return (), [f"the database cannot be read: {error}. {_UNREADABLE}"], []
    faulty = content.faulty.items()
    unreadable = [f"{name} cannot be read and is not shown: {problem}" for name, problem in faulty]
    if not counted and not texts:
        return content.records, unreadable, []
    told = f"fewer than {FEW}" if counted < FEW else str(counted)
    passed_on = f"{texts} of them passed on in words: see /gaps"
    return content.records, unreadable, [f"{told} questions without success in {KEPT_DAYS} days, {passed_on}"]


def _faults() -> list[str]:
    """What is missing or broken in the package itself."""
    faults = []
    make_answering()
    load_cards()
    for locale in LOCALES:
        if not path_of(locale).exists():
            faults.append(f"no catalogue for {locale.code}")
        elif locale.code != "en" and translator(locale)(_TRANSLATED) == _TRANSLATED:
            faults.append(f"the catalogue for {locale.code} is empty")
    faults += [f"profile: {problem}" for problem in check_profiles(profiles())]
    schema.head()
    today = datetime.now(UTC).date()
    _, findings = read_records(read_documents(demo_content()), load_gazetteer(), today)
    return faults + [str(finding) for finding in findings]


def _unreviewed(settings: Settings, records: Sequence[AnyRecord]) -> list[str]:
    """Languages that no person has confirmed, and records that need a look.

    Without ``records`` of its own an installation begins with the starter content.
    """
    today = datetime.now(settings.zone).date()
    whose = "this installation"
    if not records:
        whose = "the starter content"
        given, _ = read_records(read_documents(demo_content()), load_gazetteer(), today)
        records = [one.record for one in given]
    own = [record for record in records if not record.demo]
    words = [locale.code for locale in LOCALES if written_by(locale) != "human"]
    lines = [
        f"no person has confirmed {what} in: {', '.join(codes)}"
        for what, codes in (
            ("the program's own words", words),
            ("the emergency cards", load_cards().unreviewed()),
        )
        if codes
    ]
    lines += _machine_made(own, whose)
    lines += _machine_made([record for record in records if record.demo], "the demo")
    stale = [r for r in own if shown(r) and freshness(r, today) is Freshness.STALE]
    hidden = [r for r in own if not shown(r)]
    are = "is" if len(stale) == 1 else "are"
    lines.append(f"{_counted(len(stale), 'entries')} of {whose} {are} past their review or uncertain")
    are, them = ("is", "it") if len(hidden) == 1 else ("are", "them")
    lines.append(
        f"{_counted(len(hidden), 'entries')} of {whose} {are} not shown until the office confirms {them}"
    )
    mute = [r.id for r in own if isinstance(r, CounsellingOffer) and shown(r) and not r.reachable]
    if mute:
        lines.append(
            f"{len(mute)} offers of {whose} have no telephone, address or website: {', '.join(mute)}"
        )
    return lines


def _counted(count: int, many: str) -> str:
    """ "1 entry", "2 entries"."""
    one = f"{many.removesuffix('ies')}y" if many.endswith("ies") else many.removesuffix("s")
    return f"{count} {one if count == 1 else many}"


def _machine_made(records: Iterable[AnyRecord], whose: str) -> list[str]:
    counts = Counter(
        code
        for record in records
        for text in _texts(record)
        for code, rendition in text.renditions.items()
        if rendition.state is not State.HUMAN
    )
    return [
        f"{locale.code}: {_counted(counts[locale.code], 'texts')} of {whose} "
        f"{'is' if counts[locale.code] == 1 else 'are'} translated automatically"
        for locale in LOCALES
        if counts[locale.code]
    ]


def _texts(record: Record) -> list[LocalizedText]:
    return [
        value
        for name in record.__dataclass_fields__
        if isinstance(value := getattr(record, name), LocalizedText)
    ]
