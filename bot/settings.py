"""All settings, read once from the environment (``LOTSE_…``) and a ``.env`` file."""

from __future__ import annotations

import re
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "LOTSE_"


class SettingsWrong(Exception):
    """Settings are missing or wrong; the message names each and says what to do."""


class Settings(BaseSettings):
    """One installation. Every field is ``LOTSE_`` and its name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True
    )

    telegram_token: str = Field("", description="The bot's token, from @BotFather.", repr=False)
    telegram_api: str = Field("https://api.telegram.org", description="Address of the Bot API.")
    database_url: str = Field(
        "sqlite:///lotse.sqlite", description="sqlite:///FILE or postgresql://user:password@host/name."
    )
    admins: Annotated[frozenset[int], NoDecode] = Field(
        frozenset(), description="Chat ids of the office, comma separated (/id tells yours)."
    )
    webhook_url: str = Field("", description="https address that Telegram calls; empty: polling.")
    webhook_secret: str = Field(
        "", description="Secret for the webhook, 16 or more of A-Z a-z 0-9 _ -.", repr=False
    )
    listen: str = Field("127.0.0.1:8080", description="address:port of the web server (health, webhook).")
    timezone: str = Field("Europe/Berlin", description="Time zone of the towns.")
    operator_name: str = Field("", description="Imprint: who operates this bot.")
    operator_address: str = Field("", description="Imprint: postal address, on one line.")
    operator_email: str = Field("", description="Imprint: e-mail address.")
    operator_phone: str = Field("", description="Imprint: telephone, optional.")
    operator_responsible: str = Field("", description="Imprint: who is responsible for the content.")
    workers: int = Field(64, ge=1, le=1000, description="Updates answered at the same time.")
    capacity: int = Field(2000, ge=10, le=100_000, description="Updates held in memory at most.")

    @field_validator("admins", mode="before")
    @classmethod
    def _ids(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        parts = [part for part in re.split(r"[\s,;]+", value) if part]
        if not all(re.fullmatch(r"-?\d{1,19}", part) for part in parts):
            raise ValueError("write chat ids as numbers, separated by commas; /id tells yours")
        return frozenset(int(part) for part in parts)

    @field_validator("telegram_api", "webhook_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not re.match(r"https?://[^\s/]+", value):
            raise ValueError("write a full address, such as https://example.org")
        return value.rstrip("/")

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("write a time zone such as Europe/Berlin")
        return value

    @field_validator("listen")
    @classmethod
    def _listen(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if not (host and port.isdecimal() and int(port) < 65536):
            raise ValueError("write address:port, such as 127.0.0.1:8080")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _secret(cls, value: str) -> str:
        if value and not re.fullmatch(r"[A-Za-z0-9_-]{16,256}", value):
            raise ValueError("use 16 to 256 letters, digits, _ and -")
        return value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        if not re.match(r"(sqlite|postgresql)(\+\w+)?://", value):
            raise ValueError("write sqlite:///FILE or postgresql://user:password@host/name")
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The towns' time zone."""
        return ZoneInfo(self.timezone)

    @property
    def address(self) -> tuple[str, int]:
        """Where the web server listens."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


def load(**given: object) -> Settings:
    """The settings of this installation; SettingsWrong names all that is wrong at once."""
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        problems = [
            f"{PREFIX}{str(problem['loc'][0]).upper() if problem['loc'] else ''}: "
            f"{problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_input=False, include_url=False)
        ]
        raise SettingsWrong("\n".join(problems)) from None


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
    if settings.webhook_url and not settings.webhook_secret:
        problems.append(
            f"{PREFIX}WEBHOOK_SECRET: needed with a webhook. Choose 16 or more letters and digits."
        )
    if not test:
        needed = ("operator_name", "operator_address", "operator_email", "operator_responsible")
        problems += [
            f"{PREFIX}{name.upper()}: missing. {Settings.model_fields[name].description} "
            "(The law asks for an imprint; `lotse run --test` starts without.)"
            for name in needed
            if not getattr(settings, name)
        ]
    if problems:
        raise SettingsWrong("\n".join(problems))


def table() -> str:
    """The settings as a Markdown table, for the README."""
    rows = ["| Setting | Meaning | Default |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = "" if default in ("", frozenset()) else f"`{default}`"
        rows.append(f"| `{PREFIX}{name.upper()}` | {field.description} | {shown} |")
    return "\n".join(rows)
