"""Reading catalogues: placeholders, plural forms, and what happens where a text is missing."""

from __future__ import annotations

from collections.abc import Iterator
from gettext import NullTranslations
from pathlib import Path

import pytest

from bot.domain.locales import DEFAULT, LOCALES, Locale, find
from bot.translation import catalogues
from bot.translation.catalogues import N_, PLURAL_FORMS, Translator, catalogue_folder, translator

PLURAL = ("{count} saved event", "{count} saved events")


def locale(code: str) -> Locale:
    found = find(code)
    assert found is not None
    return found


PO = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Language: {language}\\n"
"Plural-Forms: {plurals}\\n"

msgid "Open until {{time}}"
msgstr "{time}"

msgid "Untranslated"
msgstr ""

#, fuzzy
msgid "Guessed"
msgstr "Geraten"

msgid "{{count}} door in {{town}}"
msgid_plural "{{count}} doors in {{town}}"
{forms}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for catalogues of our own; what was read from it is forgotten afterwards."""
    monkeypatch.setattr(catalogues, "catalogue_folder", lambda: tmp_path)
    translator.cache_clear()
    yield tmp_path
    translator.cache_clear()


def write(folder: Path, code: str, time: str, *forms: str) -> Translator:
    path = folder / locale(code).folder / "LC_MESSAGES" / "bot.po"
    path.parent.mkdir(parents=True)
    lines = "\n".join(f'msgstr[{number}] "{form}"' for number, form in enumerate(forms))
    text = PO.format(language=locale(code).babel, plurals=PLURAL_FORMS[code], time=time, forms=lines)
    path.write_text(text, encoding="utf-8")
    return translator(locale(code))


# A catalogue


def test_placeholders_are_filled_in_by_name(folder: Path) -> None:
    _ = write(folder, "de", "Geöffnet bis {time}", "{count} Tür in {town}", "{count} Türen in {town}")
    assert _.locale is DEFAULT
    assert _("Open until {time}", time="18:00") == "Geöffnet bis 18:00"
    assert _.n("{count} door in {town}", "{count} doors in {town}", 1, town="Bützow") == "1 Tür in Bützow"
    assert _.n("{count} door in {town}", "{count} doors in {town}", 5, town="Bützow") == "5 Türen in Bützow"


def test_without_values_braces_stay_as_they_are(folder: Path) -> None:
    _ = write(folder, "de", "Geöffnet bis {time}", "a", "b")
    assert _("Open until {time}") == "Geöffnet bis {time}"
    assert _("{not ours}") == "{not ours}"


def test_values_are_not_read_as_placeholders(folder: Path) -> None:
    _ = write(folder, "de", "Geöffnet bis {time}", "a", "b")
    assert _("Open until {time}", time="{count} {0}") == "Geöffnet bis {count} {0}"


def test_a_placeholder_without_its_value_is_a_fault(folder: Path) -> None:
    _ = write(folder, "de", "Geöffnet bis {time}", "a", "b")
    with pytest.raises(KeyError, match="time"):
        _("Open until {time}", other="18:00")


@pytest.mark.parametrize("msgid", ["Untranslated", "Guessed", "Not in the catalogue"])
def test_what_has_no_sure_translation_stays_english(folder: Path, msgid: str) -> None:
    _ = write(folder, "de", "Geöffnet bis {time}", "a", "b")
    assert _(msgid) == msgid


def test_a_language_without_a_catalogue_stays_english(folder: Path) -> None:
    _ = translator(locale("pl"))
    assert _("Open until {time}", time="18:00") == "Open until 18:00"
    assert [_.n(*PLURAL, count) for count in (1, 0, 2)] == [
        "1 saved event",
        "0 saved events",
        "2 saved events",
    ]


@pytest.mark.parametrize(
    ("code", "forms"),
    [
        ("de", {0: 1, 1: 0, 2: 1, 11: 1, 21: 1, 101: 1}),
        ("fr", {0: 0, 1: 0, 2: 2, 21: 2, 101: 2, 1_000_000: 1}),
        ("fa-AF", {0: 0, 1: 0, 2: 1, 101: 1}),
        ("uk", {0: 2, 1: 0, 2: 1, 5: 2, 11: 2, 12: 2, 21: 0, 101: 0}),
        ("pl", {0: 2, 1: 0, 2: 1, 5: 2, 12: 2, 21: 2, 22: 1, 101: 2}),
        ("ro", {0: 1, 1: 0, 2: 1, 19: 1, 20: 2, 101: 1}),
        ("ar", {0: 0, 1: 1, 2: 2, 5: 3, 11: 4, 21: 4, 101: 5}),
        ("vi", {0: 0, 1: 0, 2: 0, 101: 0}),
    ],
)
def test_the_plural_form_follows_the_number(folder: Path, code: str, forms: dict[int, int]) -> None:
    count = int(PLURAL_FORMS[code].partition("nplurals=")[2].partition(";")[0])
    _ = write(folder, code, "…", *(f"form {number}" for number in range(count)))
    found = {number: _.n("{count} door in {town}", "{count} doors in {town}", number) for number in forms}
    assert found == {number: f"form {form}" for number, form in forms.items()}


def test_a_catalogue_is_read_once(folder: Path) -> None:
    first = write(folder, "de", "Geöffnet bis {time}", "a", "b")
    (folder / "de" / "LC_MESSAGES" / "bot.po").unlink()
    assert translator(DEFAULT) is first


# Ours


@pytest.mark.parametrize("one", LOCALES, ids=lambda one: one.code)
def test_every_launch_language_has_a_catalogue_that_fills_in_numbers(one: Locale) -> None:
    _ = translator(one)
    assert _.locale is one
    assert (catalogue_folder() / one.folder / "LC_MESSAGES" / "bot.po").is_file()
    for count in (0, 1, 2, 5, 11, 21, 101):
        text = _.n(*PLURAL, count)
        assert text
        assert "{" not in text
        assert count in (0, 1, 2) or str(count) in text


def test_languages_do_not_mix() -> None:
    texts = {one.code: translator(one).n(*PLURAL, 5) for one in LOCALES}
    assert texts["en"] == "5 saved events"
    assert len(set(texts.values())) >= len(LOCALES) - 1  # plain German may say it as German does


def test_the_catalogues_of_an_installed_wheel_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "site" / "bot" / "translation" / "catalogues.py"
    module.parent.mkdir(parents=True)
    monkeypatch.setattr(catalogues, "__file__", str(module))
    assert catalogue_folder() == (tmp_path / "site" / "locales").resolve()
    installed = tmp_path / "site" / "bot" / "locales"
    installed.mkdir()
    assert catalogue_folder() == installed.resolve()


def test_marking_a_msgid_changes_nothing() -> None:
    assert N_("Open until {time}") == "Open until {time}"


def test_an_empty_catalogue_gives_back_what_it_was_given() -> None:
    assert Translator(DEFAULT, NullTranslations())("Anything") == "Anything"
