"""How requests reach Telegram, and what became of them.

All traffic of python-telegram-bot goes through aiohttp here: its own client becomes slower with
every request in flight (one look over the whole pool for each). Errors are told apart by one
question, "may it have been delivered?", because the Bot API has no key that makes a repetition
harmless. The token is part of every address; so no address ever gets into an error or a log line.
"""

from __future__ import annotations

import json
import logging
import re
import warnings
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import aiohttp
from telegram import Bot
from telegram._utils.types import ODVInput
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import BaseRequest, RequestData

from bot.domain.outcomes import Outcome, Status

__all__ = [
    "NETWORK_ERRORS",
    "AiohttpRequest",
    "Interrupted",
    "NotSent",
    "RateLimited",
    "TelegramApi",
    "Timeouts",
    "Unanswered",
    "classify",
    "judge",
    "lost",
    "refusal",
]


class NotSent(TimedOut):
    """No connection came about: the request was surely not delivered and may be repeated."""


class Unanswered(TimedOut):
    """The request went out and no answer came in time: nobody knows whether it was delivered."""


class Interrupted(NetworkError):
    """The connection broke, or the answer is not Telegram's: nobody knows whether it was delivered."""


class RateLimited(RetryAfter):
    """Telegram asks to wait. ``seconds`` says how long; the library's own class warns when asked."""

    def __init__(self, seconds: float) -> None:
        self._retry_after = timedelta(seconds=seconds)
        self.seconds = seconds
        TelegramError.__init__(self, f"to be repeated in {seconds:g} seconds")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. ``pool`` is the wait for a free connection, ``write`` the upload of a file."""

    pool: float = 10.0
    connect: float = 5.0
    read: float = 20.0
    write: float = 20.0


def _chosen(value: ODVInput[float], default: float) -> float | None:
    return value if value is None or isinstance(value, int | float) else default


def _sum(*seconds: float | None) -> float | None:
    known = [value for value in seconds if value is not None]
    return sum(known) if len(known) == len(seconds) else None


class AiohttpRequest(BaseRequest):
    """python-telegram-bot's door to the network, on aiohttp: JSON bodies, multipart only for files.

    ``pool_size`` connections at most; a request beyond that waits ``timeouts.pool`` seconds and then
    fails as :class:`NotSent`.
    """

    __slots__ = ("_pool_size", "_session", "_timeouts")

    def __init__(self, pool_size: int, timeouts: Timeouts = Timeouts()) -> None:
        self._pool_size = pool_size
        self._timeouts = timeouts
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """Seconds that an answer may take where a call does not say otherwise."""
        return self._timeouts.read

    async def initialize(self) -> None:
        """Open the pool; it belongs to the running event loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._pool_size, ttl_dns_cache=300, keepalive_timeout=30
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "Lotse"},
            )

    async def shutdown(self) -> None:
        """Close the pool; requests under way fail as :class:`Interrupted`."""
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """HTTP status and body; raises only errors of this module and :class:`BadRequest`."""
        if self._session is None:
            raise NotSent("the connection pool is not open")
        pool = _chosen(pool_timeout, self._timeouts.pool)
        connect = _chosen(connect_timeout, self._timeouts.connect)
        read = _chosen(read_timeout, self._timeouts.read)
        write = _chosen(write_timeout, self._timeouts.write)
        timeout = aiohttp.ClientTimeout(
            # aiohttp counts the wait for the pool and connecting together; both are "not sent".
            connect=None if pool is None or connect is None else pool + connect,
            sock_connect=connect,
            sock_read=read,
            total=_sum(pool, connect, read, write),
        )
        body, kind = _body(request_data)
        try:
            async with self._session.request(
                method, url, data=body, headers=kind, timeout=timeout, allow_redirects=False
            ) as response:
                status, payload = response.status, await response.read()
        except NETWORK_ERRORS as error:
            raise lost(error) from None  # without its cause, which may quote the address and the token
        if status == HTTPStatus.OK:
            return status, payload
        raise refusal(status, payload)

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer's JSON object; :class:`Interrupted`, without a log line, when it is none."""
        answer = _object(payload)
        if answer is None or "result" not in answer:
            raise Interrupted("the answer is not from the Bot API")
        return answer


def _body(data: RequestData | None) -> tuple[bytes | aiohttp.FormData | None, dict[str, str] | None]:
    if data is None:
        return None, None
    if not data.contains_files:
        return json.dumps(data.parameters).encode(), {"Content-Type": "application/json"}
    form = aiohttp.FormData(quote_fields=False)
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, mime) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=mime)
    return form, None


NETWORK_ERRORS = (aiohttp.ClientError, OSError)
"""What aiohttp raises when a request comes to nothing (its timeouts are OSErrors); see :func:`lost`."""


def lost(error: Exception) -> TelegramError:
    """What one of ``NETWORK_ERRORS`` means: was there no connection, or no answer?"""
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return NotSent("no connection in time")
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.InvalidURL):
        return NotSent(f"no connection ({type(error).__name__})")
    if isinstance(error, TimeoutError):
        return Unanswered("no answer in time")
    return Interrupted(f"connection lost ({type(error).__name__})")


