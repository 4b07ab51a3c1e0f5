"""Who speaks a language: beside the doors for a topic, others of the town, and associations there."""

from __future__ import annotations

from collections.abc import Sequence

from bot.dialog.cards import open_action
from bot.dialog.reply import Button, Line, Rows
from bot.dialog.showing import Reading, form, language_names, shorten, town_name
from bot.dialog.turn import Turn
from bot.domain.directory import CounsellingOffer, Organisation
from bot.domain.places import Town
from bot.services.browsing import OfferHit, offers_speaking, spoken_as
from bot.services.shelf import Holdings

_MOST = 3
"""So many doors, and so many associations, are named beside those for a topic."""


def others(
    turn: Turn,
    holdings: Holdings,
    town: Town | None,
    spoken: str,
    listed: Sequence[CounsellingOffer | Organisation],
    *,
    known: bool,
) -> tuple[list[Line], Rows]:
    """Who else speaks the languages asked for, under words that say so, and their buttons: associations in
    the town, and where nobody is ``known`` among those ``listed`` offers for whatever topic; where there is
    nobody at all, to ask for an interpreter."""
    _, reading = turn.translator, Reading(turn)
    told: list[Line] = []
    rows: Rows = ()
    speaking = spoken_as(spoken)
    if not known:
        hits = offers_speaking(holdings.directory, turn.desk.gazetteer, speaking, town)
        doors = [hit for hit in hits if hit.offer.places and hit.offer not in listed][:_MOST]
        if doors:
            told.append(
                _("Counselling in these languages: {languages}", languages=language_names(turn, spoken))
            )
        for hit in doors:
            where = place_of(turn, hit, town)
            told.append(" · ".join(filter(None, (f"• {reading.text(hit.offer.title)}", where))))
            rows = (*rows, (Button(shorten(reading.name(hit.offer.title)), open_action(hit.offer)),))
    here = [] if town is None else [one for one in holdings.directory.organisations if stands_in(one, town)]
    associations = [one for one in here if one not in listed and not speaking.isdisjoint(one.languages)][
        :_MOST
    ]
    if associations:
        told.append(_("Associations that speak {language}", language=language_names(turn, spoken)))
    for one in associations:
        told.append(f"• {reading.text(one.title)}")
        rows = (*rows, (Button(shorten(reading.name(one.title)), open_action(one)),))
    if not (told or known):
        told.append(_ask_for_interpreter(turn, spoken))
    return ([*told, ""] if told else []), rows


def _ask_for_interpreter(turn: Turn, spoken: str) -> str:
    """That nobody is known who speaks the languages asked for."""
    return turn.translator(
        "My list does not say who speaks {languages}. Ask for an interpreter.",
        languages=language_names(turn, spoken),
    )


def place_of(turn: Turn, hit: OfferHit, town: Town | None) -> str | None:
    """By telephone, or in its nearest town, with the way there from the town asked for."""
    if hit.offer.hotline:
        return turn.translator("by telephone")
    if hit.place is None:
        return None
    where = town_name(turn, hit.place)
    if hit.km is not None and town is not None and hit.place.town != town.id:
        return f"{where} ({form(turn).distance(hit.km)})"
    if town is None and len(hit.offer.places) > 1:
        return form(turn).list(dict.fromkeys(town_name(turn, place) for place in hit.offer.places))
    return where


def stands_in(record: CounsellingOffer | Organisation, town: Town) -> bool:
    """Whether a record has a place in a town."""
    return any(place.town == town.id for place in record.places)
