"""All settings, read once from the environment (``LOTSE_…``) and a ``.env`` file."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from dotenv import dotenv_values

PREFIX = "LOTSE_"
DEFAULT_API = "https://api.telegram.org"
FREE_RATE = 30
"""Messages a second that Telegram lets a bot send for nothing (Bot FAQ, broadcasting)."""


class SettingsWrong(Exception):
    """Settings are missing or wrong; the message names each and says what to do."""


def _matching(pattern: str, advice: str) -> Callable[[str], str]:
    """A reader that takes a text of this form, or nothing."""

    def read(text: str) -> str:
        if text and not re.fullmatch(pattern, text):
            raise ValueError(advice)
        return text

    return read


def _address(text: str) -> str:
    advice = "write a full address, such as https://example.org"
    found = _matching(r"https?://[^\s/]+(/\S*)?", advice)(text).rstrip("/")
    try:
        named = not found or (urlsplit(found).hostname and urlsplit(found).port != 0)
    except ValueError:  # a port that is none
        named = False
    if not named:
        raise ValueError(advice)
    return found


def _chat_ids(text: str) -> tuple[int, ...]:
    parts = [part for part in re.split(r"[\s,;]+", text) if part]
    if not all(re.fullmatch(r"-?\d{1,19}", part) and abs(int(part)) < 2**63 for part in parts):
        raise ValueError("write chat ids as numbers, separated by commas; /id tells yours")
    return tuple(dict.fromkeys(map(int, parts)))


def _zone(text: str) -> str:
    if text not in available_timezones():
        raise ValueError("write a time zone such as Europe/Berlin")
    return text


def _listen(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not (host and port.isdecimal() and int(port) < 65536):
        raise ValueError("write address:port, such as 127.0.0.1:8080")
    return text


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isdecimal() and least <= int(text) <= most):
            raise ValueError(f"write a number from {least} to {most}")
        return int(text)

    return read


def _yes(text: str) -> bool:
    if text.lower() not in ("yes", "no"):
        raise ValueError("write yes or no")
    return text.lower() == "yes"


def _setting(default: Any, about: str, read: Callable[[str], Any] = str, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"about": about, "read": read})


_SECRET = _matching(r"[A-Za-z0-9_-]{16,256}", "use 16 to 256 letters, digits, _ and -")
_DATABASE = _matching(
    r"sqlite(\+\w+)?:///(?!:memory:).+"
    # User and password, a host or an [IPv6] address, a port, the database.
    r"|postgresql(\+\w+)?://(?=.)([^@]*@)?(\[[^]]+\]|[^/:?@]*)(:\d{1,5})?([/?].*)?",
    "write sqlite:///FILE or postgresql://user:password@host/name (a port is a number: host:5432)",
)


@dataclass(frozen=True)
class Settings:
    """One installation. Every field is ``LOTSE_`` and its name in capitals."""

    telegram_token: str = _setting("", "The bot's token, from @BotFather.", secret=True)
    telegram_api: str = _setting(DEFAULT_API, "Address of the Bot API.", _address)
    database_url: str = _setting(
        "sqlite:///lotse.sqlite",
        "sqlite:///FILE or postgresql://user:password@host/name.",
        _DATABASE,
        secret=True,
    )
    admins: tuple[int, ...] = _setting(
        (), "Chat ids of the office, comma separated (/id tells yours).", _chat_ids
    )
    webhook_url: str = _setting("", "https address that Telegram calls; empty: polling.", _address)
    webhook_secret: str = _setting(
        "", "Secret for the webhook, 16 or more of A-Z a-z 0-9 _ -.", _SECRET, secret=True
    )
    listen: str = _setting("127.0.0.1:8080", "address:port of the web server (health, webhook).", _listen)
    timezone: str = _setting("Europe/Berlin", "Time zone of the towns.", _zone)
    operator_name: str = _setting("", "Imprint: who operates this bot.")
    operator_address: str = _setting("", "Imprint: postal address, on one line.")
    operator_email: str = _setting("", "Imprint: e-mail address.")
    operator_phone: str = _setting("", "Imprint: telephone, optional.")
    operator_responsible: str = _setting("", "Imprint: who is responsible for the content.")
    workers: int = _setting(64, "Updates answered at the same time.", _number(1, 1000))
    capacity: int = _setting(2000, "Updates held in memory at most.", _number(10, 100_000))
    audit_key: str = _setting(
        "",
        "Key of the staff's log, 16 or more of A-Z a-z 0-9 _ -. Empty: made from the token, "
        "so set it before you change the token.",
        _SECRET,
        secret=True,
    )
    two_person_from: int = _setting(
        500, "An announcement to so many or more is released by a second person.", _number(1, 1_000_000)
    )
    rate: int = _setting(
        25,
        f"Messages a second for announcements; above {FREE_RATE} only with LOTSE_PAID_BROADCAST.",
        _number(1, 1000),
    )
    paid_broadcast: bool = _setting(False, "yes: pay Telegram (in Stars) for a faster rate.", _yes)
    in_flight: int = _setting(
        64, "Messages of announcements on their way at the same time.", _number(1, 1000)
    )
    lease_seconds: int = _setting(
        6, "Seconds after which another process takes over from a silent sender.", _number(1, 12)
    )
    daily_cap: int = _setting(
        3,
        "Messages of announcements that one chat gets on one day; urgent ones come all the same.",
        _number(1, 100),
    )
    blocks_share: int = _setting(
        40,
        "An announcement pauses when more than so many per cent of the chats it tried (at least 50) "
        "have blocked the bot.",
        _number(1, 100),
    )
    keep_deliveries_days: int = _setting(
        180,
        "Days for which texts and recipients of past announcements are kept; then only counts.",
        _number(1, 3650),
    )

    model: bool = _setting(
        True,
        "no: understand questions by their words alone, without the language model (some 35 MB less).",
        _yes,
    )
    embeddings_url: str = _setting(
        "",
        "An embeddings endpoint of your own in place of the built-in model, such as http://10.0.0.5:8000/v1.",
        _address,
    )
    embeddings_model: str = _setting("", "The model's name at that endpoint; see docs/understanding.md.")
    embeddings_key: str = _setting("", "A key for that endpoint, if it wants one.", secret=True)
    embeddings_prefixed: bool = _setting(
        True,
        "no: that model, unlike E5, wants no “query: ” or “passage: ” before a text. Choose before teaching.",
        _yes,
    )

    @property
    def zone(self) -> ZoneInfo:
        """The towns' time zone."""
        return ZoneInfo(self.timezone)

    @property
    def address(self) -> tuple[str, int]:
        """Where the web server listens."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def audit_secret(self) -> bytes:
        """The key of the staff's log: the one that was set, or one made from the token."""
        if self.audit_key:
            return self.audit_key.encode()
        return hmac.digest(self.telegram_token.encode(), b"audit", hashlib.sha256)


