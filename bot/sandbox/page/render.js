// Turns Telegram messages into DOM. Text is only ever set as text; offsets are UTF-16 units as in JavaScript.
import { word } from "./words.js";

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children) if (child !== null && child !== undefined) element.append(child);
  return element;
}

const SIMPLE = { bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre", blockquote: "blockquote" };

function spoiler(children) {
  const button = make("button", { type: "button", class: "spoiler", "aria-label": word("hidden"), "aria-expanded": "false" }, make("span", { "aria-hidden": "true" }, ...children));
  button.addEventListener("click", () => {
    button.setAttribute("aria-expanded", "true");
    button.removeAttribute("aria-label");
    button.firstChild.removeAttribute("aria-hidden");
  });
  return button;
}

function expandable(children) {
  const quote = make("blockquote", { class: "folded" }, ...children);
  const button = make("button", { type: "button", class: "fold", "aria-expanded": "false" }, word("showMore"));
  button.addEventListener("click", () => {
    const open = quote.classList.toggle("folded") === false;
    button.setAttribute("aria-expanded", String(open));
    button.textContent = word(open ? "showLess" : "showMore");
  });
  return make("div", { class: "foldable" }, quote, button);
}

function safeLink(url) {
  const full = /^[a-z][\w+.-]*:/i.test(url) ? url : `https://${url}`;
  return /^(https?|tg|mailto):/i.test(full) ? full : null;
}

function wrap(entity, children, plain, actions) {
  const link = (url) => {
    const href = safeLink(url);
    return href === null ? make("span", {}, ...children) : make("a", { href, target: "_blank", rel: "noopener noreferrer", onclick: (event) => actions.link(event, href) }, ...children);
  };
  switch (entity.type) {
    case "text_link": return link(entity.url);
    case "url": return link(plain);
    case "email": return link(`mailto:${plain}`);
    case "spoiler": return spoiler(children);
    case "expandable_blockquote": return expandable(children);
    case "bot_command": return make("button", { type: "button", class: "command", onclick: () => actions.say(plain) }, ...children);
    case "date_time": return make("time", { datetime: new Date(entity.unix_time * 1000).toISOString() }, ...children);
    case "mention": case "hashtag": return make("span", { class: "tag" }, ...children);
    default: return make(SIMPLE[entity.type] ?? "span", {}, ...children);
  }
}

export function formatted(text, entities, actions) {
  const sorted = [...(entities ?? [])].sort((a, b) => a.offset - b.offset || b.length - a.length);
  const build = (from, to, list) => {
    const nodes = [];
    let at = from;
    for (let index = 0; index < list.length;) {
      const entity = list[index];
      const start = Math.max(entity.offset, at);
      const end = Math.min(entity.offset + entity.length, to);
      index += 1;
      if (end <= start) continue;
      const inner = [];
      while (index < list.length && list[index].offset < end) inner.push(list[index++]);
      if (start > at) nodes.push(text.slice(at, start));
      nodes.push(wrap(entity, build(start, end, inner), text.slice(start, end), actions));
      at = end;
    }
    if (at < to) nodes.push(text.slice(at, to));
    return nodes;
  };
  return build(0, text.length, sorted);
}

// Paragraphs keep their own direction: each line of a message is a block with dir=auto.
function textBlock(text, entities, actions) {
  return make("div", { class: "text", dir: "auto" }, ...formatted(text, entities, actions));
}

function mapLink(point) {
  const url = `https://www.openstreetmap.org/?mlat=${point.latitude}&mlon=${point.longitude}#map=16/${point.latitude}/${point.longitude}`;
  return make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, word("map"));
}

