"""The parameter table agrees with the classes of a library that follows the Bot API closely."""

from __future__ import annotations

import pytest

from bot.sandbox.checks import METHODS


@pytest.mark.parametrize("method", sorted(METHODS))
def test_parameters_exist_in_the_bot_api(method: str) -> None:
    import aiogram.methods  # seconds, for its types; not while tests are collected

    model = getattr(aiogram.methods, method[0].upper() + method[1:])
    known = set(model.model_fields)
    assert set(METHODS[method]) <= known
    required = {name for name, field in model.model_fields.items() if field.is_required()}
    ours = {name for name, field in METHODS[method].items() if field.required}
    lenient = {"setWebhook": {"url"}}.get(method, set())
    stricter = {"editMessageText": {"text"}}.get(method, set())
    assert ours - stricter == required - lenient