def name_of(setting: Field[Any] | str) -> str:
    """The environment variable of a setting."""
    return PREFIX + (setting if isinstance(setting, str) else setting.name).upper()


def load(env_file: Path | None = Path(".env"), **given: str) -> Settings:
    """The settings of this installation; SettingsWrong names all that is wrong at once.

    ``given`` goes before the environment, which goes before the file. With ``env_file`` None only
    what is given counts: nothing of this machine's installation leaks in.
    """
    values: Mapping[str, str | None] = {}
    if env_file is not None:
        values = {**_file(env_file), **os.environ}
    values = {**values, **{name_of(name): text for name, text in given.items()}}
    found: dict[str, Any] = {}
    known = {name_of(setting) for setting in fields(Settings)}
    problems = [_unknown(name, known) for name in values if name.startswith(PREFIX) and name not in known]
    for setting in fields(Settings):
        text = values.get(name_of(setting))
        if text is None or (not text.strip() and setting.default is not MISSING):
            continue
        try:
            found[setting.name] = setting.metadata["read"](text.strip())
        except ValueError as error:
            problems.append(f"{name_of(setting)}: {error}")
    if found.get("rate", 0) > FREE_RATE and not found.get("paid_broadcast"):
        problems.append(
            f"{PREFIX}RATE: above {FREE_RATE} Telegram wants to be paid; lower it, "
            f"or set {PREFIX}PAID_BROADCAST=yes"
        )
    if bool(found.get("embeddings_url")) != bool(found.get("embeddings_model")):
        problems.append(f"{PREFIX}EMBEDDINGS_URL and {PREFIX}EMBEDDINGS_MODEL: set both, or neither")
    if problems:
        raise SettingsWrong("\n".join(problems))
    return Settings(**found)


def _file(path: Path) -> Mapping[str, str | None]:
    try:
        return dotenv_values(path, encoding="utf-8-sig")  # some editors write a mark at the beginning
    except UnicodeDecodeError:
        raise SettingsWrong(
            f"{path}: the file is not saved as UTF-8. Open it in an editor and save it as UTF-8: "
            "umlauts are written differently there."
        ) from None


def _unknown(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name.removeprefix(PREFIX), [one.removeprefix(PREFIX) for one in known], n=1)
    return f"{name}: there is no such setting" + (f"; do you mean {PREFIX}{near[0]}?" if near else "")


def require_for_running(settings: Settings, *, test: bool) -> None:
    """What ``lotse run`` needs beyond valid values; SettingsWrong says what is missing.

    In production an imprint is the law (§ 5 DDG, § 18 MStV): without it the bot does not start.
    """
    problems = []
    if not re.fullmatch(r"\d+:[A-Za-z0-9_-]+", settings.telegram_token):
        problems.append(
            f"{PREFIX}TELEGRAM_TOKEN: missing or not a token. Ask @BotFather in Telegram for one "
            "(it looks like 123456:ABC…) and put it into .env."
        )
    if settings.webhook_url.startswith("http:") and settings.telegram_api == DEFAULT_API:
        problems.append(f"{PREFIX}WEBHOOK_URL: Telegram calls https addresses only.")
    if settings.webhook_url and not settings.webhook_secret:
        problems.append(
            f"{PREFIX}WEBHOOK_SECRET: needed with a webhook. Choose 16 or more letters and digits."
        )
    if not test:
        needed = ("operator_name", "operator_address", "operator_email", "operator_responsible")
        problems += [
            f"{name_of(setting)}: missing. {setting.metadata['about']} "
            "(The law asks for an imprint; `lotse run --test` starts without.)"
            for setting in fields(Settings)
            if setting.name in needed and not getattr(settings, setting.name)
        ]
    if problems:
        raise SettingsWrong("\n".join(problems))


def table() -> str:
    """The settings as a Markdown table, for the README."""
    rows = ["| Setting | Meaning | Default |", "|---|---|---|"]
    for setting in fields(Settings):
        default = setting.default
        if isinstance(default, bool):
            default = "yes" if default else "no"
        shown = f"`{default}`" if default not in ("", ()) else ""
        rows.append(f"| `{name_of(setting)}` | {setting.metadata['about']} | {shown} |")
    return "\n".join(rows)
