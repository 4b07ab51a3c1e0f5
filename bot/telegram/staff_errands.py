"""What follows from the staff's log: command menus, a word to whoever has another role, news for the admins,
and the head of the log daily.

The log itself is the list of what is to be done, and a number in ``meta`` says how far it was followed:
nothing is lost in a crash, and at worst something is told twice. It holds no chats of contacts; whom somebody
else has ended as a contact is kept beside it until they were told.
"""

from __future__ import annotations

import logging
from datetime import date

from bot.dialog import staff as pages
from bot.dialog.desk import Desk
from bot.dialog.reply import Bold, Line, Message, Reply, lines
from bot.dialog.staff_log import announcements, head_line, line, opening_rows
from bot.dialog.turn import ChatType, Turn
from bot.domain.audit import Act, Entry
from bot.domain.locales import locale_of
from bot.domain.outcomes import Status
from bot.domain.staff import Staff, Told
from bot.services.auditing import Finding, examine
from bot.telegram.menus import chat_commands
from bot.telegram.messenger import TelegramMessenger
from bot.telegram.profile import set_chat_menu
from bot.telegram.transport import TelegramApi
from bot.translation import translator

HEAD_HOUR = 9
"""O'clock in the towns, from which on the head of the log goes out."""
FOLLOWED = "audit_followed"
HEAD_SENT = "audit_head_sent"
_BATCH = 100
_AGAIN = (Status.NOT_SENT, Status.RATE_LIMITED)
_MENUS = frozenset({Act.APPOINT, Act.ACCEPT, Act.ROLE, Act.REMOVE})
_BY_OTHERS = frozenset({Act.ROLE, Act.REMOVE})
_log = logging.getLogger(__name__)


