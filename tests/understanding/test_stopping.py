"""Who wants to hear no more, in every language."""

from __future__ import annotations

import pytest

from bot.domain.locales import LOCALES
from bot.understanding.stopping import wants_to_stop

WRITTEN = {
    "de": (
        "STOP",
        "stopp!",
        "Abbestellen",
        "Bitte keine Nachrichten mehr",
        "Alles stoppen, bitte.",
        "Neuigkeiten abbestellen",
    ),
    "en": (
        "Unsubscribe",
        "no more messages please",
        "Stop messages",
        "Please don't send me messages",
        "I want no more news",
    ),
    "uk": (
        "відписатися",
        "Будь ласка, більше не надсилайте",
        "СТОП",
        "Більше ніяких повідомлень",
        "не надсилайте більше новин",
    ),
    "ru": ("отписаться", "Пожалуйста, больше не присылайте", "не хочу больше сообщений"),
    "ar": ("إلغاء الاشتراك", "من فضلكم لا ترسلوا لي رسائل", "أوقفوا الرسائل"),
    "fa-AF": ("لغو اشتراک", "لطفا دیگر پیام نفرستید"),
    "tr": ("abonelikten çık", "Lütfen artık mesaj göndermeyin"),
    "pl": ("Wypisz mnie", "Proszę, nie wysyłajcie więcej wiadomości"),
    "ro": ("Dezabonare", "Vă rog, nu mai trimiteți mesaje"),
    "vi": ("hủy đăng ký", "Xin đừng gửi tin nữa"),
    "fr": (
        "se désabonner",
        "S’il vous plaît, ne m’envoyez plus de messages",
        "plus de messages",
        "je ne veux plus de nouvelles",
    ),
}
NEWS = {
    "de": "Neuigkeiten abbestellen",
    "en": "I want no more news",
    "uk": "не надсилайте більше новин",
    "ru": "Отключите новости",
    "ar": "لا أريد أخبار بعد الآن",
    "fa-AF": "دیگر خبر نمی‌خواهم",
    "tr": "haberleri durdur",
    "pl": "nie chcę więcej aktualności",
    "ro": "opriți noutățile",
    "vi": "tắt tin",
    "fr": "je ne veux plus de nouvelles",
}


@pytest.mark.parametrize("language", WRITTEN)
def test_who_wants_to_hear_no_more(language: str) -> None:
    for text in (*WRITTEN[language], NEWS[language]):
        assert wants_to_stop(text, subscribed=False), text


def test_it_is_understood_in_every_language() -> None:
    assert {locale.language for locale in LOCALES} == set(WRITTEN)


@pytest.mark.parametrize("text", ["Abmelden", "iptal", "cancel, please"])
def test_what_means_something_else_too_counts_for_subscribers_alone(text: str) -> None:
    assert wants_to_stop(text, subscribed=True)
    assert not wants_to_stop(text, subscribed=False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bitte",
        "Wo melde ich mich ab?",
        "Stop the deportation of my brother",
        "Ich habe keine Nachrichten vom Jobcenter mehr bekommen",
        "Wie kann ich den Rundfunkbeitrag abbestellen?",
        "stop " * 400,
    ],
)
def test_other_messages_stop_nothing(text: str) -> None:
    assert not wants_to_stop(text, subscribed=True)
