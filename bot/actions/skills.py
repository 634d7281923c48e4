"""Every action of the bot, by intent. Importing this module registers them all, with rasa_sdk and among themselves."""

from __future__ import annotations

from collections.abc import Mapping

from bot.actions import (
    auto_pay,
    balance,
    bill,
    broadband,
    call_detail,
    call_forwarding,
    callback,
    card,
    change_plan,
    charges,
    complaint,
    control,
    events,
    fault,
    guide,
    held,
    human,
    incidents,
    invoice,
    lead,
    line,
    login,
    lost,
    messages,
    number,
    out_of_scope,
    packs,
    password,
    places,
    plan,
    plans,
    points,
    port_out,
    privacy,
    puk,
    recharge,
    recommend,
    reminders,
    roaming,
    services,
    session,
    several,
    smalltalk,
    tickets,
    usage,
    visits,
)
from bot.actions.form import Form
from bot.actions.registry import ALWAYS, Registry, register
from bot.actions.skill import Skill

READ_SKILLS: tuple[Skill, ...] = (
    balance.QueryBalance(),
    balance.QueryRechargeRecord(),
    balance.PaidButCutOff(),
    line.QuerySuspension(),
    points.QueryPoints(),
    broadband.QueryBroadband(),
    usage.QueryDataUsage(),
    usage.QueryVoiceAllowance(),
    usage.QuerySmsAllowance(),
    bill.QueryBill(),
    charges.DisputeCharge(),
    held.NeverOrdered(),
    held.QueryThirdPartyServices(),
    plan.QueryMyPlan(),
    plan.QueryMonthlyFee(),
    plan.QueryPackExpiry(),
    plan.QuerySubscribedServices(),
    plan.QueryOrders(),
    number.QueryOwnNumber(),
    number.QueryOtherNumber(),
    places.FindStore(),
    port_out.PortOut(),
    card.ReplaceSim(),
    plans.ConsultPlans(),
    plans.ComparePlans(),
    roaming.ConsultRoaming(),
    recommend.RecommendPlan(),
    tickets.QueryTicket(),
    tickets.Urge(),
    privacy.QueryMyData(),
    messages.CheckMessage(),
    auto_pay.AutoPay(),
    call_forwarding.CallForwarding(),
    guide.Faq(),
)
WRITE_SKILLS: tuple[Skill, ...] = (
    packs.OrderDataPack(),
    packs.CancelDataPack(),
    packs.OpenService(),
    packs.CancelService(),
    services.RoamingOn(),
    services.RoamingOff(),
    services.FamilyNumber(),
    services.SubCard(),
    change_plan.ChangePlan(),
    change_plan.UndoPlanChange(),
    recharge.Recharge(),
    recharge.RechargeByCard(),
    recharge.RechargeOther(),
    points.RedeemPoints(),
    call_detail.QueryCallDetail(),
    puk.QueryPuk(),
    password.ResetPassword(),
    invoice.IssueInvoice(),
    lead.ConsultBusiness(),
    lead.BroadbandNew(),
    lead.ConsultHandset(),
    line.SuspendNumber(),
    line.ResumeNumber(),
    line.ReportLostSim(),
    fault.ReportFault(),
    fault.ReportSlowData(),
    fault.ReportNoCodes(),
    broadband.BroadbandFault(),
    broadband.BroadbandRenew(),
    broadband.BroadbandMove(),
    broadband.BroadbandCancel(),
    complaint.Complain(),
    complaint.Appeal(),
    reminders.OptOutMarketing(),
    human.ReportFraud(),
    callback.RequestCallback(),
    human.TransferToAgent(),
    human.OlderMode(),
    human.Distress(),
    login.Login(),
    visits.BookVisit(),
    privacy.DeleteMyData(),
)
TALK_SKILLS: tuple[Skill, ...] = (
    smalltalk.Greet(),
    smalltalk.Goodbye(),
    smalltalk.Thanks(),
    smalltalk.BotChallenge(),
    smalltalk.Chitchat(),
    smalltalk.Abuse(),
    smalltalk.SwitchLanguage(),
    control.HelpMenu(),
    control.StartOver(),
    control.GoBack(),
    control.Stop(),
    control.Affirm(),
    control.Deny(),
    control.Correct(),
    control.Inform(),
    out_of_scope.NluFallback(),
    out_of_scope.OutOfScope(),
    several.SeveralQuestions(),
    several.Repeat(),
    several.SendResultBySms(),
    several.Resume(),
    events.HandoffEnded(),
    events.PaymentFinished(),
    events.OrderFinished(),
    events.TimerRang(),
    events.MediaCame(),
    incidents.FollowIncident(),
    reminders.EndNotices(),
    reminders.TicketSolved(),
    reminders.TicketNotSolved(),
)
FORMS: tuple[Form, ...] = (
    packs.OrderDataPackForm(),
    packs.CancelDataPackForm(),
    change_plan.ChangePlanForm(),
    change_plan.UndoPlanChangeForm(),
    recharge.RechargeForm(),
    points.RedeemPointsForm(),
    call_detail.QueryCallDetailForm(),
    puk.QueryPukForm(),
    password.ResetPasswordForm(),
    invoice.InvoiceForm(),
    lead.LeadForm(),
    line.SuspendNumberForm(),
    line.ReportLostSimForm(),
    lost.StopLostForm(),
    visits.BookVisitForm(),
    fault.ReportFaultForm(),
    complaint.ComplainForm(),
    login.LoginForm(),
)
SESSION = session.ActionSessionStart()

GUIDE = guide.Guide()
_BY_WISH = {skill.wish: skill for skill in (*READ_SKILLS, *WRITE_SKILLS, *TALK_SKILLS)}

SKILLS: Mapping[str, Skill] = {**_BY_WISH, **dict.fromkeys(guide.GUIDED, GUIDE)}
READS = frozenset(skill.wish for skill in READ_SKILLS) | guide.GUIDED
OFFERED = (READS | {skill.wish for skill in WRITE_SKILLS}) - {
    "faq",
    "login",
    "transfer_to_agent",
    "distress",
    "book_visit",
}
"""What is asked back by its short name when it is one of the likely readings."""

register(Registry(SKILLS, READS, OFFERED))


def switchable() -> list[str]:
    """What can be switched off: never the way to a human, nor what holds a talk together."""
    named = (READS | {skill.wish for skill in WRITE_SKILLS}) - ALWAYS
    return sorted(named | {f"faq.{topic}" for topic in guide.FAQ})


def action_names() -> list[str]:
    """What domain.yml has to list."""
    return [*(s.name() for s in _BY_WISH.values()), GUIDE.name(), *(f.name() for f in FORMS), SESSION.name()]
