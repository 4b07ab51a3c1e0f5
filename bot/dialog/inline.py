"""Inline mode: ``@bot swim Rostock`` in any chat lists organisations and events to share."""

from __future__ import annotations

from bot.dialog.cards import card
from bot.dialog.event_card import card_text
from bot.dialog.reply import Button, Card, Message
from bot.dialog.showing import Reading, deep_link, shorten
from bot.dialog.turn import Turn
from bot.domain.directory import AnyRecord, Event, Kind, Organisation
from bot.services.shelf import Holdings

_RESULTS = 10
_DESCRIPTION = 90
_LIKELY = 0.01
"""From this score on a card is offered: what is below has nothing to do with the words."""


async def search(turn: Turn) -> tuple[Card, ...]:
    """The cards for an inline query; the words are used for this and kept nowhere.

    Only organisations and events are found by words: what one shares into a group must not say
    what one asked counselling about. A card's own share button names it by its key.
    """
    holdings = await turn.desk.shelf.holdings()
    kind, _, id = turn.text.strip().partition(":")
    if kind in set(Kind) and (record := holdings.directory.get(Kind(kind), id)) is not None:
        found: list[AnyRecord] = [record]
    elif turn.text.strip():
        found = await _meant(turn, holdings)
    else:
        found = list(holdings.directory.organisations)
    return tuple([await _card(turn, record) for record in found[:_RESULTS]])


def otherwise(turn: Turn) -> str:
    """What stands in the place of cards where there is none; it leads to the private chat."""
    return turn.translator("Nothing found. Ask me in private.")


async def _meant(turn: Turn, holdings: Holdings) -> list[AnyRecord]:
    """What the words mean, the likeliest first; of who writes a town alone all that is in it."""
    answering = turn.desk.answering
    question = answering.reader.read(turn.text)
    towns = {town.id for town in question.towns} if not question.rest else set()
    found: list[AnyRecord] = []
    for scored in await answering.find(turn.text, turn.locale.code, holdings, 60):
        record = holdings.directory.get(*scored.key)
        if not isinstance(record, Organisation | Event):
            continue
        places = record.places if isinstance(record, Organisation) else filter(None, (record.place,))
        if scored.score >= _LIKELY or towns.intersection(place.town for place in places):
            found.append(record)
    return found


async def _card(turn: Turn, record: AnyRecord) -> Card:
    reading = Reading(turn)
    text = await card_text(turn, record) if isinstance(record, Event) else card(turn, record).text
    link = deep_link(turn.desk.bot_username, f"{record.KIND}-{record.id}")
    opens = Button(turn.translator("Open in Lotse"), url=link)
    summary = record.summary.localize(turn.locale)
    return Card(
        f"{record.KIND}:{record.id}",
        reading.name(record.title),
        shorten(summary.text, _DESCRIPTION) if summary else "",
        Message(text, ((opens,),), replaces=False),
    )