class StaffErrands:
    """Run by a ticker, and when the desk's bell rings."""

    def __init__(self, desk: Desk, messenger: TelegramMessenger, api: TelegramApi) -> None:
        self._desk = desk
        self._messenger = messenger
        self._api = api
        self._told: set[tuple[object, int]] = set()
        self._examined: tuple[date, Finding] | None = None
        """What was found on a day: where Telegram does not take it, it is not looked for again."""

    async def follow(self) -> int:
        """Do what new entries of the log ask for; how many entries that were."""
        async with self._desk.store.read() as view:
            followed = int(await view.meta(FOLLOWED) or 0)
            entries = await view.audit_entries(followed, _BATCH)
            admins = await view.admin_chats()
            members = await view.all_staff()
            farewells = await view.farewells()
        self._desk.note_staff(members)
        for chat_id, organisation in farewells:
            if await self._end(chat_id, organisation):
                async with self._desk.store.begin() as tx:
                    await tx.was_told(chat_id, organisation)
        done = 0
        for entry in entries:
            if not (await self._follow(entry) and await self._tell(entry, admins)):
                break
            async with self._desk.store.begin() as tx:
                await tx.set_meta(FOLLOWED, str(entry.seq))
            done += 1
        return done

    async def send_head(self) -> int:
        """Once a day, from nine o'clock on: the end of the log to every admin; how many got it."""
        now = self._desk.clock()
        today = self._desk.today(now)
        if self._desk.wall(now).hour < HEAD_HOUR:
            return 0
        async with self._desk.store.read() as view:
            if await view.meta(HEAD_SENT) == today.isoformat():
                return 0
            admins = await view.admin_chats()
        if self._examined is None or self._examined[0] != today:
            self._examined = today, await examine(self._desk.store, self._desk.audit_key)
        found = self._examined[1]
        if not found.entries and found.head is None:
            return 0
        if found.damage:
            _log.error("the log of staff is damaged in %d places", len(found.damage))
        sent = 0
        for one in admins:
            turn = self._turn(one)
            _ = turn.translator
            words: list[Line] = [Bold(_("Log of what staff did"))]
            if found.head is not None:
                words.append(head_line(turn, found.head))
            if found.damage:
                words.append(_("The log is damaged. On the server, run: lotse check --audit"))
            else:
                words.append(_("Keep this message: with it one can prove that nothing was taken out."))
            message = Message(lines(*words), replaces=False, silent=not found.damage)
            if not await self._once(today, one, message):
                return sent
            sent += 1
        async with self._desk.store.begin() as tx:
            await tx.set_meta(HEAD_SENT, today.isoformat())
        self._told.clear()
        return sent

    async def _end(self, chat_id: int, organisation: str) -> bool:
        """The menu of whom somebody has ended as a contact, and a word about it; False to try again later."""
        async with self._desk.store.read() as view:
            recipient = await view.recipient(chat_id)
            again = any(one.organisation_id == organisation for one in await view.contact_of(chat_id))
        if recipient is None or recipient.retired_at is not None or again:
            return True
        menu = await chat_commands(self._desk, chat_id, locale_of(recipient.locale))
        if (await set_chat_menu(self._api, chat_id, menu)).status in _AGAIN:
            return False
        turn = self._turn(Told(0, chat_id, recipient.locale))
        words = turn.translator("You are no longer a contact of this association. Thank you for your work.")
        name = await pages.organisation_name(turn, organisation)
        return await self._send(turn, Message(lines(Bold(name), words), replaces=False))

    async def _follow(self, entry: Entry) -> bool:
        """The menu of whoever's role has changed, and a word about it; False to try again later."""
        id = entry.about.get("staff")
        if entry.act not in _MENUS or not isinstance(id, int):
            return True
        async with self._desk.store.read() as view:
            member = await view.staff_member(id)
            chat_id = member.chat_id if member is not None else None
            recipient = await view.recipient(chat_id) if chat_id is not None else None
        if member is None or chat_id is None:
            return True
        # Who has never written to the bot has no chat with it yet; choosing a language sets the menu.
        if recipient is not None and recipient.retired_at is None:
            menu = await chat_commands(self._desk, chat_id, locale_of(recipient.locale))
            if (await set_chat_menu(self._api, chat_id, menu)).status in _AGAIN:
                return False
            told = Told(id, chat_id, recipient.locale)
            message = await self._changed(self._turn(told), entry, member)
            if message is not None and not await self._once(f"own {entry.seq}", told, message):
                return False
        if member.removed_at is not None:
            async with self._desk.store.begin() as tx:
                await tx.let_go(id)
        return True

    async def _changed(self, turn: Turn, entry: Entry, member: Staff) -> Message | None:
        """What somebody is told about their role; None where they changed it themselves, or it is again
        another one meanwhile."""
        _ = turn.translator
        if entry.act not in _BY_OTHERS or entry.staff_id == member.id:
            return None
        gone = member.removed_at is not None
        if gone is not (entry.act == Act.REMOVE) or entry.about.get("role", member.role) != member.role:
            return None
        if gone:
            role = await pages.described(turn, member)
            text = lines(Bold(_("An admin has taken your role away.")), _("Your role was: {role}", role=role))
            return Message(text, replaces=False)
        text = lines(
            Bold(_("You have a new role.")),
            _("You are: {role}", role=await pages.described(turn, member)),
            _(pages.ABOUT_ROLES[member.role]),
            _("What you can do now is under /staff."),
        )
        return Message(text, replaces=False)

    async def _tell(self, entry: Entry, admins: tuple[Told, ...]) -> bool:
        """News that every admin must have; False to try again later."""
        about = entry.about
        paused = about.get("paused")
        if entry.act != Act.OVERRIDE and not (isinstance(paused, int) and paused):
            return True
        for one in admins:
            turn = self._turn(one)
            _ = turn.translator
            announced = await announcements(turn, entry)
            heading = _("An announcement was released without a second person.")
            if about.get("part") == "correction":
                heading = _("An announcement was corrected without a second person.")
            if entry.act != Act.OVERRIDE and isinstance(paused, int):
                heading = pages.paused_line(turn, paused, announced)
            text = lines(Bold(heading), line(turn, entry, announced))
            message = Message(text, opening_rows(turn, announced), replaces=False)
            if not await self._once(entry.seq, one, message):
                return False
        return True

    async def _once(self, what: int | str | date, one: Told, message: Message) -> bool:
        """Send to one of the staff unless that was done; False when it must be tried again."""
        if (what, one.id) in self._told:
            return True
        if not await self._send(self._turn(one), message):
            return False
        self._told.add((what, one.id))
        return True

    async def _send(self, turn: Turn, message: Message) -> bool:
        """Send, or find the chat closed; False when it must be tried again."""
        sent = await self._messenger.send(turn.chat_id, Reply((message,)), rtl=turn.locale.rtl, private=True)
        if sent.status is Status.UNREACHABLE:
            async with self._desk.store.begin() as tx:
                await tx.retire(turn.chat_id, turn.now)
        return sent.status not in _AGAIN

    def _turn(self, one: Told) -> Turn:
        locale = locale_of(one.locale)
        return Turn(one.chat_id, ChatType.PRIVATE, locale, translator(locale), self._desk.clock(), self._desk)
