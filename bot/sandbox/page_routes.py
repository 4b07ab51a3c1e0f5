"""The chat page's side of the server: static files, a stream of changes, and what a visitor does.

`POST /control/<act>` takes JSON and is also the way to steer a sandbox from another process.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from . import acting
from .world import Chat, Json, Message, Person

if TYPE_CHECKING:
    from .sandbox import Sandbox

_FOLDER = Path(__file__).parent / "page"
_STATIC = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/chat.css": ("chat.css", "text/css; charset=utf-8"),
    "/chat.js": ("chat.js", "text/javascript; charset=utf-8"),
    "/render.js": ("render.js", "text/javascript; charset=utf-8"),
    "/words.js": ("words.js", "text/javascript; charset=utf-8"),
}
_FICTION_PHONE = "+49 30 23125 014"  # from the range that the Bundesnetzagentur keeps for fiction
_SAFE = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def page_app(sandbox: Sandbox) -> Starlette:
    """The application for everything that is not a call of the bot."""
    desk = _Desk(sandbox)
    routes = [Route(path, desk.static) for path in _STATIC]
    routes += [
        Route("/favicon.ico", desk.nothing),
        Route("/state", desk.state),
        Route("/chats/{chat_id:int}", desk.chat),
        Route("/chats/-{chat_id:int}", desk.group_chat),
        Route("/events", desk.events),
        Route("/files/{file_id}", desk.file),
        Route("/stored/{chat_id}", desk.stored),
        Route("/control/{act}", desk.control, methods=["POST"]),
    ]
    return Starlette(routes=routes)


class _Desk:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.acts: dict[str, Callable[[Json], Awaitable[Any]]] = {
            "person": self._person,
            "group": self._group,
            "text": self._text,
            "press": self._press,
            "location": self._location,
            "media": self._media,
            "edit": self._edit,
            "forward": self._forward,
            "link": self._link,
            "block": self._block,
            "unblock": self._unblock,
            "inline": self._inline,
            "choose": self._choose,
            "fault": self._fault,
            "clear_faults": self._clear_faults,
            "latency": self._latency,
            "update": self._update,
        }

    async def static(self, request: Request) -> Response:
        name, kind = _STATIC[request.url.path]
        return Response((_FOLDER / name).read_bytes(), media_type=kind, headers=_SAFE)

    async def nothing(self, _request: Request) -> Response:
        return Response(status_code=204)

    async def state(self, _request: Request) -> Response:
        world = self.sandbox.world
        bot = {
            **world.bot_user(),
            "description": self.sandbox.profile.texts.get(("description", ""), ""),
            "name": self.sandbox.profile.texts.get(("name", ""), world.bot_name),
        }
        people = [self._card(person) for person in world.people.values()]
        groups = [
            {"id": chat.id, "title": chat.title, "members": list(chat.members), "bot": chat.bot_status}
            for chat in world.chats.values()
            if chat.type != "private" and chat.migrated_to is None
        ]
        storage = self.sandbox.stored is not None
        return JSONResponse({"bot": bot, "people": people, "groups": groups, "stored": storage})

    def _card(self, person: Person) -> Json:
        return {
            **person.as_user(),
            "language_code": person.language_code or "",
            "blocked": person.blocked,
            "started": person.started,
        }

    async def group_chat(self, request: Request) -> Response:
        return self._chat_answer(-int(request.path_params["chat_id"]), request)

    async def chat(self, request: Request) -> Response:
        return self._chat_answer(int(request.path_params["chat_id"]), request)

    def _chat_answer(self, chat_id: int, request: Request) -> Response:
        chat = self.sandbox.world.chats.get(chat_id)
        if chat is None:
            return JSONResponse({"error": "no such chat"}, 404)
        language = request.query_params.get("language", "")
        return JSONResponse(
            {
                "messages": [wire(message) for message in list(chat.messages.values())[-200:]],
                "keyboard": chat.reply_keyboard,
                "draft": self.sandbox.methods.messages.drafts.get(chat_id, ""),
                "commands": self.sandbox.profile.commands_for(chat_id, chat.type == "private", language),
            }
        )

    async def file(self, request: Request) -> Response:
        file = self.sandbox.world.files.get(request.path_params["file_id"])
        if file is None:
            return JSONResponse({"error": "no such file"}, 404)
        shown = file.mime in ("image/png", "image/jpeg", "image/gif", "image/webp")
        way = "inline" if shown else "attachment"
        headers = {**_SAFE, "Content-Disposition": f"{way}; filename*=UTF-8''{quote(file.name)}"}
        return Response(file.content, media_type=file.mime, headers=headers)

    async def stored(self, request: Request) -> Response:
        if self.sandbox.stored is None:
            return JSONResponse({"error": "the bot offers no view into its data"}, 404)
        try:
            chat_id = int(request.path_params["chat_id"])
        except ValueError:
            return JSONResponse({"error": "no such chat"}, 404)
        return JSONResponse(await self.sandbox.stored(chat_id))

    async def events(self, _request: Request) -> Response:
        queue = self.sandbox.listen()

        async def stream() -> AsyncIterator[str]:
            try:
                yield "event: hello\ndata: {}\n\n"
                while True:
                    try:
                        kind, payload = await asyncio.wait_for(queue.get(), 15)
                    except TimeoutError:
                        yield ": still here\n\n"
                        continue
                    if kind == "close":
                        return
                    shown = {
                        name: wire(value) if isinstance(value, Message) else value
                        for name, value in payload.items()
                    }
                    if kind == "message":
                        shown["keyboard"] = self.sandbox.world.chats[payload["chat_id"]].reply_keyboard
                    yield f"event: {kind}\ndata: {json.dumps(shown, ensure_ascii=False, default=str)}\n\n"
            finally:
                self.sandbox.unlisten(queue)

        return StreamingResponse(stream(), media_type="text/event-stream", headers=_SAFE)

    async def control(self, request: Request) -> Response:
        act = self.acts.get(request.path_params["act"])
        origin = request.headers.get("origin")
        if origin is not None and origin.partition("//")[2] != request.headers.get("host"):
            return JSONResponse({"error": "only this page may act here"}, 403)
        if act is None:
            return JSONResponse({"error": "unknown act"}, 404)
        try:
            body = await request.json()
            return JSONResponse({"ok": True, "result": await act(body)})
        except (KeyError, ValueError, TypeError) as error:
            return JSONResponse({"ok": False, "error": str(error)}, 400)

    # -- acts -------------------------------------------------------------------------------

    def _who(self, body: Json) -> Person:
        return self.sandbox.world.people[int(body["person"])]

    def _where(self, body: Json) -> Chat:
        return self.sandbox.world.chats[int(body["chat"] if "chat" in body else body["person"])]

    def _message(self, body: Json) -> Message:
        return self._where(body).messages[int(body["message"])]

    async def _person(self, body: Json) -> Json:
        name = str(body.get("first_name", "")).strip()[:64]
        if not name:
            raise ValueError("a name is needed")
        person = self.sandbox.person(
            name,
            str(body.get("language_code") or "") or None,
            username=str(body.get("username") or "") or None,
        )
        return self._card(person)

    async def _group(self, body: Json) -> Json:
        members = [self.sandbox.world.people[int(number)] for number in body["members"]]
        if not members:
            raise ValueError("a group needs members")
        group = self.sandbox.group(str(body.get("title") or "Group")[:128], members)
        await self.sandbox.add_bot_to_group(group, members[0])
        return {"id": group.id, "title": group.title, "members": list(group.members)}

    async def _text(self, body: Json) -> Json:
        text = str(body["text"]).strip()
        if not text:
            raise ValueError("the text is empty")
        reply = body.get("reply_to")
        message = await self.sandbox.send_text(
            self._where(body), self._who(body), text[:4096], reply_to=None if reply is None else int(reply)
        )
        return wire(message)

    async def _press(self, body: Json) -> Json:
        person = self._who(body)
        chat = self._where(body)
        press = acting.callback(self.sandbox, person, chat.id, int(body["message"]), str(body["data"]))
        try:
            answer = await self.sandbox.answer_to(press.asked, timeout=float(body.get("timeout", 10)))
        except TimeoutError:
            return {"answered": False}
        return {"answered": True, **answer}

    async def _location(self, body: Json) -> Json:
        latitude, longitude = float(body["latitude"]), float(body["longitude"])
        if not -90 <= latitude <= 90 or not -180 <= longitude <= 180:
            raise ValueError("no such place on Earth")
        return wire(await self.sandbox.send_location(self._where(body), self._who(body), latitude, longitude))

    async def _media(self, body: Json) -> Json:
        where, who, kind = self._where(body), self._who(body), str(body["kind"])
        if kind == "photo":
            return wire(await self.sandbox.send_photo(where, who))
        if kind == "voice":
            return wire(await self.sandbox.send_voice(where, who))
        if kind == "document":
            return wire(await self.sandbox.send_document(where, who))
        if kind == "sticker":
            return wire(await self.sandbox.send_sticker(where, who))
        if kind == "contact":
            return wire(await self.sandbox.send_contact(where, who, _FICTION_PHONE, "Alex"))
        raise ValueError("unknown kind")

    async def _edit(self, body: Json) -> Json:
        return wire(await self.sandbox.edit(self._who(body), self._message(body), str(body["text"])))

    async def _forward(self, body: Json) -> Json:
        source = self.sandbox.world.chats[int(body["from_chat"])].messages[int(body["message"])]
        return wire(await self.sandbox.forward(self._where(body), self._who(body), source))

    async def _link(self, body: Json) -> Json:
        press = acting.follow(self.sandbox, self._who(body), str(body["url"]))
        return {"deep": press.message is not None, "url": press.value}

    async def _block(self, body: Json) -> bool:
        await self.sandbox.block(self._who(body))
        return True

    async def _unblock(self, body: Json) -> bool:
        await self.sandbox.unblock(self._who(body))
        return True

    async def _inline(self, body: Json) -> list[Json]:
        try:
            return await self.sandbox.inline_query(self._who(body), str(body.get("text", "")))
        except TimeoutError:
            return []

    async def _choose(self, body: Json) -> Json:
        return wire(
            await self.sandbox.choose_inline(
                self._where(body), self._who(body), str(body.get("text", "")), body["result"]
            )
        )

    async def _fault(self, body: Json) -> bool:
        known = ("kind", "method", "chat", "times", "share", "retry_after", "status", "seconds")
        self.sandbox.fault(**{name: body[name] for name in known if name in body})
        return True

    async def _clear_faults(self, _body: Json) -> bool:
        self.sandbox.faults.clear()
        return True

    async def _latency(self, body: Json) -> bool:
        self.sandbox.latency = float(body["seconds"])
        return True

    async def _update(self, body: Json) -> int:
        return await self.sandbox.raw_update(body)


def wire(message: Message) -> Json:
    """A message for the page: Telegram's object, and who sent it."""
    return {
        **message.raw,
        "_bot": message.from_bot,
        "_edited": message.edits > 0,
        "_file": message.file.file_id if message.file is not None else None,
        "_keyboard": message.reply_keyboard,
    }
