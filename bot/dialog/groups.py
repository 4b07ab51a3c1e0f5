"""Groups: silent unless addressed; sensitive questions are led to the private chat."""

from __future__ import annotations

from dataclasses import replace

from bot.dialog.actions import (
    About,
    CampaignDistrict,
    ChooseLanguage,
    ChooseTown,
    Forget,
    ListArticles,
    ListOrganisations,
    OpenEvent,
    OpenRecord,
    PickOrganisations,
    ReportOutdated,
    SendMyData,
    ShowAbout,
    ShowEvents,
    ShowLanguages,
    ShowOrganisations,
    ShowPrivacy,
)
from bot.dialog.articles import find
from bot.dialog.cards import card
from bot.dialog.event_card import card_text
from bot.dialog.found import opening, town_of
from bot.dialog.labels import COUNSELLING_TOPICS, GLOSSARY
from bot.dialog.news_actions import (
    AskConsent,
    ChooseArea,
    ChooseFrequency,
    ChooseHour,
    ChooseNews,
    EndNews,
    Mute,
    MuteUntil,
    OpenNews,
    SetFrequency,
    SetQuiet,
    ShowMute,
    ShowNews,
    ShowQuiet,
    ShowSubscription,
    ShowSubscriptions,
    StopNews,
    Subscribe,
)
from bot.dialog.reply import Bold, Button, Message, Reply, lines
from bot.dialog.showing import in_private
from bot.dialog.turn import Turn
from bot.domain.directory import AnyRecord, Article, Event, Kind, Organisation
from bot.domain.locales import LOCALES
from bot.services.answering import Answer, Verdict
from bot.services.shelf import Holdings
from bot.services.subscribing import topic_of
from bot.translation import translator
from bot.understanding.danger import Alarm
from bot.understanding.lexicon import Danger
from bot.understanding.questions import Question
from bot.understanding.words import tokens

_OPEN_KINDS = frozenset({Kind.ORGANISATION, Kind.EVENT, Kind.CAMPAIGN, Kind.ARTICLE})
_HARMLESS = frozenset(
    ("german", "culture", "sport", "swimming", "music", "encounter", "education", "children", "network")
)
_UNSAID = "violence"
"""The topic that no link in a group names."""


async def introduce(turn: Turn) -> Reply:
    """The bot was added to a group: who it is and what it does not do, in two languages."""
    own = (
        turn.locale if turn.locale.code != "de" else next(locale for locale in LOCALES if locale.code == "en")
    )
    german = next(locale for locale in LOCALES if locale.code == "de")
    parts = []
    for locale in (german, own):
        _ = translator(locale)
        sentences = (
            _("I am Lotse, a program of MIGRANET-MV."),
            _(
                "I do not read your conversations and keep nothing. I answer only when you mention "
                "me or reply to me."
            ),
            _("For personal questions, write to me in private."),
            _("Administrators can get news for this group with /news."),
        )
        parts.append("\n".join(sentences))
    return Reply((Message(lines(parts[0], "", parts[1]), (private_button(turn),), replaces=False),))


async def started(turn: Turn, command: str) -> Reply:
    """What leads to the private chat, but for ``?startgroup=news-<topic>``: the consent for the group."""
    from bot.dialog import news

    head, _dash, name = turn.arguments.strip().partition("-")
    topic = topic_of(name) if command == "start" and head == "news" else None
    return await introduce(turn) if topic is None else await news.from_link(turn, topic)


def private_button(turn: Turn, payload: str = "start") -> tuple[Button, ...]:
    """The row that leads to the private chat."""
    return (in_private(turn, payload),)


async def may_press(turn: Turn) -> bool:
    """Whether a button may be answered where others read along: nothing about counselling or a person."""
    match action := turn.action:
        case ShowOrganisations() | PickOrganisations() | ListOrganisations() | ShowEvents() | OpenEvent():
            return True
        case ShowAbout() | CampaignDistrict() | ShowLanguages() | ChooseLanguage() | ShowPrivacy():
            return True
        case ListArticles(section=section):
            return section != GLOSSARY
        case ShowNews() | OpenNews() | ShowSubscriptions() | ChooseNews() | ShowSubscription():
            return True
        case ChooseArea() | ChooseFrequency() | ChooseHour() | AskConsent() | Subscribe():
            return True  # these look for themselves whether it is an administrator who presses
        case SetFrequency() | ShowQuiet() | SetQuiet() | StopNews() | EndNews():
            return True
        case ShowMute() | Mute() | MuteUntil():
            return True
        case ChooseTown(what=what):
            return what != About.COUNSELLING
        case OpenRecord(kind=kind, id=id):
            record = await find(turn, kind, id)
            return kind in _OPEN_KINDS and (record is None or _is_open(record))
        case _:
            return isinstance(action, ReportOutdated | SendMyData | Forget)


