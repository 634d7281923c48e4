"""Every action of the bot, by intent. Importing this module registers them all with rasa_sdk."""

from __future__ import annotations

from collections.abc import Mapping

from bot.actions import (
    balance,
    bill,
    change_plan,
    complaint,
    control,
    events,
    fault,
    human,
    login,
    out_of_scope,
    packs,
    plan,
    plans,
    recharge,
    session,
    several,
    smalltalk,
    tickets,
    usage,
)
from bot.actions.form import Form
from bot.actions.skill import Skill

READ_SKILLS: tuple[Skill, ...] = (
    balance.QueryBalance(),
    usage.QueryDataUsage(),
    usage.QueryVoiceAllowance(),
    bill.QueryBill(),
    plan.QueryMyPlan(),
    plan.QuerySubscribedServices(),
    plan.QueryOrders(),
    plans.ConsultPlans(),
    plans.ComparePlans(),
    tickets.QueryTicket(),
)
WRITE_SKILLS: tuple[Skill, ...] = (
    packs.OrderDataPack(),
    packs.CancelDataPack(),
    change_plan.ChangePlan(),
    recharge.Recharge(),
    fault.ReportFault(),
    complaint.Complain(),
    human.RequestCallback(),
    human.TransferToAgent(),
    login.Login(),
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
    several.Resume(),
    events.HandoffEnded(),
    events.PaymentFinished(),
    events.OrderFinished(),
    events.TimerRang(),
)
FORMS: tuple[Form, ...] = (
    packs.OrderDataPackForm(),
    packs.CancelDataPackForm(),
    change_plan.ChangePlanForm(),
    recharge.RechargeForm(),
    fault.ReportFaultForm(),
    complaint.ComplainForm(),
    login.LoginForm(),
)
SESSION = session.ActionSessionStart()

SKILLS: Mapping[str, Skill] = {skill.wish: skill for skill in (*READ_SKILLS, *WRITE_SKILLS, *TALK_SKILLS)}
READS = frozenset(skill.wish for skill in READ_SKILLS)


def action_names() -> list[str]:
    """What domain.yml has to list."""
    return [*(s.name() for s in SKILLS.values()), *(f.name() for f in FORMS), SESSION.name()]
