"""Free text: the question is answered, or narrowed down, and never refused flatly."""

from __future__ import annotations

from dataclasses import replace

from bot.dialog import following, rating, ways
from bot.dialog.actions import About, ListOffers, Rate
from bot.dialog.answer_language import (
    Offer,
    in_language,
    lacks_german,
    narrows,
    once_more,
    wished_language,
    with_offer,
)
from bot.dialog.desk import Thread
from bot.dialog.found import (
    Said,
    beside,
    confidence,
    none_of_these,
    nothing,
    reassurance,
    small_talk,
    town_of,
)
from bot.dialog.labels import ANY_QUESTION, COUNSELLING_TOPICS, DOORS
from bot.dialog.reply import SILENCE, Message, Reply, lines
from bot.dialog.showing import shorten
from bot.dialog.turn import Turn
from bot.domain.directory import Kind
from bot.domain.gaps import without_street
from bot.domain.locales import language_of
from bot.domain.places import Gazetteer
from bot.services.answering import Answer, Verdict
from bot.services.shelf import Holdings
from bot.understanding.questions import Question

_ADDRESS = 100
"""Characters that an address has at most."""
_QUOTED = 60
"""Characters of a question that are said again."""
_ALONE = 0.5
"""From this score on an article is the answer to a question without the town that it names."""


async def ask(turn: Turn) -> Reply:
    """Answer a message in one's own words."""
    if turn.forwarded:
        from bot.dialog import attachments

        return await attachments.forwarded(turn)
    from bot.dialog import emergency, groups, organisations

    if not turn.text.strip():
        return SILENCE if turn.private else await groups.introduce(turn)
    if organisations.keeps_location(turn.text):
        return await organisations.without_location(turn)

    holdings = await turn.desk.shelf.holdings()
    answer = await turn.desk.answering.search(_asked(turn), _own(turn), holdings)
    turn, offer = in_language(turn, answer)
    fears = turn.desk.following.asks_whether_it_tells(answer.question)
    answer = await _besides(turn, holdings, answer) if fears else _without_fright(turn, answer)
    if turn.private:
        reply = await _answered(turn, holdings, answer, offer)
        if fears and answer.question.smalltalk != "trust":
            reply = _reassured(turn, reply)
    else:
        reply = await groups.answer(turn, answer)
    if answer.alarm is None:
        return reply
    if not turn.private:
        return groups.in_danger(turn, reply)
    # What may be a cry is not rated or counted; of it stays what the answer is about, and no word.
    about = next((id for id in answer.question.topics if id in COUNSELLING_TOPICS), "")
    threads = turn.desk.threads
    kept = threads.get(turn.chat_id, turn.now)
    card = await emergency.card(turn, answer.alarm, about)
    if kept.what == About.COUNSELLING and not threads.get(turn.chat_id, turn.now).topic:
        # It may as well be the wish for counselling: where, and about what, may be written next.
        threads.keep(turn.chat_id, turn.now, Thread(town=kept.town, what=kept.what))
    return replace(card, messages=(*card.messages, *(replace(one, replaces=False) for one in reply.messages)))


def _asked(turn: Turn) -> str:
    """The words of a message; of a bare address the town: a street's name is of no language and topic."""
    town = without_street(turn.text[:_ADDRESS])
    if len(turn.text) > _ADDRESS or town == turn.text:
        return turn.text
    reader = turn.desk.answering.reader
    question = reader.read(town)
    return town if turn.desk.following.goes_on(question) else turn.text


def _own(turn: Turn) -> str:
    """The language that was chosen, or else that of the phone, even where the bot cannot write it; of a bare
    town that of the question which it goes on with."""
    asked = turn.desk.threads.get(turn.chat_id, turn.now).asked
    if asked is not None and _names_only(turn):
        return asked.locale
    spoken = language_of(turn.hint)
    return spoken if turn.recipient is None and spoken in turn.desk.unwritten else turn.locale.code


def _names_only(turn: Turn) -> bool:
    """Whether a message has nothing but names of towns: these are of no language."""
    if len(turn.text) > _ADDRESS:
        return False
    question = turn.desk.answering.reader.read(turn.text)
    return bool(question.towns or question.districts) and not question.rest and not question.votes


