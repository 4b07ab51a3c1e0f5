"""Packing and unpacking what a button does."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialog import actions, callback
from bot.dialog.callback import LIMIT, Action, register, unpack
from bot.telegram.endpoints import ACTIONS

KINDS = tuple(callback._REGISTRY.values())
_values = st.text(
    st.characters(blacklist_characters="|", blacklist_categories=["Cs"]), min_size=1, max_size=12
)


@st.composite
def some_action(draw: st.DrawFn) -> Action:
    """Any action, with short values where it has to have some."""
    kind = draw(st.sampled_from(KINDS))
    values: dict[str, object] = {}
    for field in fields(kind):
        if field.type in ("int", int):
            values[field.name] = draw(st.integers(0, 30_000_000))
        elif field.default is MISSING or field.default:
            values[field.name] = draw(_values)
        else:
            values[field.name] = draw(st.just("") | _values)
    return kind(**values)


@given(some_action())
def test_what_fits_comes_back(action: Action) -> None:
    try:
        data = action.pack()
    except ValueError:
        assert sum(len(str(getattr(action, field.name)).encode()) for field in fields(action)) > LIMIT / 2
        return
    assert len(data.encode()) <= LIMIT
    assert unpack(data) == action


@given(st.text(max_size=80))
def test_damaged_data_is_nothing_or_an_action(data: str) -> None:
    found = unpack(data)
    assert found is None or isinstance(found, Action)


@given(some_action(), st.text(max_size=5), st.integers(0, 60))
def test_cut_or_extended_data_never_raises(action: Action, more: str, cut: int) -> None:
    try:
        data = action.pack()
    except ValueError:
        return
    for damaged in (data[:cut], data + more, more + data, data.replace("|", "||")):
        found = unpack(damaged)
        assert found is None or isinstance(found, Action)


@pytest.mark.parametrize(
    "data",
    [None, "", "|", "zz", "m|1", "l|x", "t", "E|a|b", "E|a|1|w|t|l|2|z", "x" * 65, "r|" + "ä" * 32, "\ud800"],
)
def test_what_nobody_wrote_is_none(data: str | None) -> None:
    assert unpack(data) is None


def test_numbers_beyond_reason_are_none_or_harmless() -> None:
    found = unpack("E|a|" + "9" * 50)
    assert found is None or abs(found.at) < 2**63  # type: ignore[attr-defined]


def test_a_value_with_the_separator_is_refused() -> None:
    with pytest.raises(ValueError, match="contains"):
        actions.OpenRecord("offer", "a|b").pack()


def test_what_is_too_long_is_refused_and_counted_in_bytes() -> None:
    actions.ShowTopics("rostock").pack()
    with pytest.raises(ValueError, match="64 bytes"):
        actions.ChooseLanguage("de", "ж" * 31).pack()


def test_empty_endings_are_left_out() -> None:
    assert actions.ShowMenu().pack() == "m"
    assert actions.OpenRecord("offer", "mbe").pack() == "r|offer|mbe"
    assert actions.OpenRecord("offer", "mbe", "", "rostock").pack() == "r|offer|mbe||rostock"


def test_old_buttons_that_save_know_no_way_back_and_new_ones_do() -> None:
    assert unpack("s|fest|29000000") == actions.SaveEvent("fest", 29_000_000)
    assert actions.SaveEvent("fest", 29_000_000).pack() == "s|fest|29000000"
    assert unpack("u|fest|29000000|saved") == actions.UnsaveEvent("fest", 29_000_000, "saved")


def test_old_buttons_of_doors_know_no_language() -> None:
    assert unpack("o|debt|rostock|1|y|1") == actions.ListOffers("debt", "rostock", 1, "y", 1)
    assert unpack("r|offer|mbe|debt|rostock|1|y") == actions.OpenRecord(
        "offer", "mbe", "debt", "rostock", 1, "y"
    )


def test_old_buttons_that_ask_for_a_location_know_no_more_than_what_for() -> None:
    assert unpack("n|e") == actions.AskLocation("e")


def test_a_code_is_given_once() -> None:
    @dataclass(frozen=True, slots=True)
    class Another(Action):
        """Never registered."""

    with pytest.raises(ValueError, match="two actions"):
        register("m")(Another)


def test_every_action_has_somebody_who_answers_it() -> None:
    assert set(ACTIONS) == set(KINDS)


def test_codes_are_never_given_to_another_action() -> None:
    """Buttons of old messages carry these for ever."""
    assert {kind.CODE: kind.__name__ for kind in KINDS} == {
        "z": "Rate",
        "zf": "ForgetThread",
        "zr": "ShowResponsible",
        "zp": "PassOn",
        "zg": "ShowGaps",
        "zt": "OpenGap",
        "ze": "TeachGap",
        "zd": "DropGap",
        "zl": "SeekEntry",
        "w": "ShowAnnounce",
        "wn": "NewDraft",
        "wd": "OpenDraft",
        "wc": "ChangeDraft",
        "wr": "ReleaseDraft",
        "wb": "OpenBroadcast",
        "wa": "ActOnBroadcast",
        "wf": "CorrectBroadcast",
        "we": "CallOff",
        "m": "ShowMenu",
        "l": "ShowLanguages",
        "L": "ChooseLanguage",
        "c": "ShowTopics",
        "t": "ChooseTown",
        "o": "ListOffers",
        "r": "OpenRecord",
        "v": "ShowVenue",
        "x": "ReportOutdated",
        "g": "ShowOrganisations",
        "G": "ListOrganisations",
        "p": "PickOrganisations",
        "n": "AskLocation",
        "e": "ShowEvents",
        "E": "OpenEvent",
        "s": "SaveEvent",
        "u": "UnsaveEvent",
        "i": "SendCalendar",
        "S": "ShowSaved",
        "O": "ShowStale",
        "a": "ShowAbout",
        "A": "ListArticles",
        "d": "CampaignDistrict",
        "h": "HideHint",
        "P": "ShowPrivacy",
        "F": "Forget",
        "D": "SendMyData",
        "y": "ShowStaff",
        "yl": "ListStaff",
        "ym": "OpenMember",
        "yr": "SetRole",
        "yx": "RemoveMember",
        "yi": "InviteStaff",
        "yo": "PickOrganisation",
        "yn": "MakeInvitation",
        "yp": "ShowInvitations",
        "yt": "TakeBack",
        "yc": "ShowContacts",
        "yv": "RevokeContact",
        "ya": "AcceptInvitation",
        "yg": "ShowLog",
        "N": "ShowNews",
        "No": "OpenNews",
        "Ns": "ShowSubscriptions",
        "Nt": "ChooseNews",
        "NT": "ShowSubscription",
        "Na": "ChooseArea",
        "Nf": "ChooseFrequency",
        "Nh": "ChooseHour",
        "Nc": "AskConsent",
        "NS": "Subscribe",
        "NF": "SetFrequency",
        "Nq": "ShowQuiet",
        "NQ": "SetQuiet",
        "Nm": "ShowMute",
        "NM": "Mute",
        "Nx": "StopNews",
        "NX": "EndNews",
        "Ng": "GetAgain",
        "Nu": "MuteUntil",
        "k": "ShowCampaigns",
        "kc": "OpenCampaign",
        "kn": "PlanNotice",
        "kb": "BeginNotice",
        "kk": "ShowCalendar",
    }