async def in_place(turn: Turn, reply: Reply) -> Reply:
    """What a press leads to where others read along: the message changes under which it was made.

    Only administrators can make the bot post something; else every reader of a channel could. The others
    get a line over the screen, which nobody else sees.
    """
    if all(message.replaces for message in reply.messages) or await turn.decides():
        return reply
    words = turn.translator("I answer this in private, where nobody else can read it.")
    return Reply(toast=f"{words} @{turn.desk.bot_username}")


async def answer(turn: Turn, found: Answer) -> Reply:
    """An addressed question in a group: openly where it is about associations, events or the network."""
    from bot.dialog import articles, asked_for, organisations, replying, ways

    holdings = await turn.desk.shelf.holdings()
    question = found.question
    sensitive = set(question.topics) - _HARMLESS
    if not sensitive and (reply := await replying.in_group(turn, found)) is not None:
        return reply
    if not sensitive and (reply := await _small_talk(turn, found)) is not None:
        return reply
    town = town_of(turn, question)
    if town is not None and (campaign := asked_for.campaign_in(holdings, found, town)) is not None:
        # How a campaign stands in a district is public, also of one for health.
        return await articles.campaign_district(turn, CampaignDistrict(campaign.id, town.district))
    if asked_for.names_events(turn, found) and not sensitive:
        return await ways.coming_events(turn, question)
    records = [one for entry in found.entries if (one := holdings.directory.get(*entry.key)) is not None]
    # What was meant first of all, or named outright; with an offer or an office word before it, the
    # question is personal.
    named = next((one for one in records if _names(question, one)), None)
    if not (named or sensitive) and asked_for.asks_for_organisations(found):
        return await organisations.list_(turn, asked_for.organisations_of(found, town))
    record = named or next(iter(records), None)
    if record is not None and not sensitive and _is_open(record):
        text = await card_text(turn, record) if isinstance(record, Event) else card(turn, record).text
        return Reply((Message(text, (private_button(turn),), replaces=False),))
    return private_only(turn, _payload(holdings, found))


async def _small_talk(turn: Turn, found: Answer) -> Reply | None:
    """A greeting, thanks, "who are you?", or nothing but a mention; None where more is asked for."""
    question = found.question
    match question.smalltalk:
        case "greeting" | "who" | "asks" | "lost" | "back":
            return await introduce(turn)
        case "thanks" | "fine" | "insult" | "complaint":
            return Reply((Message(lines(*opening(turn, found)), replaces=False),))
        case None if not question.words:
            return await introduce(turn)
        case _:
            return None


def _payload(holdings: Holdings, found: Answer) -> str:
    """What the private chat begins with, so that nobody has to write the question again: the doors for its
    topic, or the record that answers it. Whoever reads along can follow the link: it never says violence.
    """
    from bot.dialog import asked_for

    question = found.question
    topics = [id for id in question.topics if id in COUNSELLING_TOPICS]
    record = holdings.directory.get(*found.entries[0].key) if found.verdict is Verdict.ANSWER else None
    if found.alarm is not None or _UNSAID in topics or (record is not None and _UNSAID in record.topics):
        return "start"
    if topics and asked_for.is_counselling(found, topics[0]):
        where = f"-{question.towns[0].id}" if question.towns else ""
        return f"topic-{topics[0]}{where}"
    return f"{record.KIND}-{record.id}" if record is not None else "start"


def _names(question: Question, record: AnyRecord) -> bool:
    """Whether every word of the question stands in an organisation's name."""
    if not isinstance(record, Organisation) or not question.words:
        return False
    return any(set(question.words) <= set(tokens(title)) for _, title in record.title.texts())


def _is_open(record: AnyRecord) -> bool:
    """A word of the office is general knowledge, but who asks for it says something about themselves."""
    return record.KIND in _OPEN_KINDS and not (isinstance(record, Article) and record.section == GLOSSARY)


def is_no_cry(turn: Turn, words: str, alarm: Alarm) -> bool:
    """Whether "can you help me?" is asked where others read along: no danger that all have to hear of."""
    reader = turn.desk.answering.reader
    question = reader.read(words)
    asks = turn.desk.following.asks_for_a_hand(question)
    return alarm.danger is Danger.HELP and not turn.private and asks


def in_danger(turn: Turn, usual: Reply | None = None) -> Reply:
    """A cry in a group: the two numbers at once, and not which danger it is, for others read along.

    Below them stands the usual answer where the cry is only suspected; a button leads to the private chat.
    """
    first, *others = (usual or private_only(turn)).messages
    numbers = Bold(turn.translator("In danger: call 110 (police) or 112 (ambulance, fire)."))
    there = any(button.url for row in first.buttons for button in row)
    way = () if there else (private_button(turn),)
    first = replace(first, text=lines(numbers, "", first.text), buttons=(*first.buttons, *way))
    return Reply((first, *others), urgent=True)


def private_only(turn: Turn, payload: str = "start") -> Reply:
    """Nothing is said here; a button leads to the private chat."""
    text = turn.translator("I answer this in private, where nobody else can read it.")
    return Reply((Message((text,), (private_button(turn, payload),), replaces=False),))
