"""The front hall: start, menu, languages, help, and what a person gets who says anything at all."""

from __future__ import annotations

from bot.dialog.actions import (
    About,
    ChooseLanguage,
    ChooseTown,
    ListArticles,
    ListOffers,
    OpenEvent,
    OpenRecord,
    ShowAbout,
    ShowEvents,
    ShowLanguages,
    ShowMenu,
    ShowOrganisations,
    ShowPrivacy,
    ShowSaved,
    ShowTopics,
)
from bot.dialog.callback import Action
from bot.dialog.labels import COUNSELLING_TOPICS
from bot.dialog.news_actions import OpenNews, ShowNews
from bot.dialog.reply import Bold, Button, Code, Line, Message, Reply, Rows, lines
from bot.dialog.showing import back
from bot.dialog.turn import ChatType, Turn
from bot.domain.locales import LOCALES, Locale, find, language_of
from bot.domain.staff import INVITATION
from bot.services.subscribing import topic_of
from bot.translation import translator

_DIGITS = 10
"""A message's number in a deep link has fewer."""


async def start(turn: Turn) -> Reply:
    """``/start``: a deep link's target, the menu for who has chosen a language, else the picker."""
    store = turn.desk.store
    if turn.recipient is not None and turn.recipient.retired_at is not None:
        async with store.begin() as tx:
            await tx.revive(turn.chat_id)
    payload = turn.arguments.strip()
    if payload.startswith("lang-") and (locale := find(payload[5:])):
        return await _speak(turn, locale, "")
    if turn.recipient is None:
        return languages_screen(turn, then=payload)
    return await follow(turn, payload)


async def follow(turn: Turn, payload: str) -> Reply:
    """Open what a deep link names: a record, a topic, a message; the menu for anything else."""
    from bot.dialog import archive, articles, counselling, events, inviting, news

    head, _, rest = payload.partition("-")
    match head:
        case "topic" if (topic_id := rest.partition("-")[0]) in COUNSELLING_TOPICS:
            town = turn.desk.gazetteer.town(rest.partition("-")[2])
            if town is not None:
                return await counselling.list_offers(turn, ListOffers(topic_id, town.id))
            return await counselling.choose_town(turn, ChooseTown(About.COUNSELLING, topic_id))
        case "event":
            return await events.open_event(turn, OpenEvent(rest))
        case "organisation" | "offer" | "campaign" | "article":
            return await articles.open_record(turn, OpenRecord(head, rest))
        case _ if head == INVITATION:
            return await inviting.invitation(turn, rest)
        case "language":
            return languages_screen(turn)
        case "glossary":
            return await articles.list_articles(turn, ListArticles(head))
        case "news":
            if rest.isdecimal() and len(rest) < _DIGITS:
                return await archive.open_news(turn, OpenNews(int(rest)))
            topic = topic_of(rest)
            return await (news.from_link(turn, topic) if topic is not None else archive.show(turn))
        case "privacy":
            from bot.dialog import privacy

            return await privacy.privacy(turn)
        case _:
            return await menu(turn)


async def menu(turn: Turn) -> Reply:
    """The main menu."""
    return Reply((menu_message(turn),))


def menu_message(turn: Turn, *opening: Line) -> Message:
    """The main menu under an opening of one's choice."""
    _ = turn.translator
    if not opening:
        opening = (
            Bold(_("Lotse: I show you where to find help in Mecklenburg-Vorpommern.")),
            _("Choose, or just write your question in your own words, in your language."),
            "",
            _("I am a program, not a person. Please write no names and send no documents."),
        )
    return Message(lines(*opening), menu_rows(turn))


def menu_rows(turn: Turn) -> Rows:
    """The buttons of the main menu."""
    _ = turn.translator
    rows: list[tuple[Button, ...]] = [
        (Button(_("Find counselling"), ShowTopics()),),
        (Button(_("Associations near me"), ShowOrganisations()), Button(_("Events"), ShowEvents())),
        (Button(_("News"), ShowNews()), Button(_("About the network"), ShowAbout())),
        (Button(_("Help and privacy"), ShowPrivacy("help")),),
        language_row(turn),
    ]
    if turn.recipient is not None and turn.private:
        rows[3] = (Button(_("My saved events"), ShowSaved()), *rows[3])
    return tuple(rows)


def language_row(turn: Turn) -> tuple[Button, ...]:
    """The button to the picker, which also who cannot read the rest finds."""
    own = turn.translator("Language")
    return (Button("Language" if turn.locale.code == "en" else f"Language · {own}", ShowLanguages()),)


async def show_languages(turn: Turn) -> Reply:
    """``/language`` and its button."""
    return languages_screen(turn)


