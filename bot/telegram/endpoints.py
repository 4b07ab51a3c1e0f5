"""The handler table: which endpoint answers a command or a button. What is not here is not served."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.dialog import (
    actions,
    announce,
    announce_calloff,
    announce_correcting,
    announce_release,
    announce_sending,
    archive,
    articles,
    campaign_calendar,
    campaigns,
    counselling,
    emergency,
    events,
    following,
    gaps,
    guide,
    inviting,
    news,
    organisations,
    privacy,
    rating,
    responsible,
    rhythm,
    staff,
    staff_log,
    stale,
    stopping,
    subscriptions,
)
from bot.dialog.callback import Action
from bot.dialog.reply import Reply
from bot.dialog.turn import Endpoint, Turn

COMMANDS: Mapping[str, Endpoint] = {
    "start": guide.start,
    "menu": guide.menu,
    "help": guide.help_,
    "hilfe": guide.help_,
    "language": guide.show_languages,
    "sprache": guide.show_languages,
    "counselling": counselling.topics,
    "beratung": counselling.topics,
    "organisations": organisations.show,
    "vereine": organisations.show,
    "events": events.show,
    "termine": events.show,
    "saved": events.saved,
    "about": articles.about,
    "news": archive.show,
    "nachrichten": archive.show,
    "privacy": privacy.privacy,
    "datenschutz": privacy.privacy,
    "mydata": privacy.my_data,
    "meinedaten": privacy.my_data,
    "forget": privacy.forget,
    "loeschen": privacy.forget,
    "imprint": privacy.imprint,
    "impressum": privacy.imprint,
    "id": guide.own_id,
    "stale": stale.show,
    "gaps": gaps.show,
    "luecken": gaps.show,
    "staff": staff.show,
    "campaign": campaigns.show,
    "kampagne": campaigns.show,
    "announce": announce.begin,
    "mitteilung": announce.begin,
}

OPEN_COMMANDS = frozenset(
    {
        *("organisations", "vereine", "events", "termine", "news", "nachrichten", "about", "language"),
        *("sprache", "privacy", "datenschutz", "imprint", "impressum", "id", "forget", "loeschen"),
        *("mydata", "meinedaten"),
    }
)
"""What is answered openly in a group; to any other command the bot says who it is and where to write."""

Press = Callable[[Turn, Any], Awaitable[Reply]]


async def _menu(turn: Turn, _: actions.ShowMenu) -> Reply:
    return await guide.menu(turn)


async def _languages(turn: Turn, _: actions.ShowLanguages) -> Reply:
    return await guide.show_languages(turn)


ACTIONS: Mapping[type[Action], Press] = {
    actions.ShowMenu: _menu,
    actions.ShowLanguages: _languages,
    actions.ChooseLanguage: guide.choose_language,
    actions.ShowTopics: counselling.topics,
    actions.ChooseTown: counselling.choose_town,
    actions.ListOffers: counselling.list_offers,
    actions.OpenRecord: articles.open_record,
    actions.ShowVenue: articles.show_venue,
    actions.ReportOutdated: articles.report_outdated,
    actions.ShowOrganisations: organisations.show,
    actions.PickOrganisations: organisations.pick,
    actions.ListOrganisations: organisations.list_,
    actions.AskLocation: organisations.ask_location,
    actions.ShowEvents: events.show,
    actions.OpenEvent: events.open_event,
    actions.SaveEvent: events.save,
    actions.UnsaveEvent: events.unsave,
    actions.SendCalendar: events.calendar,
    actions.ShowSaved: events.saved,
    actions.ShowAbout: articles.about,
    actions.ListArticles: articles.list_articles,
    actions.CampaignDistrict: articles.campaign_district,
    actions.HideHint: emergency.hide_hint,
    actions.ShowPrivacy: privacy.show,
    actions.SendMyData: privacy.my_data,
    actions.Forget: privacy.forget,
    actions.ShowStale: stale.show,
    actions.ShowNews: archive.show,
    actions.OpenNews: archive.open_news,
    actions.ShowSubscriptions: subscriptions.subscriptions,
    actions.ShowSubscription: subscriptions.subscription,
    actions.ChooseNews: news.choose,
    actions.ChooseArea: news.choose_area,
    actions.ChooseFrequency: news.choose_frequency,
    actions.ChooseHour: news.choose_hour,
    actions.AskConsent: news.consent,
    actions.Subscribe: news.subscribe,
    actions.SetFrequency: rhythm.set_frequency,
    actions.ShowQuiet: rhythm.show_quiet,
    actions.SetQuiet: rhythm.set_quiet,
    actions.ShowMute: rhythm.show_mute,
    actions.Mute: rhythm.mute,
    actions.StopNews: stopping.stop,
    actions.EndNews: stopping.end,
    actions.ShowStaff: staff.show,
    actions.ListStaff: staff.list_staff,
    actions.OpenMember: staff.open_member,
    actions.SetRole: staff.set_role,
    actions.RemoveMember: staff.remove,
    actions.InviteStaff: inviting.invite_staff,
    actions.PickOrganisation: inviting.pick_organisation,
    actions.MakeInvitation: inviting.make,
    actions.ShowContacts: inviting.contacts,
    actions.RevokeContact: inviting.revoke,
    actions.AcceptInvitation: inviting.accept,
    actions.ShowLog: staff_log.show,
    actions.ShowCampaigns: campaigns.show,
    actions.OpenCampaign: campaigns.open_campaign,
    actions.PlanNotice: campaigns.plan,
    actions.BeginNotice: campaigns.begin,
    actions.ShowCalendar: campaign_calendar.calendar,
    actions.ShowAnnounce: announce.begin,
    actions.NewDraft: announce.new,
    actions.OpenDraft: announce.open_,
    actions.ChangeDraft: announce.change,
    actions.ReleaseDraft: announce_release.step,
    actions.OpenBroadcast: announce_sending.open_,
    actions.ActOnBroadcast: announce_sending.act_on,
    actions.CorrectBroadcast: announce_correcting.confirm,
    actions.CallOff: announce_calloff.call_off,
    actions.ForgetThread: following.forget,
    actions.ShowResponsible: responsible.show,
    actions.Rate: rating.rate,
    actions.PassOn: rating.pass_on,
    actions.ShowGaps: gaps.show,
    actions.OpenGap: gaps.open_,
    actions.TeachGap: gaps.teach,
    actions.DropGap: gaps.drop,
    actions.SeekEntry: gaps.seek,
}
