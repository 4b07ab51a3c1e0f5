"""The web server's pages: health, and the door through which Telegram brings updates.

Everything a page needs is handed in as a function; so the pages know neither the inbox nor Telegram.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.domain.errors import StorageFailed

WEBHOOK_PATH = "/telegram"
"""Where Telegram's updates come in. It is no secret: the header is."""

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
"""Bot API, setWebhook, ``secret_token``."""

MAX_BODY = 1_000_000
"""Bytes of one update; Telegram's are far smaller."""

OLDEST_UNANSWERED = 300.0
"""Seconds; when somebody has waited longer, the bot is not healthy."""

SENDER_FAILS = 60.0
"""Seconds; when the sender of announcements has failed for longer, the bot is not healthy."""

Accept = Callable[[dict[str, Any]], Awaitable[float | None]]
"""Stores an update. None: it is stored. Seconds: come again after them. StorageFailed: come again."""

_log = logging.getLogger(__name__)


def create_app(
    *,
    inbox_age: Callable[[], Awaitable[float]],
    last_contact: Callable[[], float | None],
    sender_failing: Callable[[], float],
    accept: Accept | None = None,
    secret: str = "",
    silence: float | None = None,
) -> Starlette:
    """The pages.

    ``inbox_age`` asks the database for the seconds that the oldest update has waited; ``last_contact``
    are the seconds since Telegram was heard (None: never), ``sender_failing`` those for which the sender
    of announcements has failed without a break. ``silence`` is how many seconds without
    Telegram are unhealthy: about three long polls when polling, None with a webhook, where a quiet night
    is no illness. With ``accept`` there is a webhook, and ``secret`` must not be empty.
    """
    if accept is not None and not secret:
        raise ValueError("a webhook needs a secret")
    routes = [Route("/healthz", _health(inbox_age, last_contact, sender_failing, silence))]
    if accept is not None:
        routes.append(Route(WEBHOOK_PATH, _webhook(accept, secret.encode()), methods=["POST"]))
    return Starlette(routes=routes)


def _health(
    inbox_age: Callable[[], Awaitable[float]],
    last_contact: Callable[[], float | None],
    sender_failing: Callable[[], float],
    silence: float | None,
) -> Callable[[Request], Awaitable[Response]]:
    async def health(_: Request) -> Response:
        age: float | None
        try:
            age = await inbox_age()
        except StorageFailed:
            age = None
        contact = last_contact()
        heard = silence is None or (contact is not None and contact <= silence)
        failing = sender_failing()
        healthy = age is not None and age <= OLDEST_UNANSWERED and heard and failing <= SENDER_FAILS
        return JSONResponse(
            {
                "healthy": healthy,
                "database": age is not None,
                "inbox_age_seconds": None if age is None else round(age, 1),
                "telegram_seconds": None if contact is None else round(contact, 1),
                "sender_failing_seconds": round(failing, 1),
            },
            status_code=HTTPStatus.OK if healthy else HTTPStatus.SERVICE_UNAVAILABLE,
            headers={"Cache-Control": "no-store"},
        )

    return health


def _webhook(accept: Accept, secret: bytes) -> Callable[[Request], Awaitable[Response]]:
    async def webhook(request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "").encode()
        if not hmac.compare_digest(given, secret):
            return Response(status_code=HTTPStatus.FORBIDDEN)
        if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
            return Response(status_code=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        try:
            body = await _body(request)
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)
        if body is None:
            _log.warning("an update of more than %d bytes was refused", MAX_BODY)
            return Response(status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            update = json.loads(body)
        except (ValueError, RecursionError):
            update = None
        if not isinstance(update, dict):
            _log.warning("an update that is no JSON object was refused (%d bytes)", len(body))
            return Response(status_code=HTTPStatus.BAD_REQUEST)
        return await _store(accept, update)

    return webhook


async def _store(accept: Accept, update: dict[str, Any]) -> Response:
    try:
        later = await accept(update)
    except StorageFailed as error:
        _log.error("an update could not be stored: %s", error)
        later = 5.0
    if later is None:
        return Response(status_code=HTTPStatus.OK)
    return Response(
        status_code=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": str(max(1, round(later)))}
    )


async def _body(request: Request) -> bytes | None:
    """The request's body, or None when it is too large; then the rest of it is not read."""
    announced = request.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced) > MAX_BODY:
        return None
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            return None
    return bytes(body)
