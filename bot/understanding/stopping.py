"""Whether somebody wants to hear no more: "STOP", "відписатися", "please no more messages"."""

from __future__ import annotations

from functools import cache

from bot.understanding.words import tokens

_STOP = (
    # German
    *("stop", "stopp", "stoppen", "stop all", "alles stoppen", "abbestellen", "news abbestellen"),
    *("nachrichten abbestellen", "newsletter abbestellen", "abo beenden", "abo kündigen", "abos kündigen"),
    *("austragen", "keine nachrichten mehr", "keine news mehr", "keine neuigkeiten mehr"),
    *("keine nachrichten mehr schicken", "schickt mir keine nachrichten mehr", "nicht mehr schreiben"),
    *("neuigkeiten abbestellen", "alles abbestellen", "neuigkeiten stoppen", "keine neuigkeiten"),
    *("schreibt mir nicht mehr", "ich will keine nachrichten mehr", "ich möchte keine nachrichten mehr"),
    # English
    *("unsubscribe", "unsubscribe me", "stop it", "stop messages", "stop news", "stop the messages"),
    *("no more messages", "no more news", "stop sending messages", "stop sending me messages", "opt out"),
    *("stop everything", "no news please", "i want no more news", "i don't want any more news"),
    *("do not send me messages", "don't send me messages", "i want no more messages"),
    # Ukrainian
    *("стоп", "відписатися", "відписатись", "відпишіть мене", "хочу відписатися", "скасувати підписку"),
    *("більше не надсилайте", "не надсилайте більше", "більше не пишіть", "не пишіть мені більше"),
    *("не надсилайте більше новин", "вимкнути новини", "не хочу більше новин", "вимкніть новини"),
    *("більше ніяких повідомлень", "не хочу більше повідомлень", "не надсилайте мені більше повідомлень"),
    # Russian
    *("отписаться", "отпишите меня", "хочу отписаться", "отменить подписку", "больше не присылайте"),
    *("не присылайте больше", "больше не пишите", "не пишите мне больше", "больше никаких сообщений"),
    *("отключить новости", "отключите новости", "не присылайте новости", "не хочу больше новостей"),
    *("не хочу больше сообщений", "не присылайте мне больше сообщений"),
    # Arabic
    *("ستوب", "إلغاء الاشتراك", "الغاء الاشتراك", "ألغوا اشتراكي", "أوقفوا الرسائل", "إيقاف الرسائل"),
    *(
        "إيقاف الأخبار",
        "أوقفوا الأخبار",
        "لا أريد أخبار",
        "لا أريد أخبار بعد الآن",
        "وقفوا الأخبار",
        "ما بدي أخبار",
    ),
    *("لا أريد رسائل", "لا أريد رسائل بعد الآن", "لا ترسلوا لي رسائل", "لا مزيد من الرسائل"),
    # Dari
    *("ستاپ", "لغو اشتراک", "لغو عضویت", "دیگر پیام نفرستید", "پیام نفرستید", "دیگر پیام نمی‌خواهم"),
    *("دیگر خبر نمی‌خواهم", "خبرها را بند کنید", "خبر نفرستید"),
    *("دیگر پیام نمیخواهم", "دیگر خبر نفرستید"),
    # Turkish
    *("dur", "durdur", "abonelikten çık", "abonelikten çıkmak istiyorum", "aboneliği iptal et"),
    *("haberleri durdur", "artık haber istemiyorum", "haber göndermeyin", "haberleri kapat"),
    *("artık mesaj göndermeyin", "mesaj göndermeyin", "artık mesaj istemiyorum", "mesaj istemiyorum"),
    # Polish
    *("wypisz mnie", "wypisać się", "chcę się wypisać", "rezygnuję z subskrypcji", "anuluj subskrypcję"),
    *("nie wysyłajcie więcej wiadomości", "nie chcę więcej wiadomości", "nie piszcie więcej"),
    *("żadnych więcej wiadomości", "nie chcę więcej aktualności", "wyłącz aktualności"),
    # Romanian
    *("dezabonare", "dezabonează-mă", "dezabonați-mă", "vreau să mă dezabonez", "fără mesaje"),
    *("nu mai vreau noutăți", "opriți noutățile", "nu mai vreau știri"),
    *("nu mai vreau mesaje", "nu mai trimiteți mesaje", "nu-mi mai trimiteți mesaje", "opriți mesajele"),
    # Vietnamese
    *("dừng", "dừng lại", "hủy đăng ký", "huỷ đăng ký", "ngừng nhận tin", "không nhận tin nữa"),
    *("tắt tin", "dừng tin tức", "không muốn nhận tin nữa"),
    *("đừng gửi tin nữa", "không muốn nhận tin nhắn nữa"),
    # French
    *("se désabonner", "désabonnement", "désabonner", "désabonnez-moi", "me désabonner", "désinscription"),
    *("je veux me désabonner", "plus de messages", "ne m'envoyez plus de messages", "arrêtez les messages"),
    *("je ne veux plus de messages", "arrêter", "je ne veux plus de nouvelles", "plus de nouvelles"),
    *("arrêtez les nouvelles", "arrêter les nouvelles"),
)
_MAYBE = ("abmelden", "abmeldung", "mich abmelden", "ich möchte mich abmelden", "cancel", "iptal", "anuluj")
"""What means something else too: only from who gets something is it taken so."""
_POLITE = (
    *("bitte", "please", "будь ласка", "прошу", "пожалуйста", "من فضلك", "من فضلكم", "رجاء", "لطفا", "لطفاً"),
    *("lütfen", "proszę", "vă rog", "te rog", "xin", "làm ơn", "s'il vous plaît", "svp", "danke", "merci"),
)
_LONGEST = 10
"""Words."""


@cache
def _known() -> tuple[frozenset[tuple[str, ...]], frozenset[tuple[str, ...]], tuple[tuple[str, ...], ...]]:
    stop, maybe, polite = (
        tuple(tuple(tokens(one)) for one in phrases) for phrases in (_STOP, _MAYBE, _POLITE)
    )
    return frozenset(stop), frozenset(maybe), polite


def wants_to_stop(text: str, *, subscribed: bool) -> bool:
    """Whether a whole message says to send nothing any more; ``subscribed``: something is sent."""
    stop, maybe, polite = _known()
    said = tuple(tokens(text))
    if len(said) > _LONGEST:
        return False
    for words in polite:
        if said[: len(words)] == words:
            said = said[len(words) :]
        if said[-len(words) :] == words:
            said = said[: -len(words)]
    return said in stop or (subscribed and said in maybe)
