// The page's own words; the bot's words come from the bot.
const WORDS = {
  en: {
    title: "Chat sandbox", skip: "Skip to the chats", note: "A local stand-in: nothing here reaches Telegram.",
    addPerson: "Add person", addGroup: "New group", pageLanguage: "Language of this page",
    welcome: "Who is writing?", welcomeText: "Pick somebody or invent a person. Open several to see them side by side.",
    name: "Name", appLanguage: "Language of the app", start: "Open the chat", existing: "Open again",
    groupName: "Name of the group", members: "Members", create: "Create", cancel: "Cancel", close: "Close", ok: "OK",
    sendLocation: "Send a location", town: "Town", ownPlace: "Own coordinates", latitude: "Latitude", longitude: "Longitude",
    send: "Send", stored: "What the bot stored about me", storedNone: "The bot offers no view into its data here.",
    storedEmpty: "Nothing.", inline: "Inline mode", search: "Search", noResults: "No results.",
    message: "Message", attach: "Attach", commands: "Commands", noCommands: "The bot has set no commands yet.",
    photo: "Photo", voice: "Voice message", document: "Document", sticker: "Sticker", contact: "Contact", location: "Location",
    more: "More", block: "Block the bot", unblock: "Unblock the bot", closeChat: "Close this chat", chat: "Chat",
    privateChat: "Private chat", blocked: "You have blocked the bot.", typing: "is typing …", edited: "edited",
    reply: "Reply", edit: "Edit", replyTo: "Reply to", editing: "Editing", stop: "Cancel", forward: "Forward",
    forwarded: "Forwarded", via: "via", hidden: "Hidden text, show", showMore: "Show all", showLess: "Show less",
    map: "Map at OpenStreetMap", download: "Download", copied: "Copied", copy: "Copy", opens: "opens a page",
    unanswered: "The bot has not answered this button yet.", failed: "That did not work:", messages: "Messages with",
    emptyChat: "No messages yet.", startBot: "Start", keyboard: "Keyboard of the bot", chats: "Open chats",
    poll: "Poll", dice: "Die", service: "Change in the group", draft: "is writing", theme: "Colours", lost: "Connection lost, trying again …",
    sideBySide: "All chats side by side", enlarge: "Show large", newMessage: "new message",
  },
  de: {
    title: "Chat-Spielwiese", skip: "Zu den Chats", note: "Ein lokaler Nachbau: Nichts hiervon erreicht Telegram.",
    addPerson: "Person dazu", addGroup: "Neue Gruppe", pageLanguage: "Sprache dieser Seite",
    welcome: "Wer schreibt?", welcomeText: "Nehmen Sie jemanden oder erfinden Sie eine Person. Öffnen Sie mehrere, um sie nebeneinander zu sehen.",
    name: "Name", appLanguage: "Sprache der App", start: "Chat öffnen", existing: "Wieder öffnen",
    groupName: "Name der Gruppe", members: "Mitglieder", create: "Anlegen", cancel: "Abbrechen", close: "Schließen", ok: "OK",
    sendLocation: "Standort senden", town: "Ort", ownPlace: "Eigene Koordinaten", latitude: "Breite", longitude: "Länge",
    send: "Senden", stored: "Was der Bot über mich gespeichert hat", storedNone: "Der Bot bietet hier keinen Einblick in seine Daten.",
    storedEmpty: "Nichts.", inline: "Inline-Modus", search: "Suchen", noResults: "Keine Treffer.",
    message: "Nachricht", attach: "Anhängen", commands: "Befehle", noCommands: "Der Bot hat noch keine Befehle gesetzt.",
    photo: "Foto", voice: "Sprachnachricht", document: "Dokument", sticker: "Sticker", contact: "Kontakt", location: "Standort",
    more: "Mehr", block: "Bot blockieren", unblock: "Blockierung aufheben", closeChat: "Diesen Chat schließen", chat: "Chat",
    privateChat: "Privater Chat", blocked: "Sie haben den Bot blockiert.", typing: "schreibt …", edited: "bearbeitet",
    reply: "Antworten", edit: "Bearbeiten", replyTo: "Antwort auf", editing: "Bearbeiten", stop: "Abbrechen", forward: "Weiterleiten",
    forwarded: "Weitergeleitet", via: "über", hidden: "Verdeckter Text, zeigen", showMore: "Alles zeigen", showLess: "Weniger zeigen",
    map: "Karte bei OpenStreetMap", download: "Herunterladen", copied: "Kopiert", copy: "Kopieren", opens: "öffnet eine Seite",
    unanswered: "Der Bot hat auf diesen Knopf noch nicht geantwortet.", failed: "Das ging nicht:", messages: "Nachrichten mit",
    emptyChat: "Noch keine Nachrichten.", startBot: "Starten", keyboard: "Tastatur des Bots", chats: "Offene Chats",
    poll: "Umfrage", dice: "Würfel", service: "Änderung in der Gruppe", draft: "schreibt gerade", theme: "Farben", lost: "Verbindung unterbrochen, neuer Versuch …",
    sideBySide: "Alle Chats nebeneinander", enlarge: "Groß zeigen", newMessage: "neue Nachricht",
  },
};

