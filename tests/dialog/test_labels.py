"""Every topic that a question can have is called by a name, in the reader's language."""

from __future__ import annotations

import pytest

from bot.content.meaning import load_topics
from bot.dialog.labels import COUNSELLING_TOPICS, OTHER_TOPICS, topic
from bot.domain.locales import LOCALES, Locale
from bot.services import answering
from bot.translation import translator


@pytest.mark.parametrize("reader", LOCALES, ids=lambda locale: locale.code)
def test_topics_have_names(reader: Locale) -> None:
    _ = translator(reader)
    for id in {answering._MENU.get(id, id) for id in load_topics()}:
        assert id in COUNSELLING_TOPICS or id in OTHER_TOPICS, id
        assert topic(id, _)