async def _besides(turn: Turn, holdings: Holdings, answer: Answer) -> Answer:
    """What else is said beside the question whether it tells: that may be a cry, or ask for something."""
    answering = turn.desk.answering
    text = turn.desk.following.besides_trust(answer.question)
    besides = await answering.search(text, answer.language, holdings)
    asked = answering.reader.read(text)
    if asked.topics or asked.kinds:
        return replace(besides, language=answer.language)
    return replace(answer, alarm=besides.alarm, question=replace(answer.question, smalltalk="trust"))


def _without_fright(turn: Turn, answer: Answer) -> Answer:
    """What only asks on is no cry, whatever it sounds like to the model."""
    asking, question = turn.desk.following, answer.question
    asks_on = (
        asking.asks_who_speaks(question)
        or asking.detail(question)
        or asking.says_it_did_not_help(question)
        or asking.asks_whether_they_tell(question)
    )
    if not turn.private and asking.asks_for_a_hand(question):
        return replace(answer, alarm=None)
    if asks_on or asking.lacks_german(question) or asking.age(question) is not None:
        return replace(answer, alarm=None)
    return answer


def _reassured(turn: Turn, reply: Reply) -> Reply:
    """First what becomes of what is written here, where that is asked beside something else."""
    first = Message(lines(*reassurance(turn)), replaces=False)
    return replace(reply, messages=(first, *reply.messages))


async def _answered(turn: Turn, holdings: Holdings, answer: Answer, offer: Offer) -> Reply:
    """The answer to a question in a private chat."""
    from bot.dialog import archive, details, guide, privacy, replying

    question = answer.question
    if (reply := await replying.stops(turn)) is not None:
        return with_offer(offer, reply)
    match question.smalltalk:
        case "mydata":
            return await privacy.my_data(turn)
        case "forget":
            return await privacy.privacy(turn)
        case "news":
            return with_offer(offer, await archive.show(turn))
        case "back":
            return with_offer(offer, await guide.menu(turn))
    if (reply := await replying.in_context(turn, answer)) is not None:
        return with_offer(offer, reply)
    before = turn.desk.threads.get(turn.chat_id, turn.now)
    if turn.desk.following.says_it_did_not_help(question):
        number = before.asked.number if before.asked is not None else 0
        return with_offer(offer, await rating.rate(turn, Rate("n", number)))
    if question.smalltalk != "trust" and turn.desk.following.asks_whether_they_tell(question):
        return with_offer(offer, Reply((guide.menu_message(turn, *confidence(turn)),)))
    if lacks_german(turn, question):
        words = turn.translator("Choose, or just write your question in your own words, in your language.")
        return with_offer(offer, Reply((guide.menu_message(turn, words),)))
    if question.smalltalk != "trust" and (reply := await details.tell(turn, question)) is not None:
        return with_offer(offer, reply)
    if (reply := await following.on_day(turn, question)) is not None:
        return with_offer(offer, reply)
    if question.smalltalk or not question.words:
        return with_offer(offer, Reply((await small_talk(turn, answer),)))
    again_in = once_more(turn, question)
    if wished_language(turn, question) and not again_in and not narrows(turn, before, question):
        return with_offer(offer, await guide.menu(turn))
    again = await _again(turn, holdings, question, before)
    answer = again or await _without_pull(turn, holdings, answer)
    found_nothing = again is not None and not (again.entries or again.question.topics or again.question.kinds)
    if found_nothing and not again_in:
        said = Said(await ways.which_topic(turn, town_of(turn, question), before.spoken), None, complete=True)
    elif (
        again is not None and not again_in and (doors := await _doors_there(turn, again, before)) is not None
    ):
        said = Said(doors)
    else:
        said = await ways.say(turn, holdings, answer, before)
    reply = said.reply if said.complete else beside(turn, holdings, answer, said.reply)
    if answer.alarm is not None:
        return reply if reply.messages else Reply((await rating.way_on(turn, None),))
    number = rating.remember(turn, answer)
    _note_reworded(turn, again_in)
    match said.verdict:
        case Verdict.ANSWER:
            reply = rating.with_buttons(turn, reply, number)
        case Verdict.CHOICES:
            reply = none_of_these(turn, reply, number)
        case Verdict.NONE:
            reply = await nothing(turn, answer, number)
    if again is not None and not turn.desk.following.goes_on(again.question):
        reply = following.still(turn, reply, Thread(), (shorten(again.question.text, _QUOTED),))
    return with_offer(offer, reply)


