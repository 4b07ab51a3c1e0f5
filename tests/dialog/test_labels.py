"""Every topic that a record may have is called by a name, in the reader's language."""

from __future__ import annotations

import pytest

from bot.dialog.labels import COUNSELLING_TOPICS, OTHER_TOPICS, topic
from bot.domain.locales import LOCALES, Locale
from bot.services.import_checks import known_topics
from bot.translation import translator


def test_topics_have_names() -> None:
    assert set(known_topics()) - {*COUNSELLING_TOPICS, *OTHER_TOPICS} == set()


@pytest.mark.parametrize(
    "reader", [locale for locale in LOCALES if locale.code != "en"], ids=lambda locale: locale.code
)
def test_no_topic_is_called_by_its_id_in_another_language(reader: Locale) -> None:
    _ = translator(reader)
    # Sport is what it is called in half of them.
    assert {id for id in known_topics() if topic(id, _).casefold() == id} <= {"sport"}