// What a bot may say that it has stored; a field that is not named here is shown as the bot calls it.
const FIELDS = {
  en: {
    recipient: "This chat", chat_id: "Number of the chat", chat_type: "Kind of chat", locale: "Language",
    created_at: "Stored since", seen_on: "Last message on", retired_at: "Bot blocked since", announced_at: "Deletion announced on",
    saved_events: "Saved events", reminders: "Reminders", notices: "News about saved events",
    event_id: "Event", occurrence: "Starts", kind: "When", due_at: "To be sent", sent_at: "Sent", change: "What changed", moved_to: "New date",
    unanswered_messages: "Messages being answered",
    subscriptions: "Subscriptions", topic: "Topic", area: "Place", frequency: "How often", consent_version: "Version of the consent", consented_at: "Agreed on",
    quiet_from: "Quiet from (hour)", quiet_to: "Quiet until (hour)", digest_hour: "Hour of the summaries", muted_until: "No news until",
    contacts: "Contact of", organisation_id: "Organisation", number: "Number", staff: "Role in the office", role: "Role", removed_at: "Role ended on",
    editing: "Draft in hand", expecting: "What the next message is for", deliveries: "Announcements", broadcast_id: "Number of the announcement",
    state: "What became of it", at: "When", reason: "Why", message_id: "Number of the message", since: "Due since",
    edit_waits: "Corrections to come", edit_id: "Number of the correction",
    id: "Number", log: "Log under this number", seq: "Number of the entry", act: "Act", detail: "About", by_you: "Done by this person",
    declined: "Stopped", group: "What goes to", declined_at: "Stopped on", farewells: "Still to be told",
    invitations: "Invitations made", expires_at: "Valid until", used_at: "Used on",
    broadcasts: "Announcements under this number", name: "First line", author: "Wrote it", releaser: "Released it", progress: "Where its progress stands",
  },
  de: {
    recipient: "Dieser Chat", chat_id: "Nummer des Chats", chat_type: "Art des Chats", locale: "Sprache",
    created_at: "Gespeichert seit", seen_on: "Letzte Nachricht am", retired_at: "Bot blockiert seit", announced_at: "Löschung angekündigt am",
    saved_events: "Gemerkte Veranstaltungen", reminders: "Erinnerungen", notices: "Neues zu gemerkten Veranstaltungen",
    event_id: "Veranstaltung", occurrence: "Beginn", kind: "Wann", due_at: "Wird gesendet", sent_at: "Gesendet", change: "Was sich änderte", moved_to: "Neuer Termin",
    unanswered_messages: "Nachrichten, die gerade beantwortet werden",
    subscriptions: "Abonnements", topic: "Thema", area: "Ort", frequency: "Wie oft", consent_version: "Fassung der Einwilligung", consented_at: "Eingewilligt am",
    quiet_from: "Ruhe ab (Stunde)", quiet_to: "Ruhe bis (Stunde)", digest_hour: "Stunde der Zusammenfassungen", muted_until: "Keine Nachrichten bis",
    contacts: "Kontakt von", organisation_id: "Organisation", number: "Nummer", staff: "Rolle im Büro", role: "Rolle", removed_at: "Rolle beendet am",
    editing: "Entwurf in der Hand", expecting: "Wofür die nächste Nachricht ist", deliveries: "Mitteilungen", broadcast_id: "Nummer der Mitteilung",
    state: "Was daraus wurde", at: "Wann", reason: "Warum", message_id: "Nummer der Nachricht", since: "Fällig seit",
    edit_waits: "Berichtigungen, die noch kommen", edit_id: "Nummer der Berichtigung",
    id: "Nummer", log: "Protokoll unter dieser Nummer", seq: "Nummer des Eintrags", act: "Handlung", detail: "Worum es ging", by_you: "Von dieser Person",
    declined: "Abbestellt", group: "Was geht an", declined_at: "Abbestellt am", farewells: "Noch zu sagen",
    invitations: "Ausgestellte Einladungen", expires_at: "Gültig bis", used_at: "Eingelöst am",
    broadcasts: "Mitteilungen unter dieser Nummer", name: "Erste Zeile", author: "Verfasst", releaser: "Freigegeben", progress: "Wo der Stand gezeigt wird",
  },
};
const VALUES = {
  en: { "frequency now": "at once", "frequency daily": "once a day", "frequency weekly": "once a week", "area mv": "the whole state", "state sent": "sent", "state unknown": "unknown, arrived or not", "chat_type private": "private", "chat_type group": "group", "chat_type channel": "channel", "kind day": "a day before", "kind hours": "two hours before", "change cancelled": "cancelled", "change moved": "moved" },
  de: { "frequency now": "sofort", "frequency daily": "einmal am Tag", "frequency weekly": "einmal in der Woche", "area mv": "das ganze Land", "state sent": "gesendet", "state unknown": "unbekannt, angekommen oder nicht", "chat_type private": "privat", "chat_type group": "Gruppe", "chat_type channel": "Kanal", "kind day": "einen Tag vorher", "kind hours": "zwei Stunden vorher", "change cancelled": "abgesagt", "change moved": "verlegt" },
};

