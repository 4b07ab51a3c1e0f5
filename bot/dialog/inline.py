"""Inline mode: ``@bot swim Rostock`` in any chat lists organisations and events to share."""

from __future__ import annotations

from bot.dialog.cards import card
from bot.dialog.event_card import card_text
from bot.dialog.reply import Button, Card, Message
from bot.dialog.showing import Reading, deep_link, shorten
from bot.dialog.turn import Turn
from bot.domain.directory import AnyRecord, Event, Kind, Organisation

_RESULTS = 10
_DESCRIPTION = 90


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
        ranked = await turn.desk.answering.find(turn.text, turn.locale.code, holdings, 60)
        records = (holdings.directory.get(*scored.key) for scored in ranked)
        found = [record for record in records if isinstance(record, Organisation | Event)]
    else:
        found = list(holdings.directory.organisations)
    return tuple([await _card(turn, record) for record in found[:_RESULTS]])


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
