"""A Telegram of one's own: the Bot API over HTTP, people who act, faults on request, a chat page.

Everything lives in memory; nothing here knows the bot that talks to it.

    async with Sandbox() as sandbox:
        # the bot gets LOTSE_TELEGRAM_API=sandbox.api_url and LOTSE_TELEGRAM_TOKEN=sandbox.token
        amira = sandbox.person("Amira", "ar", username="amira_hro")
        await sandbox.send_text(amira, amira, "/start")       # chat first, then who writes
        (hello,) = await sandbox.answers(amira, 1)            # since Amira's last act
        press = await sandbox.press(amira, hello, "Beratung") # caption or callback data
        toast = await sandbox.answer_to(press.query)          # what answerCallbackQuery said
        card = await sandbox.wait_for(amira, lambda m: "Rostock" in m.text, timeout=5)
        assert not sandbox.unknown_methods and not sandbox.unknown_parameters

- Where a chat is asked for, a `Person` means the private chat with the bot; a `Chat` (from
  `sandbox.group(title, members)`) or an id does as well. The bot joins with `add_bot_to_group`.
- People do: `send_text(..., reply_to=)`, `send_location`, `send_photo`, `send_voice`, `send_document`,
  `send_sticker`, `send_contact`, `send_poll`, `send_dice`, `forward`, `edit`, `press`, `press_data`,
  `inline_query`, `choose_inline`, `block`, `unblock`, `migrate`, `remove_bot_from_group`;
  `raw_update(dict)` delivers anything, also an `update_id` that was there before.
- A `Message` offers `text`, `entities`, `buttons`, `button_texts`, `file` (with `content`),
  `reply_keyboard`, `edits`, `revision` and the whole Telegram object as `raw`.
- Waiting: `wait_for(chat, predicate, timeout, since=revision)`, `answers(chat, count)`; the
  TimeoutError shows the transcript. `sandbox.world.revision` is "now" for `since`.
- Looking: `calls` (the last `keep_calls`), `counts` and `errors` (never cut), `unknown_methods`,
  `unknown_parameters`, `transcript(chat)`, `profile.commands_for(chat_id, private, language)`,
  `updates.pending`.
- Trouble: `fault("flood", method="sendMessage", chat=amira, times=2, retry_after=3)`; further kinds
  `server_error` (`status`), `delay` and `delay_after` (`seconds`), `lost_response`, `reset`, `blocked`,
  `kicked`. `times=None` lasts until `faults.clear()`, `share=0.1` strikes every tenth call by the
  sandbox's `seed`. `latency` (seconds) slows every call but getUpdates.
- Webhooks are delivered over real HTTP with the secret header, in order per chat, and retried at
  once and then after `webhook_first_pause` seconds, doubling up to `webhook_longest_pause`.
- `now` replaces the clock (48-hour rule, age of queries), `callback_lifetime` is how long a query lives.
- `python -m bot.sandbox --port 8081` runs it alone; `POST /control/<act>` steers it from outside.

The chat page is at `sandbox.api_url + "/"`. With `Sandbox(stored=...)`, an async callable from chat
id to a dictionary, it also shows what the bot keeps about a person.
"""

from .acting import Press
from .faults import Fault
from .sandbox import Call, Sandbox
from .world import ApiError, Chat, Message, Person

__all__ = ["ApiError", "Call", "Chat", "Fault", "Message", "Person", "Press", "Sandbox"]