let current = "en";

export const pageLanguage = () => current;
export const word = (key) => WORDS[current][key] ?? WORDS.en[key] ?? key;

export const fieldWord = (field) => FIELDS[current][field] ?? field.replaceAll("_", " ");
export const valueWord = (field, value) => VALUES[current][`${field} ${value}`] ?? value;

export function choosePageLanguage(code) {
  current = code in WORDS ? code : "en";
  document.documentElement.lang = current;
  document.title = word("title");
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = word(element.dataset.word);
}

export const LANGUAGES = [
  ["de", "Deutsch"], ["en", "English"], ["uk", "Українська"], ["ru", "Русский"], ["ar", "العربية"], ["fa", "دری / فارسی"],
  ["tr", "Türkçe"], ["pl", "Polski"], ["ro", "Română"], ["vi", "Tiếng Việt"], ["fr", "Français"], ["es", "Español"],
  ["ku", "Kurdî"], ["ti", "ትግርኛ"], ["so", "Soomaali"], ["ps", "پښتو"], ["bg", "Български"], ["", "–"],
];

export const QUICK = [
  ["Amira", "ar"], ["Olena", "uk"], ["Jonas", "de"], ["Farid", "fa"], ["Elif", "tr"], ["Grace", "en"],
];

export const TOWNS = [
  ["Rostock", 54.0887, 12.1405], ["Schwerin", 53.6294, 11.4132], ["Neubrandenburg", 53.5576, 13.2611],
  ["Stralsund", 54.3091, 13.0818], ["Greifswald", 54.0931, 13.3879], ["Wismar", 53.8921, 11.4651],
  ["Güstrow", 53.7937, 12.1766], ["Waren (Müritz)", 53.5203, 12.6798], ["Bergen auf Rügen", 54.4181, 13.4331],
];
