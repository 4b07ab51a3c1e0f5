"""The bot's own face: command lists, name, descriptions and menu buttons, per language and chat."""

from __future__ import annotations

import json
from typing import Any

from . import checks
from .world import Json, bad_request

_SCOPES = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}
_LIMITS = {"name": 64, "description": 512, "short_description": 120}


class Profile:
    """Setters and getters as the Bot API has them; the empty language is the fallback."""

    def __init__(self, bot_name: str) -> None:
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.texts: dict[tuple[str, str], str] = {("name", ""): bot_name}
        self.menu_buttons: dict[int, Json] = {}

    def set_commands(self, params: Json) -> bool:
        """setMyCommands; an empty list is the same as deleting it."""
        key = (_scope_key(params.get("scope")), checks.language(params))
        listed = checks.commands(params["commands"])
        if listed:
            self.commands[key] = listed
        else:
            self.commands.pop(key, None)
        return True

    def get_commands(self, params: Json) -> list[Json]:
        """getMyCommands: exactly what was set for this scope and language, or nothing."""
        return self.commands.get((_scope_key(params.get("scope")), checks.language(params)), [])

    def delete_commands(self, params: Json) -> bool:
        """deleteMyCommands."""
        self.commands.pop((_scope_key(params.get("scope")), checks.language(params)), None)
        return True

    def commands_for(self, chat_id: int, private: bool, language: str) -> list[Json]:
        """What a person's app shows: narrow scopes first, the own language before the fallback."""
        wide = {"type": "all_private_chats"} if private else {"type": "all_group_chats"}
        for scope in ({"type": "chat", "chat_id": chat_id}, wide, {"type": "default"}):
            for code in (language[:2].lower(), ""):
                found = self.commands.get((_scope_key(scope), code))
                if found:
                    return found
        return []

    def set_text(self, what: str, params: Json) -> bool:
        """setMyName, setMyDescription and setMyShortDescription; empty removes the text of that language."""
        code = checks.language(params)
        text = str(params.get(what, "")).strip()
        if len(text) > _LIMITS[what]:
            wrong = {"name": "BOT_TITLE_INVALID", "description": "BOT_DESCRIPTION_TOO_LONG"}
            raise bad_request(wrong.get(what, "BOT_ABOUT_TOO_LONG"))
        if text:
            self.texts[(what, code)] = text
        elif what == "name" and not code:
            raise bad_request("BOT_TITLE_INVALID")
        else:
            self.texts.pop((what, code), None)
        return True

    def get_text(self, what: str, params: Json) -> Json:
        """The text of that language, or the fallback's, or an empty one."""
        code = checks.language(params)
        return {what: self.texts.get((what, code), self.texts.get((what, ""), ""))}

    def set_menu_button(self, params: Json) -> bool:
        """setChatMenuButton for one private chat, or the default for all (chat 0)."""
        button: Any = params.get("menu_button") or {"type": "default"}
        if not isinstance(button, dict) or button.get("type") not in ("default", "commands", "web_app"):
            raise bad_request("can't parse menu button: MenuButton has unsupported type")
        self.menu_buttons[int(params.get("chat_id") or 0)] = button
        return True

    def get_menu_button(self, params: Json) -> Json:
        """getChatMenuButton."""
        own = self.menu_buttons.get(int(params.get("chat_id") or 0))
        return own or self.menu_buttons.get(0) or {"type": "commands"}


def _scope_key(scope: Any) -> str:
    if scope is None or scope == {}:
        return '{"type": "default"}'
    if not isinstance(scope, dict) or scope.get("type") not in _SCOPES:
        raise bad_request("can't parse BotCommandScope: BotCommandScope must be an Object")
    needed = _SCOPES[str(scope["type"])]
    key: Json = {"type": scope["type"]}
    for name in needed:
        if scope.get(name) in (None, ""):
            raise bad_request(f"can't parse BotCommandScope: Can't find field \"{name}\"")
        try:
            key[name] = int(scope[name])
        except (TypeError, ValueError):
            raise bad_request("chat not found") from None
    return json.dumps(key)