def languages_screen(turn: Turn, then: str = "") -> Reply:
    """The picker in native names, without flags; the language of the person's app is marked."""
    hinted = (turn.recipient and find(turn.recipient.locale)) or find(turn.hint)
    buttons = []
    for locale in LOCALES:
        mark = "✓ " if locale == hinted else ""
        action: Action = ChooseLanguage(locale.code, then)
        if not action.fits:
            action = ChooseLanguage(locale.code)
        buttons.append(Button(f"{mark}{locale.name}", action))
    rows: Rows = tuple(tuple(buttons[i : i + 2]) for i in range(0, len(buttons), 2))
    if turn.recipient is not None and turn.private:
        rows = (*rows, (back(turn, ShowMenu()),))
    shown = [hinted] if hinted else []
    shown += [locale for locale in LOCALES if locale.code in ("de", "uk", "ar", "en") and locale not in shown]
    unwritten = turn.desk.unwritten.get(language_of(turn.hint)) if hinted is None else None
    greeting = [unwritten.choose] if unwritten is not None else []
    greeting += [_greeting(locale) for locale in shown]
    return Reply((Message(lines(Bold("Lotse · MIGRANET-MV"), *greeting), rows),))


def _greeting(locale: Locale) -> str:
    _ = translator(locale)
    parts = (
        _("Lotse: I show you where to find help in Mecklenburg-Vorpommern."),
        _("Please choose your language."),
    )
    return " ".join(parts)


async def choose_language(turn: Turn, action: ChooseLanguage) -> Reply:
    """A language was picked: remember it, and go where the person was going."""
    from bot.dialog import subscriptions

    if not await subscriptions.may_undo(turn):
        return subscriptions.not_yours(turn)
    locale = find(action.locale)
    return languages_screen(turn) if locale is None else await _speak(turn, locale, action.then)


async def _speak(turn: Turn, locale: Locale, then: str) -> Reply:
    from dataclasses import replace

    async with turn.desk.store.begin() as tx:
        today = turn.desk.today(turn.now)
        await tx.choose_locale(turn.chat_id, turn.chat_type.value, locale.code, turn.now, today)
        recipient = await tx.recipient(turn.chat_id)
    turned = replace(turn, locale=locale, translator=translator(locale), recipient=recipient)
    if turn.chat_type is ChatType.CHANNEL:  # nobody writes there: all that it can have is news
        from bot.dialog import archive

        reply = await archive.show(turned)
    else:
        reply = await follow(turned, then) if then else await menu(turned)
    return replace(reply, toast=locale.name)


async def help_(turn: Turn) -> Reply:
    """``/help``: what can be asked, in a few examples, and the pages that must be two taps away."""
    _ = turn.translator
    commands = "/start /news /language /privacy /mydata /forget /imprint"
    if turn.private and turn.chat_id in turn.desk.staff_chats:
        commands = f"/announce /campaign /staff {commands}"
    text = lines(
        Bold(_("What I can do")),
        _("Write what you need, for example:"),
        "• " + _("Where is counselling in Arabic in Güstrow?"),
        "• " + _("My boss does not pay me"),
        "• " + _("What is a Fiktionsbescheinigung?"),
        "• " + _("Events this weekend in Rostock"),
        "",
        _("With /news I send you what you choose, and show what was sent."),
        _(
            "I give information and show you where to find help. I cannot judge your case: a "
            "counselling office does that."
        ),
        _("In danger: call 110 (police) or 112 (ambulance, fire)."),
        "",
        _("Commands: {commands}", commands=commands),
    )
    rows = (
        (
            Button(_("Privacy"), ShowPrivacy("privacy")),
            Button(_("Imprint"), ShowPrivacy("imprint")),
        ),
        (back(turn, ShowMenu()),),
    )
    return Reply((Message(text, rows),))


async def own_id(turn: Turn) -> Reply:
    """``/id``: the chat's own number, for LOTSE_ADMINS."""
    return Reply.of(turn.translator("The number of this chat:"), " ", Code(str(turn.chat_id)), replaces=False)


def welcome_words(locale: Locale) -> str:
    """The description that Telegram shows before the first message."""
    _ = translator(locale)
    words = _(
        "Lotse shows you counselling, associations and events in Mecklenburg-Vorpommern, in your language. "
        "Free of charge. A program of MIGRANET-MV. In danger call 110 or 112."
    )
    named = zip((_("Imprint"), _("Privacy")), _pages(locale), strict=True)
    return "\n".join((words, *(f"{name}: {page}" for name, page in named)))


def short_words(locale: Locale) -> str:
    """What the profile says in one line."""
    _ = translator(locale)
    words = _("Counselling, associations and events in your language. In danger: 110, 112.")
    return f"{words} {' '.join(_pages(locale))}"


def _pages(locale: Locale) -> tuple[str, str]:
    """Imprint and privacy, which must be found in the profile already, as commands."""
    return ("/impressum", "/datenschutz") if locale.babel == "de" else ("/imprint", "/privacy")
