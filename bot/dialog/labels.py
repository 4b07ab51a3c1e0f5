"""The words for ids that stand in content: topics, types, statuses. Translated where they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from bot.domain.broadcast import Group
from bot.domain.directory import Status
from bot.domain.news import Frequency, Topic
from bot.services.hours import Holiday, public_holidays
from bot.translation import N_, Translator

HOLIDAYS: Mapping[Holiday, str] = {
    Holiday.NEW_YEAR: N_("New Year's Day"),
    Holiday.WOMEN: N_("International Women's Day"),
    Holiday.GOOD_FRIDAY: N_("Good Friday"),
    Holiday.EASTER_MONDAY: N_("Easter Monday"),
    Holiday.LABOUR: N_("Labour Day"),
    Holiday.ASCENSION: N_("Ascension Day"),
    Holiday.WHIT_MONDAY: N_("Whit Monday"),
    Holiday.UNITY: N_("Day of German Unity"),
    Holiday.REFORMATION: N_("Reformation Day"),
    Holiday.CHRISTMAS: N_("Christmas Day"),
    Holiday.SECOND_CHRISTMAS: N_("Second Day of Christmas"),
}
"""What the state's public holidays are called."""


def holiday_name(day: date, translator: Translator) -> str | None:
    """What a public holiday of the state is called; None for any other day."""
    holiday = public_holidays(day.year).get(day)
    return None if holiday is None else translator(HOLIDAYS[holiday])


COUNSELLING_TOPICS: Mapping[str, str] = {
    "residence": N_("Residence and asylum"),
    "family": N_("Bringing my family"),
    "citizenship": N_("Becoming a citizen"),
    "recognition": N_("Recognition of degrees"),
    "work": N_("Work and rights at work"),
    "german": N_("German courses"),
    "school": N_("School and kindergarten"),
    "housing": N_("Housing"),
    "health": N_("Health and health card"),
    "pregnancy": N_("Pregnancy"),
    "mental": N_("Mental health"),
    "discrimination": N_("Discrimination"),
    "rightwing": N_("Right-wing violence"),
    "violence": N_("Violence at home"),
    "debt": N_("Debt"),
    "driving": N_("Driving licence"),
    "interpreting": N_("Help with translation"),
}
"""The counselling topics in the order of the menu."""

ANY_QUESTION = "counselling"
"""Beside them: the doors that take any question, first those that are open today."""
DOORS = frozenset({*COUNSELLING_TOPICS, ANY_QUESTION})
"""What doors can be listed for."""

OTHER_TOPICS: Mapping[str, str] = {
    "culture": N_("Culture"),
    "women": N_("Women"),
    "children": N_("Children"),
    "youth": N_("Young people"),
    "seniors": N_("Older people"),
    "sport": N_("Sport"),
    "swimming": N_("Swimming"),
    "education": N_("Education"),
    "development": N_("One World and development"),
    "antiracism": N_("Against racism"),
    "music": N_("Music"),
    "encounter": N_("Meeting people"),
    "counselling": N_("Counselling"),
    "network": N_("The network"),
    "funding": N_("Funding"),
    "participation": N_("Taking part in politics"),
    "arrival": N_("New in Germany"),
    "benefits": N_("Money from the state"),
    "letters": N_("Letters from offices"),
    "event": N_("Events"),
    "organisation": N_("Associations"),
    "campaign": N_("Campaigns"),
    "glossary": N_("Office words explained"),
    "asylum": N_("Asylum"),
    "jobs": N_("Finding a job"),
    "founding": N_("Founding an association"),
    "project": N_("Running a project"),
}

ORGANISATION_TYPES: Mapping[str, str] = {
    "mso": N_("Migrant self-organisation"),
    "support_association": N_("Support association"),
    "intercultural_centre": N_("Intercultural centre"),
    "umbrella": N_("Umbrella organisation"),
    "network": N_("Network"),
    "advisory_board": N_("Advisory board"),
    "municipal_council": N_("Municipal migrant council"),
}

COMMUNITIES: Mapping[str, str] = {
    "vietnamese": N_("Vietnamese community"),
    "ukrainian": N_("Ukrainian community"),
    "arabic": N_("Arabic-speaking community"),
    "african": N_("African community"),
    "togolese": N_("Togolese community"),
    "latin-american": N_("Latin American community"),
}

CHANGED_BY = N_("Entries are changed in the content files that are imported on the server: lotse import.")
"""How an entry is changed: not in the bot."""
CAMPAIGN_STATUSES: Mapping[Status, str] = {
    Status.ACTIVE: N_("running"),
    Status.UNCERTAIN: N_("not known whether it goes on"),
    Status.ENDED: N_("ended"),
    Status.ACHIEVED: N_("achieved"),
    Status.PARTLY_ACHIEVED: N_("partly achieved"),
    Status.NOT_ACHIEVED: N_("not achieved"),
}

GLOSSARY = "glossary"
SECTIONS: Mapping[str, str] = {
    "network": N_("What the network is"),
    "achievements": N_("What it has achieved"),
    "campaigns": N_("Campaigns"),
    "projects": N_("Projects"),
    "bodies": N_("Councils and umbrella bodies"),
    "days": N_("Days to remember"),
    GLOSSARY: N_("Office words explained"),
}
"""The sections of "About the network", in order."""

NEWS_TOPICS: Mapping[Topic, str] = {
    Topic.EVENTS: N_("New events"),
    Topic.LAW: N_("Law and residence"),
    Topic.CAMPAIGNS: N_("Campaigns"),
    Topic.COURSES: N_("German courses"),
    Topic.WORK: N_("Work"),
    Topic.FUNDING: N_("Funding for associations"),
    Topic.INTERNAL: N_("For associations in the network"),
    Topic.URGENT: N_("Urgent warnings"),
}
"""What news can be about, in the order of the menu."""

GROUP_NEWS: Mapping[Group, str] = {
    Group.CONTACTS: N_("Messages to contacts of associations"),
    Group.STAFF: N_("Messages to the office itself"),
}
"""What goes to everybody who belongs to a group, as they read of it."""

FREQUENCIES: Mapping[Frequency, str] = {
    Frequency.NOW: N_("At once"),
    Frequency.DAILY: N_("Once a day"),
    Frequency.WEEKLY: N_("Once a week"),
}


def topic(id: str, _: Translator) -> str:
    """A topic's name; an unknown one (another network's content) is shown as it is written."""
    msgid = COUNSELLING_TOPICS.get(id) or OTHER_TOPICS.get(id)
    return _(msgid) if msgid else id.replace("-", " ").replace("_", " ").capitalize()


def news_topic(id: str, _: Translator) -> str | None:
    """What a topic of news is called, or None for an unknown one."""
    return _(NEWS_TOPICS[Topic(id)]) if id in set(Topic) else None


def organisation_type(id: str, _: Translator) -> str | None:
    """What kind of organisation it is, or None for an unknown kind."""
    msgid = ORGANISATION_TYPES.get(id)
    return _(msgid) if msgid else None