function media(message) {
  const file = message._file ? `/files/${encodeURIComponent(message._file)}` : null;
  if (message.venue) {
    return make("div", { class: "media pin" }, make("strong", { dir: "auto" }, message.venue.title), make("span", { dir: "auto" }, message.venue.address), mapLink(message.venue.location));
  }
  if (message.location) {
    const { latitude, longitude } = message.location;
    return make("div", { class: "media pin" }, make("strong", {}, word("location")), make("bdi", {}, `${latitude.toFixed(4)}, ${longitude.toFixed(4)}`), mapLink(message.location));
  }
  if (message.photo) {
    const broken = (event) => event.currentTarget.replaceWith(make("span", { class: "label" }, word("photo")));
    return make("div", { class: "media" }, make("img", { src: file, alt: word("photo"), width: 220, height: 140, onerror: broken }));
  }
  if (message.document) {
    const size = message.document.file_size ?? 0;
    return make("a", { class: "media file", href: file, download: message.document.file_name ?? "" }, make("bdi", {}, message.document.file_name ?? word("document")), make("small", {}, `${word("download")} · ${size < 2048 ? `${size} B` : `${Math.round(size / 1024)} kB`}`));
  }
  if (message.voice) return make("div", { class: "media label" }, `▶ ${word("voice")}`);
  if (message.sticker) return make("div", { class: "media sticker", role: "img", "aria-label": word("sticker") }, message.sticker.emoji ?? "☺");
  if (message.contact) return make("div", { class: "media label" }, `${word("contact")}: `, make("bdi", {}, message.contact.first_name), " ", make("bdi", {}, message.contact.phone_number));
  if (message.poll) return make("div", { class: "media label" }, `${word("poll")}: ${message.poll.question}`);
  if (message.dice) return make("div", { class: "media label" }, `${word("dice")}: ${message.dice.value}`);
  return null;
}

const MARKS = { url: "↗", copy_text: "⧉", switch_inline_query: "→", switch_inline_query_current_chat: "→", web_app: "↗" };

function keyboard(message, actions) {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows) return null;
  return make("div", { class: "inline-keys", role: "group", "aria-label": word("keyboard") }, ...rows.map((row) => make("div", { class: "keys" }, ...row.map((button) => {
    const kind = Object.keys(MARKS).find((name) => name in button);
    return make("button", { type: "button", class: button.style ? `key ${button.style}` : "key", dir: "auto", onclick: (event) => actions.press(message, button, event.currentTarget) }, button.text, kind ? make("span", { class: "mark", "aria-hidden": "true" }, MARKS[kind]) : null);
  }))));
}

export function bubble(message, viewer, inGroup, actions) {
  const mine = message.from.id === viewer.id;
  const service = message.new_chat_members || message.migrate_to_chat_id || message.migrate_from_chat_id;
  if (service) return make("article", { class: "service", "data-message": message.message_id }, word("service"));
  const time = new Date(message.date * 1000);
  const inside = make("div", { class: "bubble" });
  if (inGroup && !mine) inside.append(make("div", { class: "who", dir: "auto" }, message.from.first_name));
  if (message.via_bot) inside.append(make("div", { class: "who" }, `${word("via")} @${message.via_bot.username}`));
  if (message.forward_origin) inside.append(make("div", { class: "who", dir: "auto" }, `${word("forwarded")}: ${message.forward_origin.sender_user?.first_name ?? ""}`));
  if (message.reply_to_message) {
    const quoted = message.reply_to_message.text ?? message.reply_to_message.caption ?? "…";
    inside.append(make("div", { class: "quote", dir: "auto" }, quoted.slice(0, 90)));
  }
  const shown = media(message);
  if (shown) inside.append(shown);
  const text = message.text ?? message.caption;
  if (text) inside.append(textBlock(text, message.entities ?? message.caption_entities, actions));
  const meta = make("div", { class: "meta" });
  meta.append(make("button", { type: "button", class: "act", onclick: () => actions.reply(message) }, word("reply")));
  if (mine && message.text) meta.append(make("button", { type: "button", class: "act", onclick: () => actions.edit(message) }, word("edit")));
  if (!mine && message._bot) meta.append(make("button", { type: "button", class: "act", onclick: () => actions.forward(message) }, word("forward")));
  if (message._edited) meta.append(make("span", { class: "edited" }, word("edited")));
  meta.append(make("time", { datetime: time.toISOString() }, time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })));
  inside.append(meta);
  return make("article", { class: mine ? "message mine" : "message", "data-message": message.message_id, "aria-label": message.from.first_name }, inside, keyboard(message, actions));
}
