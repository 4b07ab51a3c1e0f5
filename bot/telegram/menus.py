"""What Telegram shows of the bot: name, descriptions, and the command menus, staff's own besides."""

from __future__ import annotations

from collections.abc import Mapping

from bot.dialog import guide
from bot.dialog.desk import Desk
from bot.domain.locales import LOCALES, Locale
from bot.telegram.profile import Command, Profile, Profiles
from bot.telegram.rendering import plain
from bot.translation import N_, translator

MENU: Mapping[str, str] = {
    "start": N_("Menu"),
    "counselling": N_("Find counselling"),
    "organisations": N_("Associations near me"),
    "events": N_("Events"),
    "news": N_("News"),
    "language": N_("Language"),
    "help": N_("What I can do"),
    "privacy": N_("Privacy"),
    "mydata": N_("What you know about me"),
    "forget": N_("Forget me"),
    "imprint": N_("Imprint"),
}
"""The commands in Telegram's menu."""

STAFF_MENU: Mapping[str, str] = {
    "announce": N_("Announcements"),
    "campaign": N_("Planned notices of campaigns"),
    "staff": N_("Staff and contacts"),
}
"""What stands before them in the chats of staff."""
CONTACT_MENU: Mapping[str, str] = {"staff": STAFF_MENU["staff"]}
"""The same for contacts of associations."""


def commands(locale: Locale, *, staff: bool = False, contact: bool = False) -> tuple[Command, ...]:
    """The command menu in one language."""
    _ = translator(locale)
    own = STAFF_MENU if staff else CONTACT_MENU if contact else {}
    return tuple(Command(name, _(words)) for name, words in {**own, **MENU}.items())


async def chat_commands(desk: Desk, chat_id: int, locale: Locale) -> tuple[Command, ...]:
    """The menu of one private chat, by the role that it has at this moment."""
    async with desk.store.read() as view:
        staff = await view.staff_of(chat_id)
        contact = await view.is_contact(chat_id)
    return commands(locale, staff=staff is not None, contact=contact)


def profiles() -> Profiles:
    """Name, descriptions and menus in every language that Telegram can keep apart; English for others."""
    found = {}
    for locale in LOCALES:
        if locale.telegram is not None:
            found[locale.telegram] = Profile(
                name="Lotse · MIGRANET-MV",
                description=plain(guide.welcome_words(locale), rtl=locale.rtl),
                short_description=plain(guide.short_words(locale), rtl=locale.rtl),
                commands=commands(locale),
            )
    return {"": found["en"], **found}