def _note_reworded(turn: Turn, reworded: bool) -> None:
    """Remember whether what was said last was said before, in another language."""
    threads = turn.desk.threads
    thread = threads.get(turn.chat_id, turn.now)
    if thread.reworded != reworded:
        threads.keep(turn.chat_id, turn.now, replace(thread, reworded=reworded))


async def _again(turn: Turn, holdings: Holdings, question: Question, before: Thread) -> Answer | None:
    """The last question, as it was for who wishes to hear its answer in another language, or with the town
    that a message names and nothing else; None where there is none such, or where what was shown for it goes
    on by itself."""
    desk, reader, asked, town = turn.desk, turn.desk.answering.reader, before.asked, town_of(turn, question)
    if asked is not None and once_more(turn, question):
        return replace(await desk.answering.search(asked.text, asked.locale, holdings), alarm=None)
    if asked is None or town is None or question.times or question.spoken:
        return None
    last = reader.read(asked.text)
    unsaid = before.what == About.COUNSELLING and asked.town == before.town
    listed = before.topic in DOORS or (before.what and not unsaid)
    if listed or not desk.following.goes_on(question) or _says_little(turn, last):
        return None
    # A town's name among the words pulls what they mean towards what is there.
    answer = await desk.answering.search(_elsewhere(desk.gazetteer, asked.text, ""), asked.locale, holdings)
    explained = answer.verdict is Verdict.ANSWER and answer.entries[0].key[0] is Kind.ARTICLE
    if explained and not reader.read(_elsewhere(desk.gazetteer, question.text, "")).words:
        return None  # that is the same everywhere: a bare town begins something else
    text = _elsewhere(desk.gazetteer, asked.text, desk.gazetteer.local_name(town, asked.locale))
    there = replace(answer.question, text=text, towns=(town,), districts=())
    return replace(answer, question=there, alarm=None)


async def _doors_there(turn: Turn, again: Answer, before: Thread) -> Reply | None:
    """The doors of the town that was named, where the last question led to choices with doors among them:
    the same choices again would say nothing of the town. None for any other."""
    from bot.dialog import counselling

    town = town_of(turn, again.question)
    kinds = [entry.key[0] for entry in again.entries]
    if town is None or again.verdict is not Verdict.CHOICES or Kind.OFFER not in kinds:
        return None
    asked = before.asked.topic if before.asked is not None else ""
    topic_id = asked if asked in COUNSELLING_TOPICS else ANY_QUESTION
    return await counselling.list_offers(turn, ListOffers(topic_id, town.id, spoken=before.spoken))


async def _without_pull(turn: Turn, holdings: Holdings, answer: Answer) -> Answer:
    """What a question is answered with that names a town by the way: "moved to Wismar, where do I register".

    The town's name pulls what the words mean towards the doors there. Where they alone are clearly an
    article's, that is the answer.
    """
    desk, question = turn.desk, answer.question
    first = answer.entries[0].key[0] if answer.entries else None
    by_the_way = question.towns and not (
        question.topics or question.kinds or question.times or question.spoken
    )
    pulled = answer.verdict is not Verdict.ANSWER or first in (Kind.OFFER, Kind.ORGANISATION)
    if not by_the_way or not pulled or _says_little(turn, question):
        return answer
    text = _elsewhere(desk.gazetteer, question.text, "")
    alone = await desk.answering.search(text, answer.language, holdings)
    best = alone.entries[0] if alone.entries else None
    if best is None or best.key[0] is not Kind.ARTICLE or best.score < _ALONE:
        return answer
    return replace(alone, language=answer.language, question=question, alarm=answer.alarm)


def _says_little(turn: Turn, question: Question) -> bool:
    """Whether a question goes on itself, or asks for counselling about nothing that is named."""
    asking = turn.desk.following
    return asking.goes_on(question) or asking.asks_for_counselling(question)


def _elsewhere(gazetteer: Gazetteer, text: str, name: str) -> str:
    """A text with another name in the place of the places that it names."""
    for mention in reversed(gazetteer.find(text)):
        text = f"{text[: mention.start]}{name}{text[mention.end :]}"
    return text
