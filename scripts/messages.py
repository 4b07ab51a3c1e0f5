"""Keep the catalogues in step with the code.

``python scripts/messages.py update`` takes new msgids into every catalogue and drops those that are
gone; ``check`` changes nothing and fails where a catalogue does not hold exactly the code's msgids.
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot.domain.locales import LOCALES, Locale  # noqa: E402
from bot.translation.catalogues import PLURAL_FORMS, path_of, written_by  # noqa: E402

KEYWORDS = {"_": None, "N_": None, "n": (1, 2), "translator": None}


def template() -> Catalog:
    """All msgids of the code, with the files they stand in."""
    catalogue = Catalog(project="migranet-lotse")
    found = extract_from_dir(ROOT / "bot", [("**.py", "python")], keywords=KEYWORDS)
    for filename, _line, message, _comments, context in found:
        if isinstance(message, str) and not message:
            continue
        # Babel wants a line number; ours are all 0, because a moved line is no change for a translator.
        catalogue.add(message, None, [(f"bot/{filename}", 0)], context=context)
    return catalogue


def read(locale: Locale) -> Catalog:
    """A locale's catalogue, empty where there is none yet."""
    path = path_of(locale)
    if not path.exists():
        return Catalog(locale=locale.folder, project="migranet-lotse")
    with path.open("rb") as file:
        return read_po(file, locale=locale.folder)


def update(locale: Locale, fresh: Catalog) -> None:
    """Write a locale's catalogue with exactly the code's msgids, sorted by them."""
    old = read(locale)
    path = path_of(locale)
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        'msgid ""',
        'msgstr ""',
        '"Project-Id-Version: migranet-lotse\\n"',
        f'"Language: {locale.folder}\\n"',
        '"MIME-Version: 1.0\\n"',
        '"Content-Type: text/plain; charset=utf-8\\n"',
        '"Content-Transfer-Encoding: 8bit\\n"',
        f'"Plural-Forms: {PLURAL_FORMS[locale.code]}\\n"',
        f'"X-State: {written_by(locale)}\\n"',
        "",
    ]
    forms = int(PLURAL_FORMS[locale.code].partition("nplurals=")[2].partition(";")[0])
    for message in sorted((m for m in fresh if m.id), key=lambda m: str(m.id)):
        known = old.get(message.id[0] if isinstance(message.id, tuple) else message.id)
        places = " ".join(sorted({name for name, _ in message.locations}))
        lines.append(f"#: {places}")
        flags = ["fuzzy"] if known is not None and known.fuzzy else []
        flags += ["python-brace-format"] if message.python_format or "{" in str(message.id) else []
        lines += [f"#, {', '.join(flags)}"] if flags else []
        if isinstance(message.id, tuple):
            one, many = message.id
            strings = known.string if known is not None and isinstance(known.string, tuple | list) else ()
            if locale.code == "en" and not any(strings):
                strings = (one, many)
            lines += [f"msgid {quoted(one)}", f"msgid_plural {quoted(many)}"]
            lines += [f"msgstr[{i}] {quoted(strings[i] if i < len(strings) else '')}" for i in range(forms)]
        else:
            text = known.string if known is not None and isinstance(known.string, str) else ""
            if locale.code == "en" and not text:
                text = str(message.id)
            lines += [f"msgid {quoted(str(message.id))}", f"msgstr {quoted(text)}"]
        lines.append("")
    path.write_text("\n".join(lines), encoding="utf-8")


def quoted(text: str) -> str:
    """A string as gettext writes it, on one line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def differences(locale: Locale, fresh: Catalog) -> list[str]:
    """What a catalogue lacks or has too much, and what is not translated."""
    have = {key(message.id): message for message in read(locale) if message.id}
    want = {key(message.id): message for message in fresh if message.id}
    missing = [f"{locale.code}: missing msgid {id!r}" for id in want.keys() - have.keys()]
    stale = [f"{locale.code}: stale msgid {id!r}" for id in have.keys() - want.keys()]
    empty = [
        f"{locale.code}: no translation of {id!r}"
        for id, message in have.items()
        if not (all(message.string) if isinstance(message.string, tuple | list) else message.string)
    ]
    # At run time these are left out, and the reader would get English.
    fuzzy = [f"{locale.code}: marked as fuzzy: {id!r}" for id, message in have.items() if message.fuzzy]
    return sorted(missing) + sorted(stale) + sorted(empty) + sorted(fuzzy)


def key(id: object) -> str:
    """The msgid by which a message is found, its singular."""
    return str(id[0]) if isinstance(id, tuple | list) else str(id)


def main(command: str) -> int:
    """Run ``update`` or ``check``; the exit status."""
    fresh = template()
    if command == "update":
        for locale in LOCALES:
            update(locale, fresh)
        return 0
    problems = [problem for locale in LOCALES for problem in differences(locale, fresh)]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "check"))
