"""Roles, links and guesses; and the log that cannot be changed unnoticed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.audit import (
    Act,
    Damage,
    Detail,
    Entry,
    Harm,
    Head,
    canonical,
    entry,
    fits,
    head,
    verify,
)
from bot.domain.staff import (
    Fixed,
    Guesses,
    NotAllowed,
    Role,
    Staff,
    digest_of,
    link,
    new_token,
)

NOW = datetime(2026, 11, 23, 12, 30, 0, 123, tzinfo=UTC)
KEY = b"a key of the log"


def member(role: Role, organisation: str | None = None, *, removed: bool = False) -> Staff:
    return Staff(
        id=1,
        chat_id=7,
        role=role,
        organisation_id=organisation,
        created_at=NOW,
        removed_at=NOW if removed else None,
    )


def test_each_role_includes_those_before_it() -> None:
    for given_, wanted in ((a, b) for a in Role for b in Role):
        order = list(Role)
        assert member(given_).may(wanted) is (order.index(given_) >= order.index(wanted))


def test_a_removed_role_and_one_for_another_organisation_give_nothing() -> None:
    assert not member(Role.ADMIN, removed=True).may(Role.AUTHOR)
    scoped = member(Role.ADMIN, "a")
    assert scoped.may(Role.ADMIN, "a")
    assert not scoped.may(Role.AUTHOR, "b")
    assert not scoped.may(Role.AUTHOR)
    assert member(Role.ADMIN).may(Role.ADMIN, "b")


def test_links_are_long_and_only_their_digest_is_stored() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    for token in tokens:
        assert len(token) >= 22
        assert len(f"inv-{token}") <= 64
        assert token not in digest_of(token)
        assert link("lotse_bot", token) == f"https://t.me/lotse_bot?start=inv-{token}"


def test_wrong_links_are_counted_for_an_hour() -> None:
    guesses = Guesses()
    for _ in range(Guesses.MOST):
        assert not guesses.exhausted(7, NOW)
        guesses.wrong(7, NOW)
    assert guesses.exhausted(7, NOW + timedelta(minutes=59))
    assert not guesses.exhausted(8, NOW)
    assert not guesses.exhausted(7, NOW + timedelta(hours=1))
    assert not guesses.exhausted(7, NOW + timedelta(hours=1))


def test_the_counting_takes_no_more_memory_than_it_may() -> None:
    guesses = Guesses()
    for chat_id in range(Guesses.CAPACITY + 10):
        guesses.wrong(chat_id, NOW)
    assert len(guesses._wrong) == Guesses.CAPACITY


def test_errors_say_what_is_needed() -> None:
    assert "admin" in str(NotAllowed(Role.ADMIN))
    assert "contact" in str(NotAllowed())
    assert "LOTSE_ADMINS" in str(Fixed())


# The log ------------------------------------------------------------------------------------------


def log(count: int) -> list[Entry]:
    found: list[Entry] = []
    for seq in range(1, count + 1):
        before = found[-1].mac if found else ""
        by = seq % 3 or None
        found.append(entry(seq, NOW + timedelta(seconds=seq), by, Act.DRAFT, {"broadcast": seq}, before, KEY))
    return found


def end(entries: list[Entry]) -> Head | None:
    return head(entries[-1].seq, entries[-1].mac, KEY) if entries else None


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_a_sound_log(count: int) -> None:
    entries = log(count)
    assert verify(entries, end(entries), KEY) == []
    assert fits(end(entries), entries[-1] if entries else None, KEY)


@pytest.mark.parametrize("place", [0, 3, 6])
@pytest.mark.parametrize(
    "change",
    [
        {"at": NOW},
        {"staff_id": 99},
        {"staff_id": None, "at": NOW},
        {"act": "release"},
        {"detail": '{"broadcast":99}'},
    ],
)
def test_a_changed_entry_is_named(place: int, change: dict[str, object]) -> None:
    entries = log(7)
    sound = end(entries)
    entries[place] = replace(entries[place], **change)  # type: ignore[arg-type]
    assert verify(entries, sound, KEY) == [Damage(Harm.CHANGED, place + 1, place + 1)]


def test_a_changed_code_is_named_alone() -> None:
    entries = log(7)
    sound = end(entries)
    entries[3] = replace(entries[3], mac="0" * 64)
    assert verify(entries, sound, KEY) == [Damage(Harm.CHANGED, 4, 4)]


@pytest.mark.parametrize("which", [(1, 1), (3, 3), (2, 5), (1, 6)])
def test_missing_entries_in_the_middle_are_named(which: tuple[int, int]) -> None:
    entries = log(7)
    sound = end(entries)
    del entries[which[0] - 1 : which[1]]
    assert verify(entries, sound, KEY) == [Damage(Harm.MISSING, *which)]


def test_closing_the_gap_by_new_numbers_does_not_help() -> None:
    entries = log(7)
    sound = end(entries)
    del entries[3]
    entries = [replace(one, seq=number) for number, one in enumerate(entries, 1)]
    found = verify(entries, sound, KEY)
    assert Damage(Harm.CHANGED, 4, 4) in found
    assert Damage(Harm.CUT, 7, 7) in found


@pytest.mark.parametrize("left", [0, 1, 6])
def test_a_missing_end_is_named(left: int) -> None:
    entries = log(7)
    assert verify(entries[:left], end(entries), KEY) == [Damage(Harm.CUT, left + 1, 7)]


def test_a_head_that_is_missing_forged_or_too_short() -> None:
    entries = log(7)
    assert verify(entries, None, KEY) == [Damage(Harm.HEADLESS, 1, 7)]
    assert verify(entries, Head(7, "0" * 64), KEY) == [Damage(Harm.FORGED, 7, 7)]
    assert verify(entries[:5], Head(5, end(entries).mac), KEY) == [  # type: ignore[union-attr]
        Damage(Harm.FORGED, 5, 5)
    ]
    assert verify(entries, end(entries[:5]), KEY) == [Damage(Harm.ADDED, 6, 7)]


def test_another_key_fits_nothing() -> None:
    entries = log(3)
    found = verify(entries, end(entries), b"another key")
    assert [one.harm for one in found] == [Harm.CHANGED] * 3 + [Harm.FORGED]


def test_a_head_that_was_sent_proves_what_the_log_held() -> None:
    entries = log(7)
    sent = end(entries[:5])
    assert sent is not None
    short = Head(sent.seq, sent.code)
    assert verify(entries, end(entries), KEY, sent=sent) == []
    assert verify(entries, end(entries), KEY, sent=short) == []
    # Somebody with the key, or with an old copy of the database, wrote the log anew.
    cut = entries[:4]
    assert verify(cut, end(cut), KEY, sent=short) == [Damage(Harm.CUT, 5, 5)]
    assert verify([], None, KEY, sent=short) == [Damage(Harm.CUT, 1, 5)]
    assert verify(cut, end(entries), KEY, sent=short) == [Damage(Harm.CUT, 5, 7)]
    other = [*cut, entry(5, NOW, 9, Act.RELEASE, {}, cut[-1].mac, KEY)]
    assert verify(other, end(other), KEY, sent=short) == [Damage(Harm.OTHER, 5, 5)]


@given(st.integers(0, 6), st.sampled_from(["drop", "swap", "detail", "staff"]))
def test_nothing_can_be_done_to_a_single_entry_unnoticed(place: int, how: str) -> None:
    entries = log(7)
    sound = end(entries)
    match how:
        case "drop":
            del entries[place]
        case "swap":
            one, two = entries[place], entries[(place + 1) % 7]
            entries[place] = replace(two, seq=one.seq)
        case "detail":
            entries[place] = replace(entries[place], detail="{}")
        case _:
            entries[place] = replace(entries[place], staff_id=12345)
    assert verify(entries, sound, KEY)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (Damage(Harm.CHANGED, 3, 3), "entry 3: changed"),
        (Damage(Harm.MISSING, 3, 5), "entries 3 to 5: missing in the middle"),
        (Damage(Harm.CUT, 3, 5), "entries 3 to 5: missing at the end"),
        (Damage(Harm.HEADLESS, 1, 5), "the head is missing, although there are 5 entries"),
        (Damage(Harm.FORGED, 5, 5), "the head (at entry 5) was not made with the key"),
        (Damage(Harm.ADDED, 6, 7), "behind the head"),
        (Damage(Harm.OTHER, 5, 5), "not the log whose head was sent"),
    ],
)
def test_damage_in_words(damage: Damage, words: str) -> None:
    assert words in str(damage)


@pytest.mark.parametrize(
    "detail", [{"note": "call me tomorrow"}, {"name": "Ä"}, {"staff id": 1}, {"x": "a" * 201}, {"x": "a|b"}]
)
def test_the_log_holds_no_words(detail: Detail) -> None:
    with pytest.raises(ValueError, match="detail"):
        canonical(detail)


def test_an_act_is_one_word() -> None:
    with pytest.raises(ValueError, match="no name for an act"):
        entry(1, NOW, 1, "sent it | twice", {}, "", KEY)


def test_a_detail_is_written_in_one_way_and_read_again() -> None:
    written = entry(1, NOW, 1, Act.ROLE, {"staff": 5, "role": Role.ADMIN}, "", KEY)
    assert written.detail == '{"role":"admin","staff":5}'
    assert written.about == {"role": "admin", "staff": 5}
    assert replace(written, detail="broken").about == {}
    assert replace(written, detail="[1]").about == {}


@pytest.mark.parametrize("text", [None, "", "12", "12:xyz", ":abcdef01", "12:abc", "-1:abcdef01"])
def test_what_is_no_head(text: str | None) -> None:
    assert Head.read(text) is None


def test_a_head_reads_what_it_writes() -> None:
    found = head(12, "ab", KEY)
    assert Head.read(str(found)) == found
    assert Head.read(f"12:{found.code}") == Head(12, found.code)
