// The chat page: several people side by side, kept up to date by server-sent events.
import { bubble, make } from "./render.js";
import { LANGUAGES, QUICK, TOWNS, choosePageLanguage, fieldWord, pageLanguage, valueWord, word } from "./words.js";

const $ = (id) => document.getElementById(id);
let world = { bot: {}, people: [], groups: [], stored: false };
const panes = [];
/* In "spread" the active chat is large and all others stand small beside it; more than this would be tiny. */
const MOST = 12;
let active = null;
let spread = false;
let dialogPane = null;

async function control(act, body) {
  const answer = await fetch(`/control/${act}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const data = await answer.json();
  if (!answer.ok) {
    toast(`${word("failed")} ${data.error ?? answer.status}`);
    throw new Error(data.error);
  }
  return data.result;
}
const quietly = (promise) => promise.catch(() => undefined);

let toastTimer = 0;
function toast(text) {
  setToast(text);
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => setToast(""), 5000);
}
/* The line above the chats takes its room from their tops: what is read or pressed below stays where it is. */
function setToast(text) {
  const logs = panes.map(({ log }) => [log, log.scrollTop + log.clientHeight]);
  $("toast").textContent = text;
  arrange();
  for (const [log, bottom] of logs) log.scrollTop = bottom - log.clientHeight;
}

function remember() {
  try { sessionStorage.setItem("panes", JSON.stringify(panes.map((pane) => [pane.person.id, pane.chatId]))); sessionStorage.setItem("spread", String(spread)); } catch { /* private mode */ }
}

class Pane {
  constructor(person, chatId) {
    this.person = person;
    this.chatId = chatId;
    this.replying = null;
    this.editing = null;
    this.messages = new Map();
    this.changes = 0;
    this.number = Pane.next = (Pane.next ?? 0) + 1;
    this.build();
  }

  get inGroup() { return this.chatId < 0; }
  get title() { return this.inGroup ? `${this.person.first_name} · ${world.groups.find((group) => group.id === this.chatId)?.title ?? ""}` : this.person.first_name; }

  build() {
    const id = `pane-${this.number}`;
    this.log = make("div", { class: "log", role: "log", "aria-live": "polite", tabindex: "0" });
    this.status = make("p", { class: "status", role: "status" });
    this.keys = make("div", { class: "reply-keys", role: "group" });
    this.context = make("div", { class: "context", hidden: true });
    this.input = make("textarea", { id: `${id}-text`, rows: "1", dir: "auto", maxlength: "4096" });
    this.label = make("label", { class: "hidden", for: `${id}-text` });
    this.sendButton = make("button", { type: "submit", class: "send" }, make("span", { "aria-hidden": "true" }, "➤"), make("span", { class: "hidden" }));
    this.attach = make("details", { class: "pop" });
    this.menu = make("details", { class: "pop" });
    this.form = make("form", { class: "composer" }, this.attach, this.menu, this.label, this.input, this.sendButton);
    this.blockedBar = make("div", { class: "blocked", hidden: true });
    this.startBar = make("div", { class: "blocked", hidden: true });
    this.more = make("details", { class: "pop more" });
    this.heading = make("h2", { id: `${id}-title`, dir: "auto" });
    this.sub = make("p", { class: "sub" });
    this.chooser = make("select", { id: `${id}-chat` });
    this.chooserLabel = make("label", { class: "hidden", for: `${id}-chat` });
    this.chooserBox = make("div", { class: "chooser" }, this.chooserLabel, this.chooser);
    const face = make("span", { class: `face face-${this.person.id % 6}`, "aria-hidden": "true" }, [...this.person.first_name][0]);
    this.enlarge = make("button", { type: "button", class: "soft enlarge", onclick: () => { show(this); this.log.focus(); } }, make("span", { "aria-hidden": "true" }, "⤢"));
    this.element = make("section", { class: "pane", id, "aria-labelledby": `${id}-title` },
      make("header", { class: "pane-head" }, face, make("div", { class: "names" }, this.heading, this.sub), this.chooserBox, this.enlarge, this.more),
      this.log, this.status, this.startBar, this.blockedBar, this.context, this.keys, this.form);
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.send(); }
      if (event.key === "Escape") this.settle();
    });
    this.input.addEventListener("input", () => this.grow());
    this.chooser.addEventListener("change", () => { this.chatId = Number(this.chooser.value); this.settle(); remember(); this.words(); this.load(); drawTabs(); });
    this.words();
  }

  grow() { this.input.style.height = "auto"; this.input.style.height = `${Math.min(this.input.scrollHeight, 140)}px`; }

  words() {
    const language = LANGUAGES.find(([code]) => code === this.person.language_code)?.[1] ?? this.person.language_code;
    this.heading.textContent = this.title;
    this.sub.replaceChildren(make("bdi", {}, language || "–"), ` · @${world.bot.username}`);
    this.log.setAttribute("aria-label", `${word("messages")} ${this.title}`);
    this.enlarge.setAttribute("aria-label", `${word("enlarge")}: ${this.title}`);
    this.keys.setAttribute("aria-label", word("keyboard"));
    this.label.textContent = word("message");
    this.input.placeholder = word("message");
    this.sendButton.lastChild.textContent = word("send");
    this.chooserLabel.textContent = word("chat");
    const groups = world.groups.filter((group) => group.members.includes(this.person.id));
    this.chooser.replaceChildren(make("option", { value: this.person.id }, word("privateChat")), ...groups.map((group) => make("option", { value: group.id }, group.title)));
    this.chooser.value = String(this.chatId);
    this.chooserBox.hidden = groups.length === 0;
    const item = (text, action) => make("button", { type: "button", onclick: (event) => { event.currentTarget.closest("details").open = false; action(); } }, text);
    const media = ["photo", "voice", "document", "sticker", "contact"].map((kind) => item(word(kind), () => quietly(control("media", { ...this.at(), kind }))));
    this.attach.replaceChildren(make("summary", { "aria-label": word("attach") }, make("span", { "aria-hidden": "true" }, "+")), make("div", { class: "sheet" }, item(word("location"), () => openPlace(this)), ...media));
    const block = this.person.blocked ? item(word("unblock"), () => this.unblock()) : item(word("block"), () => quietly(control("block", { person: this.person.id })));
    this.more.replaceChildren(make("summary", { "aria-label": word("more") }, make("span", { "aria-hidden": "true" }, "⋯")), make("div", { class: "sheet" },
      item(word("stored"), () => openStored(this)), item(word("inline"), () => openInline(this)), block, item(word("closeChat"), () => close(this))));
    this.blockedBar.replaceChildren(make("span", {}, word("blocked")), make("button", { type: "button", onclick: () => this.unblock() }, word("unblock")));
    this.startBar.replaceChildren(make("span", {}, word("emptyChat")), make("button", { type: "button", onclick: () => this.say("/start") }, word("startBot")));
    this.blockedBar.hidden = !(this.person.blocked && !this.inGroup);
    this.form.hidden = this.person.blocked && !this.inGroup;
    this.drawCommands();
  }

  unblock() { quietly(control("unblock", { person: this.person.id })); }
  at() { return { person: this.person.id, chat: this.chatId }; }

  drawCommands() {
    const list = this.commands ?? [];
    const items = list.map(({ command, description }) => make("button", { type: "button", onclick: (event) => { event.currentTarget.closest("details").open = false; this.say(`/${command}`); } }, make("bdi", { class: "slash" }, `/${command}`), " ", make("span", { dir: "auto" }, description)));
    this.menu.replaceChildren(make("summary", { "aria-label": word("commands") }, make("span", { "aria-hidden": "true" }, "/")), make("div", { class: "sheet wide" }, ...(items.length ? items : [make("p", {}, word("noCommands"))])));
  }

  async load() {
    /* Once more if a message came or went, or another chat was chosen, meanwhile: an old answer must not hide it. */
    let data, before;
    const now = () => `${this.chatId} ${this.changes}`;
    do {
      before = now();
      const answer = await fetch(`/chats/${this.chatId}?language=${encodeURIComponent(this.person.language_code)}`);
      if (!answer.ok) return;
      data = await answer.json();
    } while (before !== now());
    this.commands = data.commands;
    this.messages = new Map(data.messages.map((message) => [message.message_id, message]));
    this.drawCommands();
    this.log.setAttribute("aria-live", "off");
    this.keepFocus(() => this.log.replaceChildren(...data.messages.map((message) => this.bubble(message))));
    this.voice();
    this.drawKeys(data.keyboard);
    this.showStart();
    this.down();
  }

  async loadCommands() {
    const answer = await fetch(`/chats/${this.chatId}?language=${encodeURIComponent(this.person.language_code)}`);
    if (!answer.ok) return;
    this.commands = (await answer.json()).commands;
    if (!this.menu.open) this.drawCommands();
  }

  showStart() { this.startBar.hidden = this.inGroup || this.person.blocked || this.messages.size > 0; }
  /* Eight chats that are read aloud at once would be noise: side by side only the large one is. */
  voice() { this.log.setAttribute("aria-live", spread && active !== this ? "off" : "polite"); }
  /* Marks a chat in which something new stands that was not looked at yet. */
  mark(news) {
    if (this.news === news) return;
    this.news = news;
    this.element.classList.toggle("news", news);
    drawTabs();
  }
  near() { return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 400; }
  /* To the end; but a message taller than the screen is shown from its beginning. */
  down() {
    const last = this.log.lastElementChild;
    this.log.scrollTop = this.log.scrollHeight;
    /* Not scrollIntoView: that would move everything around the chat as well. */
    if (last && last.offsetHeight > this.log.clientHeight) this.log.scrollTop += last.getBoundingClientRect().top - this.log.getBoundingClientRect().top - 8;
  }

  bubble(message) {
    return bubble(message, this.person, this.inGroup, {
      link: (event, href) => this.link(event, href),
      say: (text) => this.say(text),
      press: (target, button, element) => this.press(target, button, element),
      reply: (target) => this.settle(target, null),
      edit: (target) => this.settle(null, target),
      forward: (target) => quietly(control("forward", { person: this.person.id, chat: this.chatId, from_chat: target.chat.id, message: target.message_id })),
    });
  }

  /* Who stands on a button below a message still does after the message was drawn anew. */
  keepFocus(change) {
    const message = document.activeElement?.closest("[data-message]");
    const keys = (of) => [...(of?.querySelectorAll(".key") ?? [])];
    const focused = this.log.contains(message) ? keys(message).indexOf(document.activeElement) : -1;
    change();
    if (focused < 0) return;
    const fresh = keys(this.log.querySelector(`[data-message="${message.dataset.message}"]`));
    (fresh[Math.min(focused, fresh.length - 1)] ?? this.log).focus();
  }

  put(message, keyboard) {
    const old = this.log.querySelector(`[data-message="${message.message_id}"]`);
    const near = this.near();
    this.messages.set(message.message_id, message);
    this.changes += 1;
    const fresh = this.bubble(message);
    if (old) this.keepFocus(() => old.replaceWith(fresh));
    else {
      this.log.append(fresh);
      if (message._bot && active !== this) this.mark(true);
    }
    if (keyboard !== undefined) this.drawKeys(keyboard);
    this.status.textContent = "";
    this.showStart();
    if (near || message.from.id === this.person.id) this.down();
  }

  remove(messageId) {
    this.messages.delete(messageId);
    this.changes += 1;
    this.log.querySelector(`[data-message="${messageId}"]`)?.remove();
  }

  drawKeys(keyboard) {
    const rows = keyboard?.keyboard ?? [];
    this.keys.replaceChildren(...rows.map((row) => make("div", { class: "keys" }, ...row.map((button) => make("button", { type: "button", class: "key", dir: "auto", onclick: () => this.replyKey(button) }, button.text)))));
    this.keys.hidden = rows.length === 0;
    this.input.placeholder = keyboard?.input_field_placeholder ?? word("message");
  }

  replyKey(button) {
    if (button.request_location) openPlace(this);
    else this.say(button.text);
  }

  say(text) { return quietly(control("text", { ...this.at(), text })); }

  async send() {
    const text = this.input.value.trim();
    if (!text) return;
    try {
      if (this.editing) await control("edit", { ...this.at(), message: this.editing.message_id, text });
      else await control("text", { ...this.at(), text, reply_to: this.replying?.message_id ?? null });
      this.input.value = "";
      this.grow();
      this.settle();
    } catch { /* shown as a toast; the text stays */ }
  }

  settle(replying = null, editing = null) {
    if (this.editing && !editing) this.input.value = "";
    this.replying = replying;
    this.editing = editing;
    const target = replying ?? editing;
    this.context.hidden = !target;
    if (target) {
      const text = target.text ?? target.caption ?? "…";
      this.context.replaceChildren(make("span", { dir: "auto" }, `${word(replying ? "replyTo" : "editing")}: ${text.slice(0, 60)}`), make("button", { type: "button", class: "act", onclick: () => this.settle() }, word("stop")));
      if (editing) this.input.value = editing.text;
      this.input.focus();
    }
  }

  async press(message, button, element) {
    if ("url" in button) return this.link(null, button.url);
    if ("copy_text" in button) {
      try { await navigator.clipboard.writeText(button.copy_text.text); } catch { /* no clipboard without permission; the toast shows the text */ }
      return toast(`${word("copied")}: ${button.copy_text.text}`);
    }
    if ("switch_inline_query" in button || "switch_inline_query_current_chat" in button) return openInline(this, button.switch_inline_query ?? button.switch_inline_query_current_chat);
    if (!("callback_data" in button)) return undefined;
    element.setAttribute("aria-busy", "true");
    try {
      const answer = await control("press", { ...this.at(), message: message.message_id, data: button.callback_data });
      if (!answer.answered) toast(word("unanswered"));
      else if (answer.show_alert) { $("alert-text").textContent = answer.text; $("alert-dialog").showModal(); }
      else if (answer.text) toast(answer.text);
    } catch { /* shown */ }
    element.removeAttribute("aria-busy");
    return undefined;
  }

  async link(event, href) {
    const ours = /^(https?:\/\/(t|telegram)\.me\/|tg:)/i.test(href);
    if (!ours) {
      if (!event) window.open(href, "_blank", "noopener");
      return;
    }
    event?.preventDefault();
    const result = await quietly(control("link", { person: this.person.id, url: href }));
    if (result?.deep && this.inGroup) { this.chatId = this.person.id; remember(); this.words(); await this.load(); drawTabs(); }
    if (result && !result.deep) window.open(href, "_blank", "noopener");
  }
}

function show(pane) {
  active = pane;
  if (pane) document.body.classList.remove("adding");
  keeping(() => {
    for (const other of panes) { other.element.classList.toggle("current", other === pane); other.voice(); }
    $("welcome").classList.toggle("current", pane === null);
    arrange();
  });
  if (pane) { pane.news = false; pane.element.classList.remove("news"); }
  drawTabs();
}

/* Who reads the end of a chat still reads it after the chats have changed their sizes. */
function keeping(change) {
  const atEnd = panes.filter((pane) => pane.near());
  change();
  for (const pane of atEnd) pane.down();
}

/* Side by side: as many columns of small chats as fit, and as many rows as they need. */
function arrange() {
  const box = $("panes");
  const large = parseFloat(getComputedStyle(document.documentElement).fontSize) * 26;
  const small = panes.length - (active ? 1 : 0);
  const columns = Math.max(1, Math.min(small, Math.floor((box.clientWidth - large) / 220)));
  box.style.setProperty("--columns", columns);
  box.style.setProperty("--rows", Math.max(1, Math.ceil(small / columns)));
  box.style.setProperty("--height", `${box.clientHeight}px`);
}

function sideBySide(on) {
  const before = active ?? panes[0] ?? null;
  spread = on;
  document.body.classList.toggle("spread", on);
  $("side-by-side").setAttribute("aria-pressed", String(on));
  if (on) for (const person of world.people) if (panes.length < MOST && !panes.some((pane) => pane.person.id === person.id)) open(person);
  show(before ?? panes[0] ?? null);
  for (const pane of panes) pane.down();
  remember();
}

function drawTabs() {
  $("tabs").hidden = panes.length === 0;
  $("tabs").setAttribute("aria-label", word("chats"));
  const tab = (text, pane) => make("button", { type: "button", class: "tab", dir: "auto", "aria-pressed": String(active === pane), onclick: () => (pane ? show(pane) : addPerson()) }, text, pane?.news ? make("span", { class: "dot" }, make("span", { class: "hidden" }, ` (${word("newMessage")})`)) : null);
  const focused = [...$("tabs").children].indexOf(document.activeElement);
  $("tabs").replaceChildren(...panes.map((pane) => tab(pane.title, pane)), tab(`+ ${word("addPerson")}`, null));
  if (focused >= 0) $("tabs").children[Math.min(focused, panes.length)]?.focus();
}

function open(person, chatId = person.id) {
  let pane = panes.find((other) => other.person.id === person.id && other.chatId === chatId);
  if (!pane) {
    pane = new Pane(person, chatId);
    panes.push(pane);
    $("panes").insertBefore(pane.element, $("welcome"));
    pane.load();
    remember();
  }
  document.body.classList.add("chatting");
  document.body.classList.remove("adding");
  show(pane);
  return pane;
}

function addPerson() {
  document.body.classList.add("adding");
  show(null);
  drawExisting();
  $("person-name").focus();
}

function close(pane) {
  panes.splice(panes.indexOf(pane), 1);
  pane.element.remove();
  remember();
  if (!panes.length) document.body.classList.remove("chatting");
  show(panes[0] ?? null);
  drawExisting();
}

async function invent(first_name, language_code) {
  const latin = first_name.normalize("NFKD").replace(/[^A-Za-z]/g, "").toLowerCase();
  const username = latin.length > 2 ? `${latin}_${Math.floor(1000 + Math.random() * 9000)}` : "";
  const person = await control("person", { first_name, language_code, username });
  if (!world.people.some((other) => other.id === person.id)) world.people.push(person);
  open(person).input.focus();
}

function drawWelcome() {
  $("quick").replaceChildren(...QUICK.map(([name, code]) => make("button", { type: "button", class: "pick", onclick: () => quietly(invent(name, code)) }, make("strong", {}, name), make("span", { lang: code, dir: "auto" }, LANGUAGES.find(([other]) => other === code)[1]))));
  const chosen = $("person-language").value;
  $("person-language").replaceChildren(...LANGUAGES.map(([code, name]) => make("option", { value: code }, name)));
  $("person-language").value = chosen || "de";
  drawExisting();
}

function drawExisting() {
  const closed = world.people.filter((person) => !panes.some((pane) => pane.person.id === person.id));
  $("existing").replaceChildren(...(closed.length ? [make("h3", {}, word("existing"))] : []), ...closed.map((person) => make("button", { type: "button", class: "pick", dir: "auto", onclick: () => open(person) }, make("strong", {}, person.first_name), make("span", {}, person.language_code || "–"))));
}

function openPlace(pane) {
  dialogPane = pane;
  $("place-town").replaceChildren(...TOWNS.map(([name], index) => make("option", { value: index }, name)), make("option", { value: "" }, word("ownPlace")));
  fillPlace();
  $("place-dialog").showModal();
}
function fillPlace() {
  const town = TOWNS[$("place-town").value];
  if (town) [, $("place-lat").value, $("place-lon").value] = town;
}

function tree(value, field = "") {
  if (value === null || value === undefined) return make("span", {}, "–");
  if (Array.isArray(value)) return value.length ? make("ul", {}, ...value.map((entry) => make("li", {}, tree(entry, field)))) : make("span", {}, word("storedEmpty"));
  if (typeof value === "object") {
    const entries = Object.entries(value);
    return entries.length ? make("dl", {}, ...entries.flatMap(([name, entry]) => [make("dt", {}, fieldWord(name)), make("dd", { dir: "auto" }, tree(entry, name))])) : make("span", {}, word("storedEmpty"));
  }
  return make("bdi", {}, valueWord(field, String(value)));
}

async function openStored(pane) {
  const answer = await fetch(`/stored/${pane.chatId}`);
  $("stored-body").replaceChildren(answer.ok ? tree(await answer.json()) : make("p", {}, word("storedNone")));
  $("stored-dialog").showModal();
}

function openInline(pane, text = "") {
  dialogPane = pane;
  $("inline-label").textContent = `@${world.bot.username}`;
  $("inline-text").value = text;
  $("inline-results").replaceChildren();
  $("inline-dialog").showModal();
}

async function searchInline() {
  const text = $("inline-text").value;
  const results = (await quietly(control("inline", { person: dialogPane.person.id, text }))) ?? [];
  $("inline-results").replaceChildren(...(results.length ? results.map((result) => make("button", { type: "button", class: "pick", dir: "auto", onclick: () => { quietly(control("choose", { ...dialogPane.at(), text, result })); $("inline-dialog").close(); } }, make("strong", {}, result.title ?? result.id), make("span", {}, result.description ?? ""))) : [make("p", {}, word("noResults"))]));
}

async function refresh() {
  world = await (await fetch("/state")).json();
  $("bot-name").textContent = world.bot.name ?? word("title");
  for (const pane of panes) {
    pane.person = world.people.find((person) => person.id === pane.person.id) ?? pane.person;
    pane.words();
    pane.showStart();
  }
  $("side-by-side").hidden = world.people.length < 2;
  drawTabs();
  drawExisting();
}

function listen() {
  const stream = new EventSource("/events");
  const on = (name, action) => stream.addEventListener(name, (event) => action(JSON.parse(event.data)));
  const of = (chatId) => panes.filter((pane) => pane.chatId === chatId);
  on("hello", async () => { await refresh(); for (const pane of panes) pane.load(); });
  on("message", ({ chat_id, message, keyboard }) => { for (const pane of of(chat_id)) { pane.put(message, keyboard); pane.loadCommands(); } });
  on("edit", ({ chat_id, message }) => { for (const pane of of(chat_id)) pane.put(message); });
  on("delete", ({ chat_id, message_id }) => { for (const pane of of(chat_id)) pane.remove(message_id); });
  on("action", ({ chat_id }) => { for (const pane of of(chat_id)) { pane.status.textContent = `${world.bot.name} ${word("typing")}`; setTimeout(() => { pane.status.textContent = ""; }, 5000); } });
  on("draft", ({ chat_id, text }) => { for (const pane of of(chat_id)) pane.status.textContent = text ? `${word("draft")}: ${text}` : ""; });
  on("people", refresh);
  on("left", refresh);
  stream.onerror = () => toast(word("lost"));
}

function wire() {
  for (const dialog of document.querySelectorAll("dialog")) for (const button of dialog.querySelectorAll(".close")) button.addEventListener("click", () => dialog.close());
  $("person-form").addEventListener("submit", (event) => {
    event.preventDefault();
    quietly(invent($("person-name").value.trim(), $("person-language").value));
    $("person-name").value = "";
  });
  $("add-person").addEventListener("click", addPerson);
  $("side-by-side").addEventListener("click", () => sideBySide(!spread));
  let width = 0;
  new ResizeObserver(() => {
    const wider = $("panes").clientWidth !== width;
    width = $("panes").clientWidth;
    if (wider && spread) keeping(arrange);
    else arrange();
  }).observe($("panes"));
  $("add-group").addEventListener("click", () => {
    $("group-members").replaceChildren(...world.people.map((person) => make("label", { class: "check", dir: "auto" }, make("input", { type: "checkbox", value: person.id, checked: true }), person.first_name)));
    $("group-dialog").showModal();
  });
  $("group-form").addEventListener("submit", async () => {
    const members = [...$("group-members").querySelectorAll("input:checked")].map((box) => Number(box.value));
    const group = await quietly(control("group", { title: $("group-name").value, members }));
    if (!group) return;
    await refresh();
    open(world.people.find((person) => person.id === members[0]), group.id);
  });
  $("place-town").addEventListener("change", fillPlace);
  for (const field of ["place-lat", "place-lon"]) $(field).addEventListener("input", () => { $("place-town").value = ""; });
  $("place-form").addEventListener("submit", () => quietly(control("location", { ...dialogPane.at(), latitude: Number($("place-lat").value), longitude: Number($("place-lon").value) })));
  $("inline-form").addEventListener("submit", (event) => { event.preventDefault(); searchInline(); });
  $("page-language").addEventListener("change", () => speak($("page-language").value));
  document.addEventListener("click", (event) => { for (const pop of document.querySelectorAll("details.pop[open]")) if (!pop.contains(event.target)) pop.open = false; });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const pop of document.querySelectorAll("details.pop[open]")) { pop.open = false; pop.querySelector("summary").focus(); }
  });
}

function speak(code) {
  choosePageLanguage(code);
  $("page-language").value = pageLanguage();
  try { localStorage.setItem("page-language", code); } catch { /* private mode */ }
  drawWelcome();
  for (const pane of panes) { pane.words(); pane.load(); }
  drawTabs();
  if (world.bot.name) $("bot-name").textContent = world.bot.name;
}

async function begin() {
  wire();
  let chosen = navigator.language.startsWith("de") ? "de" : "en";
  try { chosen = localStorage.getItem("page-language") ?? chosen; } catch { /* private mode */ }
  speak(chosen);
  await refresh();
  let before = [];
  let together = new URLSearchParams(location.search).has("all");
  try {
    before = JSON.parse(sessionStorage.getItem("panes") ?? "[]");
    together ||= sessionStorage.getItem("spread") === "true";
  } catch { /* private mode */ }
  for (const [personId, chatId] of before) {
    const person = world.people.find((other) => other.id === personId);
    if (person) open(person, chatId);
  }
  if (together && world.people.length > 1) { sideBySide(true); show(panes[0]); }
  listen();
}

begin();
