"""What somebody wants no more of: whatever is open ("never mind"), or a complaint ("取消投诉", "drop my complaint").

Read by words: such lines hold the very word that a complaint is known by.
"""

from __future__ import annotations

import re

from bot.actions import references

_DROPS = re.compile(
    r"(?:(?:ok|okay|oh|no|hm+|actually|please|just|well|sorry|then) )*"
    r"(?:never ?mind(?: (?:it|that|then))?|forget (?:about )?(?:it|that|this)|don t bother|leave it(?: be)?|drop it)"
    r"(?: (?:please|thanks|thank you|then|now|ok|okay))*"
)
_COMPLAINT = r"(?:刚才|刚刚|上次|昨天|之前|已经|那个|这个|那条|这条|我|的|提交)*(?:投诉|投訴|申诉|申訴)(?:工?单|申请)?"
_WITHDRAWS = re.compile(
    rf"(?:取消|撤销|撤銷|撤回|撤掉|撤|收回|放弃){_COMPLAINT}"
    rf"|把?{_COMPLAINT}(?:给我|帮我|可以|能|怎么|我想|我要)*(?:取消|撤销|撤銷|撤回|撤|收回)(?:掉)?|撤诉|撤訴"
    r"|(?:不想|不要|不用|不打算|不|别|算了)(?:再|去)?(?:投诉|投訴|申诉|申訴)(?:他们?|你们)?"
    r"|\b(?:cancel|withdraw|drop|take back|retract|revoke|remove|delete|stop|forget(?: about)?|never ?mind)"
    r"(?: (?:the|my|that|this|about|last))*(?: complain(?:t|ing|ts)?| appeal)\b"
    r"|\b(?:don t|do not|no longer|not)(?: (?:want|wish|need|going|really))* (?:to )?(?:complain(?:ing)?|appeal"
    r"|(?:file|make) (?:the |a |any )?(?:complaint|appeal))\b"
)
_WHY = re.compile(
    r"(?:问题|事情|已经|都)*(?:解决|处理|修|弄)?好?了|没事|算了|可以|怎么|如何|能不能|不好意思|麻烦|谢谢"
    r"|\b(?:any ?more|actually|now|already|solved|fixed|resolved|works?|working|thanks|thank you|sorry|ok|okay|am|m"
    r"|never ?mind|forget|about|how|could)\b"
)


def drops(text: str) -> bool:
    """ "Never mind": nothing else is said."""
    return bool(_DROPS.fullmatch(references.fold(text)))


def withdraws(text: str) -> bool:
    """Whether a complaint is not to be filed, or not to be worked on any more, and nothing else is said."""
    plain = references.fold(text)
    return bool(_WITHDRAWS.search(plain)) and not references.bare(_WHY.sub(" ", _WITHDRAWS.sub(" ", plain)))