def refusal(status: int, payload: bytes) -> TelegramError:
    """The error that an HTTP answer other than 200 means.

    The library would take a firewall's page for Telegram's word (and a 403 for a person who blocked
    the bot), and a 500 for the same as a broken connection; so nothing but 200 gets to it.
    """
    answer = _object(payload)
    if answer is None or answer.get("ok") is not False:
        return Interrupted(f"status {status} from something that is not the Bot API")
    if not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Interrupted(f"status {status}")
    parameters = answer.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    wait, chat = parameters.get("retry_after"), parameters.get("migrate_to_chat_id")
    words = str(answer.get("description") or f"status {status}")
    if isinstance(chat, int) and chat:
        return ChatMigrated(chat)
    if status == HTTPStatus.TOO_MANY_REQUESTS or (isinstance(wait, int | float) and wait > 0):
        return RateLimited(float(wait) if isinstance(wait, int | float) and wait > 0 else 1.0)
    match status:
        case HTTPStatus.FORBIDDEN:
            return Forbidden(words)
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.NOT_FOUND:
            return InvalidToken(words)
        case HTTPStatus.CONFLICT:
            return Conflict(words)
        case _:
            return BadRequest(words)


def _object(payload: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def judge(status: int, payload: bytes) -> Outcome:
    """What an HTTP answer means for the message, without the library: the same as its way and ``classify``.

    ``message_id`` is that of the message in the answer, if there is one.
    """
    if status != HTTPStatus.OK:
        return classify(refusal(status, payload))
    answer = _object(payload)
    if answer is None or "result" not in answer:
        return Outcome(Status.UNKNOWN, reason="the answer is not from the Bot API")
    result = answer["result"]
    number = result.get("message_id") if isinstance(result, dict) else None
    return Outcome(Status.SENT, message_id=number if isinstance(number, int) else None)


class TelegramApi(Bot):
    """The Bot API under one token, with a connection pool of its own and a second one for polling.

    Make one for answers and another for bulk, so that neither waits for the other's connections.
    ``call`` gives Telegram's answer as plain data: building the library's objects costs more than
    sending the request. Instead of ``Bot.initialize`` (which quotes the token in its errors) use
    ``connect`` and ``disconnect``.
    """

    def __init__(
        self,
        token: str,
        api: str,
        *,
        pool_size: int = 64,
        timeouts: Timeouts = Timeouts(),
    ) -> None:
        # At DEBUG the library writes whole messages into the log, and first of all the token.
        logging.getLogger("telegram").setLevel(logging.INFO)
        super().__init__(
            token,
            base_url=f"{api.rstrip('/')}/bot",
            base_file_url=f"{api.rstrip('/')}/file/bot",
            request=AiohttpRequest(pool_size, timeouts),
            get_updates_request=AiohttpRequest(1, timeouts),
        )

    def __repr__(self) -> str:
        return "TelegramApi()"  # the library's own shows the token

    async def connect(self) -> None:
        """Open the connection pools. Talks to nobody."""
        for request in self._request:
            await request.initialize()

    async def disconnect(self) -> None:
        """Close the connection pools."""
        for request in self._request:
            await request.shutdown()

    async def call(
        self, method: str, parameters: dict[str, Any], *, read_timeout: float | None = None
    ) -> Any:
        """The ``result`` of a Bot API method, as plain data; raises what ``classify`` understands.

        ``read_timeout`` (seconds) replaces the pool's own. Values of None are not sent.
        """
        return await self._post(
            method,
            parameters,
            read_timeout=BaseRequest.DEFAULT_NONE if read_timeout is None else read_timeout,
        )


# Errors 400 that say "this chat is closed to you" rather than "your message is wrong".
_UNREACHABLE = re.compile(
    r"chat not found|peer_id_invalid|user not found|user is deactivated|group chat was deactivated"
    r"|group chat was deleted|not enough rights to send|have no rights to send|chat_write_forbidden"
    r"|chat_restricted|chat_send_\w+_forbidden|channel_private|input_user_deactivated|user_is_blocked"
    r"|bot was kicked|topic_closed|need administrator rights in the channel",
    re.IGNORECASE,
)


# A group can forbid photos or files alone: it is not closed.
_NOT_ALLOWED = re.compile(
    r"(?:not enough|have no) rights to send (?!text|(?:a )?messages?\b)[a-z]"
    r"|chat_send_(?:photos|docs|media|gifs|videos|stickers|audios|voices|roundvideos|polls)_forbidden",
    re.IGNORECASE,
)


def classify(error: Exception) -> Outcome:
    """What an error of the transport means for the message that was to be sent.

    The order matters: in the library ``BadRequest`` and ``TimedOut`` are ``NetworkError`` too.
    Anything that is not an error of Telegram is raised again.
    """
    reason = _reason(error)
    match error:
        case NotSent():
            return Outcome(Status.NOT_SENT, reason=reason)
        case RateLimited():
            return Outcome(Status.RATE_LIMITED, retry_after=error.seconds, reason="flood control")
        case RetryAfter():
            return Outcome(Status.RATE_LIMITED, retry_after=_seconds(error), reason="flood control")
        case ChatMigrated():
            return Outcome(Status.MIGRATED, new_chat_id=error.new_chat_id, reason="migrated")
        case Forbidden():
            return Outcome(Status.UNREACHABLE, reason=reason)
        case BadRequest():
            if _NOT_ALLOWED.search(error.message):
                return Outcome(Status.NOT_ALLOWED, reason=reason)
            closed = _UNREACHABLE.search(error.message) is not None
            return Outcome(Status.UNREACHABLE if closed else Status.REJECTED, reason=reason)
        case InvalidToken():
            return Outcome(Status.UNAUTHORISED, reason=reason)
        case Conflict():
            return Outcome(Status.CONFLICT, reason=reason)
        case TelegramError():
            return Outcome(Status.UNKNOWN, reason=reason)
        case _:
            raise error


def _reason(error: Exception) -> str:
    """The first words of an error; what follows a second colon may quote the message."""
    words = str(error).removeprefix("Bad Request: ").removeprefix("Forbidden: ")
    return words.partition(":")[0][:80]


def _seconds(error: RetryAfter) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library announces that the type will change
        wait: float | timedelta = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
