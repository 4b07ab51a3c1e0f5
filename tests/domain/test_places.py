"""The gazetteer: its data, finding places in what people write, and the traps."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.gazetteer import load_gazetteer
from bot.domain.places import District, Gazetteer, Town, distance_km
from bot.domain.spelling import fold

PLACES = load_gazetteer()
TOWNS = [town for town in PLACES.towns if town.is_town]
NAMED = [town for town in PLACES.towns if town.is_town or town.names]
DISTRICTS = {
    "hro": "Rostock",
    "sn": "Schwerin",
    "mse": "Altentreptow Burg-Stargard Dargun Demmin Friedland Malchin Malchow Mirow Neubrandenburg Neukalen"
    " Neustrelitz Penzlin Roebel Stavenhagen Waren Wesenberg Woldegk",
    "lro": "Bad-Doberan Buetzow Gnoien Guestrow Kroepelin Krakow Kuehlungsborn Laage Neubukow Rerik Schwaan"
    " Tessin Teterow",
    "vr": "Bad-Suelze Barth Bergen Franzburg Garz Grimmen Marlow Putbus Ribnitz Richtenberg Sassnitz"
    " Stralsund Tribsees",
    "nwm": "Dassow Gadebusch Grevesmuehlen Kluetz Neukloster Rehna Schoenberg Warin Wismar",
    "vg": "Anklam Eggesin Greifswald Guetzkow Jarmen Lassan Loitz Pasewalk Penkun Strasburg Torgelow"
    " Ueckermuende Usedom Wolgast",
    "lup": "Boizenburg Brueel Crivitz Doemitz Goldberg Grabow Hagenow Luebtheen Luebz Ludwigslust"
    " Neustadt-Glewe Parchim Plau Sternberg Wittenburg Zarrentin",
}


def found(text: str) -> list[str]:
    return [mention.place.id for mention in PLACES.find(text)]


# --- the data -------------------------------------------------------------------------------------------


def test_every_town_with_town_rights_is_there_in_its_district() -> None:
    expected = {name.lower(): key for key, names in DISTRICTS.items() for name in names.split()}
    assert {town.id: town.district for town in TOWNS} == expected
    assert len(TOWNS) == 84


@pytest.mark.parametrize(
    ("id", "district"),
    [("binz", "vr"), ("sellin", "vr"), ("heringsdorf", "vg"), ("zingst", "vr"), ("prerow", "vr"),
     ("boltenhagen", "nwm"), ("graal-mueritz", "lro"), ("feldberg", "mse"), ("sanitz", "lro"),
     ("alt-schwerin", "mse"), ("poel", "nwm"), ("hiddensee", "vr"), ("loecknitz", "vg")],
)  # fmt: skip
def test_well_known_municipalities_are_there(id: str, district: str) -> None:
    town = PLACES.town(id)
    assert town is not None
    assert (town.district, town.is_town) == (district, False)


def test_all_districts_are_there_with_their_names() -> None:
    assert [d.id for d in PLACES.districts] == ["hro", "sn", "mse", "lro", "vr", "nwm", "vg", "lup"]
    assert {d.kind for d in PLACES.districts} == {"kreisfreie Stadt", "Landkreis"}
    for district in PLACES.districts:
        assert set(district.names) == {"uk", "ru", "ar", "fa"}
        assert PLACES.district(district.id) is district


def test_every_place_is_well_formed_and_in_the_state() -> None:
    ids = [town.id for town in PLACES.towns]
    assert len(ids) == len(set(ids))
    for town in PLACES.towns:
        assert fold(town.id) == town.id
        assert len(town.id) <= 20
        assert town.id.isascii()
        assert 53.0 < town.latitude < 54.8
        assert 10.5 < town.longitude < 14.5
        assert town.population >= 0
        assert PLACES.district(town.district) is not None
        assert town.postal_codes
        assert all(len(code) == 5 and code[:2] in ("17", "18", "19", "23") for code in town.postal_codes)
        assert PLACES.town(town.id) is town


@pytest.mark.parametrize("town", TOWNS, ids=lambda town: town.id)
def test_towns_have_names_in_both_other_scripts(town: Town) -> None:
    assert set(town.names) == {"uk", "ru", "ar", "fa"}
    for code in ("uk", "ru"):
        assert all("\u0400" <= letter <= "\u04ff" or letter in " -" for letter in town.names[code])
    for code in ("ar", "fa"):
        assert all("\u0600" <= letter <= "\u06ff" or letter in " -\u200c" for letter in town.names[code])
    assert not set(town.names["ar"]) & set("یکگپ")
    assert not set(town.names["fa"]) & set("يكى")


def test_the_file_names_its_sources() -> None:
    document = json.loads(files("bot.content").joinpath("places.json").read_text("utf-8"))
    for source in ("GeoNames", "CC BY 4.0", "OpenStreetMap", "ODbL", "Destatis"):
        assert source in document["attribution"]


# --- finding --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("town", NAMED, ids=lambda town: town.id)
def test_a_towns_name_in_every_script_finds_it(town: Town) -> None:
    for name in (town.name, *town.names.values()):
        for written in (name, name.upper(), name.lower(), f" «{name}»!"):
            assert found(written) == [town.id], written


@pytest.mark.parametrize("town", NAMED, ids=lambda town: town.id)
def test_a_towns_name_with_a_preposition_finds_it(town: Town) -> None:
    names = {"de": town.name, **town.names}
    for code, form in (
        ("de", "ich wohne in {} mit meiner Familie"), ("de", "w {} od roku"), ("de", "locuiesc la {} acum"),
        ("ru", "я живу в {} с семьёй"), ("uk", "я живу у {} з дітьми"), ("ar", "أنا في {} مع عائلتي"),
        ("ar", "عندي موعد ب{} بكرا"), ("fa", "من در {} هستم"),
    ):  # fmt: skip
        if code in names:
            assert found(form.format(names[code])) == [town.id], form


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("Gustrow", "guestrow"), ("guestrow", "guestrow"), ("GÜSTROW", "guestrow"),
        ("Gu\u0308strow", "guestrow"),
        ("Ueckermunde", "ueckermuende"), ("Ückermünde", "ueckermuende"), ("Grevesmuhlen", "grevesmuehlen"),
        ("Saßnitz", "sassnitz"), ("Sassnitz", "sassnitz"), ("Roebel", "roebel"), ("luebz", "luebz"),
        ("در رستوک", "rostock"), ("رستوك", "rostock"), ("روستک", "rostock"), ("شوورین", "schwerin"),
        ("في شفرين", "schwerin"), ("نوی براندنبورگ", "neubrandenburg"), ("Ной-Бранденбург", "neubrandenburg"),
        ("Новий Бранденбург", "neubrandenburg"), ("Новый Бранденбург", "neubrandenburg"),
        ("Шверине", "schwerin"), ("в Ростоке", "rostock"), ("у Ростоку", "rostock"), ("у Ростоці", "rostock"),
        ("«Грайфсвальді»", "greifswald"), ("из Штральзунда", "stralsund"), ("у Вісмарі", "wismar"),
        ("в Нойбранденбурге", "neubrandenburg"), ("у Нойбранденбурзі", "neubrandenburg"),
        ("шверинский вокзал", "schwerin"), ("Людвигслюсте", "ludwigslust"),
        ("بروستوك", "rostock"), ("في شفيرين", "schwerin"), ("وروستوك", "rostock"), ("لروستوك", "rostock"),
        ("بالروستوك", "rostock"), ("روستوک", "rostock"), ("فِي رُوسْتُوك", "rostock"),
        ("روســتوك", "rostock"),
        ("شڤيرين", "schwerin"), ("نوی اشترلیتز", "neustrelitz"), ("وين في استشارة في غوسترو", "guestrow"),
        ("بباد دوبيران", "bad-doberan"),
        ("Rostock'ta", "rostock"), ("Rostock’tan", "rostock"), ("Rostockta", "rostock"),
        ("w Rostocku", "rostock"),
        ("din Rostock", "rostock"), ("w Schwerinie", "schwerin"), ("w Wismarze", "wismar"),
        ("Barth'ta", "barth"),
        ("Rostocks Hafen", "rostock"), ("ein Rostocker Büro", "rostock"), ("tại Rostock", "rostock"),
        ("18057", "rostock"), ("١٨٠٥٧", "rostock"), ("۱۸۰۵۷", "rostock"), ("in 18273", "guestrow"),
        ("Lange Str. 5 18055", "rostock"),
        ("Hansestadt Greifswald", "greifswald"), ("HGW", "greifswald"), ("in hro", "rostock"),
        ("Warnemünde", "rostock"), ("Rostock-Warnemünde", "rostock"), ("Варнемюнде", "rostock"),
        ("Lütten Klein", "rostock"), ("Großer Dreesch", "schwerin"), ("Ribnitz", "ribnitz"),
        ("ribnitz damgarten", "ribnitz"), ("RibnitzDamgarten", "ribnitz"), ("Ahlbeck", "heringsdorf"),
        ("Reuterstadt Stavenhagen", "stavenhagen"), ("Doberan", "bad-doberan"),
        ("Boizenburg/Elbe", "boizenburg"),
        ("Neubrandenbrug", "neubrandenburg"), ("Greifswlad", "greifswald"), ("Rostok", "rostock"),
        ("Rostockk", "rostock"), ("Bad Dobberan", "bad-doberan"),
        ("a v rostoke", "rostock"), ("u rostotsi", "rostock"), ("v shverine", "schwerin"),
        ("v vismare", "wismar"), ("v gyustrove", "guestrow"), ("v gustrove", "guestrow"),
        ("v noybrandenburge", "neubrandenburg"), ("v shtralzunde", "stralsund"),
        ("v greifsvalde", "greifswald"), ("v parkhime", "parchim"), ("v anklame", "anklam"),
        ("li Rostockê", "rostock"), ("li Rostokê", "rostock"), ("li Schwerînê", "schwerin"),
        ("li Şwerînê", "schwerin"), ("li Neubrandenburgê", "neubrandenburg"), ("li Wîsmarê", "wismar"),
        ("në Rostok", "rostock"), ("në Rostockut", "rostock"), ("në Schwerinit", "schwerin"),
        ("në Shverin", "schwerin"), ("në Vismar", "wismar"), ("magaalada Rostok", "rostock"),
        ("په روسټوک کې", "rostock"), ("په شوېرین کې", "schwerin"), ("په ګرایفسوالډ کې", "greifswald"),
        ("په ګوسترو کې", "guestrow"), ("په نیوبرانډنبورګ کې", "neubrandenburg"),
        ("په شترالزونډ کې", "stralsund"), ("په وېسمار کې", "wismar"),
    ],
)  # fmt: skip
def test_finds_what_people_write(text: str, id: str) -> None:
    assert found(text) == [id]


@pytest.mark.parametrize(
    ("written", "id"),
    [
        ("ሮስቶክ", "rostock"), ("ሮስቶክከ", "rostock"), ("ሽቨሪን", "schwerin"), ("ሽወሪን", "schwerin"),
        ("ነውብራንደንቡርግ", "neubrandenburg"), ("ኖይብራንደንቡርግ", "neubrandenburg"),
        ("ስትራልሱንድ", "stralsund"), ("ሽትራልዙንድ", "stralsund"), ("ግራይፍስቫልድ", "greifswald"),
        ("ግራይፍስዋልድ", "greifswald"), ("ዊስማር", "wismar"), ("ቪስማር", "wismar"), ("ጉስትሮቭ", "guestrow"),
        ("ጉስትሮው", "guestrow"), ("ፓርኪም", "parchim"), ("ፓርሂም", "parchim"), ("ፓርኺም", "parchim"),
        ("ሉድቪግስሉስት", "ludwigslust"), ("ሉድዊግስሉስት", "ludwigslust"), ("ኣብ ዋረን", "waren"),
        ("ኣብ ቫረን", "waren"), ("ኣንክላም", "anklam"), ("አንክላም", "anklam"), ("ግሬቨስሙለን", "grevesmuehlen"),
        ("ግሬቭስሙለን", "grevesmuehlen"), ("ባድ ዶበራን", "bad-doberan"), ("ቮልጋስት", "wolgast"),
        ("ሳስኒትስ", "sassnitz"), ("ሃገኖው", "hagenow"),
    ],
)  # fmt: skip
def test_ethiopic_syllables_are_read_in_latin_letters(written: str, id: str) -> None:
    assert found(written) == [id]


@pytest.mark.parametrize("written", ["እቲ", "ሰላም", "ቤት", "ኣበይ", "ዋረን ጽቡቕ እዩ", "ሰላም ኣለኻ ክቡር ሓው", "በርሊን"])
def test_other_words_in_ethiopic_are_no_towns(written: str) -> None:
    assert found(written) == []


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Schwerin", ["schwerin"]), ("Alt Schwerin", ["alt-schwerin"]), ("alt-schwerin", ["alt-schwerin"]),
        ("Rostock", ["rostock"]), ("Landkreis Rostock", ["lro"]), ("Kreis Rostock", ["lro"]),
        ("im LK Rostock", ["lro"]), ("LRO", ["lro"]), ("район Росток", ["lro"]),
        ("в районе Ростока", ["lro"]),
        ("Ludwigslust-Parchim", ["lup"]), ("Ludwigslust und Parchim", ["ludwigslust", "parchim"]),
        ("Vorpommern-Greifswald", ["vg"]), ("Landkreis VG", ["vg"]), ("VG", []), ("VR", []),
        ("Mecklenburgische Seenplatte", ["mse"]), ("auf Rügen", ["vr"]), ("Mecklenburg-Vorpommern", []),
        ("Die Waren sind teuer", []), ("wo waren Sie gestern", []), ("Kauf von Waren", []),
        ("neue Waren im Laden", []), ("WIR WAREN IN ROSTOCK", ["rostock"]),
        ("wir waren in rostock", ["rostock"]),
        ("Waren", ["waren"]), ("in waren", ["waren"]), ("Ich möchte Waren besuchen", ["waren"]),
        ("Waren (Müritz)", ["waren"]), ("wir waren in Waren an der Müritz", ["waren"]),
        ("Rostock, Waren und Barth", ["rostock", "waren", "barth"]),
        ("in den Bergen wandern", []), ("Risiken bergen", []), ("in Bergen", ["bergen"]),
        ("Bergen in Norwegen", []), ("Bergen auf Rügen", ["bergen"]),
        ("Karl Barth", []), ("Frau Barth", []), ("Barthel", []), ("Ich bin Barth", []),
        ("aus Barth", ["barth"]),
        ("Philip Marlow", []), ("in Marlow", ["marlow"]), ("Mein Name ist Goldberg", []),
        ("im Tessin", []), ("Tessin in der Schweiz", []), ("in Tessin", ["tessin"]),
        ("Plauen", []), ("in Plauen", []), ("plau am see", ["plau"]), ("Plau", ["plau"]),
        ("in der Lage", []), ("Lage", []), ("Laage", ["laage"]), ("Burg", []), ("Stargard", []),
        ("Burg Stargard", ["burg-stargard"]), ("Neustadt", []), ("Neustadt-Glewe", ["neustadt-glewe"]),
        ("w Krakowie", []), ("Krakow", []), ("в Кракове", []), ("Krakow am See", ["krakow"]),
        ("Straßburg", []), ("Strasbourg", []), ("Wittenberg", []), ("Starnberg", []), ("Schöneberg", []),
        ("в Страсбурге", []), ("Gustow", ["gustow"]), ("Lassana", []), ("Marlowe", []),
        ("in Besitz", []), ("Schwein", []), ("Schwedin", []), ("schmal", []),
        ("schwarz", []), ("a plate of food", []), ("in Plate", ["plate"]),
        ("in Lassan", ["lassan"]), ("Lena Grabov", []), ("v vitenberge", []), ("lage", []), ("bart", []),
        ("Dömitz", ["doemitz"]), ("Brüel", ["brueel"]), ("Penzlin", ["penzlin"]), ("Malchow", ["malchow"]),
        ("Malchin", ["malchin"]), ("Wolgast", ["wolgast"]), ("Horst Müller", []), ("in Rom", []),
        ("تحليل بول", []), ("100 روبل", []), ("Anklamm", []),
        ("Rostocker Straße 5, Schwerin", ["schwerin"]), ("Neustrelitzer Str. 5 Rostock", ["rostock"]),
        ("Tel 0381 18057", []), ("+4918057", []), ("10115 Berlin", []), ("180571", []),
        ("", []), ("   ", []), ("Berlin", []),
    ],
)  # fmt: skip
def test_traps(text: str, ids: list[str]) -> None:
    assert found(text) == ids


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ich lebe in Rostock.", "Rostock"),
        ("an 18057 Rostock bitte", "18057 Rostock"),
        ("🙂 в Ростоке", "Ростоке"),
        ("Gu\u0308strow!", "Gu\u0308strow"),
        ("من بروستوك", "بروستوك"),
        ("bei 18184 Roggentin", "18184 Roggentin"),
    ],
)
def test_offsets_point_into_the_text_as_written(text: str, expected: str) -> None:
    (mention,) = PLACES.find(text)
    assert text[mention.start : mention.end] == expected


NAMES = [name for place in NAMED for name in (place.name, *place.names.values())]
PIECES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(NAMES),
    st.sampled_from(["waren", "18057", "LK", "ب", "in", "'", "в", "\u200c"]),
)  # fmt: skip


@given(st.lists(PIECES, max_size=12), st.sampled_from(["", " ", "-", "\n", ", "]))
def test_never_raises_and_offsets_are_valid(pieces: list[str], glue: str) -> None:
    text = glue.join(pieces)
    end = 0
    for mention in PLACES.find(text):
        assert end <= mention.start < mention.end <= len(text)
        assert text[mention.start : mention.end].strip()
        end = mention.end


@given(
    st.sampled_from([town for town in TOWNS if town.id == fold(town.name) and len(town.id) >= 7]), st.data()
)
def test_one_slip_in_a_long_name_never_leads_to_another_town(town: Town, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(town.name) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    written = data.draw(
        st.sampled_from([town.name[:at] + town.name[at + 1 :], town.name[:at] + letter + town.name[at:]])
    )
    ids = found(written)
    assert ids in ([town.id], []) or PLACES.town(ids[0]) not in TOWNS


def test_one_slip_is_forgiven_anywhere_but_in_the_first_letter() -> None:
    name = "Neubrandenburg"
    for at in range(1, len(name)):
        assert found(name[:at] + name[at + 1 :]) == ["neubrandenburg"]
        assert found(name[:at] + "x" + name[at:]) == ["neubrandenburg"]
        assert found(name[:at] + "x" + name[at + 1 :]) == ["neubrandenburg"]
    assert found("Xeubrandenburg") == []


@given(st.text(max_size=40), st.integers(-1, 5))
def test_search_never_raises(text: str, limit: int) -> None:
    assert len(PLACES.search(text, limit)) <= max(limit, 0)


# --- near, search, codes, names -------------------------------------------------------------------------


def test_nearest_starts_with_the_nearest() -> None:
    near = PLACES.nearest(53.63, 11.41, 4)
    assert near[0][0].id == "schwerin"
    assert [km for _, km in near] == sorted(km for _, km in near)
    assert len(near) == 4
    assert PLACES.nearest(53.63, 11.41, 0) == []


def test_distance_is_in_kilometres() -> None:
    rostock, schwerin = PLACES.town("rostock"), PLACES.town("schwerin")
    assert rostock is not None
    assert schwerin is not None
    assert distance_km(rostock, schwerin) == pytest.approx(70, abs=3)
    assert distance_km(rostock, rostock) == 0


@pytest.mark.parametrize(
    ("code", "id"),
    [("18057", "rostock"), ("19053", "schwerin"), ("18356", "barth"), ("17192", "waren"),
     ("18181", "graal-mueritz"),
     (" 18609 ", "binz"), ("18574", "garz")],
)  # fmt: skip
def test_postal_codes(code: str, id: str) -> None:
    assert [mention.place.id for mention in PLACES.find(code)] == [id]


def test_unknown_ids_are_empty() -> None:
    assert PLACES.town("berlin") is None
    assert PLACES.district("xx") is None


@pytest.mark.parametrize(
    ("text", "first"),
    [("ro", "rostock"), ("Росто", "rostock"), ("güs", "guestrow"), ("شفي", "schwerin"), ("18057", "rostock"),
     ("182", "guestrow"), ("rostokk", "rostock"), ("Binz", "binz"), ("bad d", "bad-doberan")],
)  # fmt: skip
def test_search_as_one_types(text: str, first: str) -> None:
    assert PLACES.search(text, 3)[0].id == first


def test_search_without_a_word_is_empty() -> None:
    assert PLACES.search("", 5) == []
    assert PLACES.search("?!", 5) == []
    assert PLACES.search("zzzzzzzz", 5) == []


def test_local_names_fall_back_to_german() -> None:
    town, district = PLACES.town("rostock"), PLACES.district("lro")
    assert town is not None
    assert district is not None
    assert PLACES.local_name(town, "uk") == "Росток"
    assert PLACES.local_name(town, "fa-AF") == "روستوک"
    assert PLACES.local_name(town, "tr") == "Rostock"
    assert PLACES.local_name(district, "ru") == "район Росток"


def test_a_gazetteer_of_ones_own() -> None:
    own = Gazetteer(
        [District("xx", "Musterkreis", "Landkreis")],
        [
            Town("klein", "Musterhausen", "xx", 1, 1, is_town=True),
            Town("gross", "Musterstadt", "xx", 2, 2, 9),
        ],
    )
    assert [mention.place.id for mention in own.find("Musterhausn im LK Musterkreis")] == ["klein", "xx"]
