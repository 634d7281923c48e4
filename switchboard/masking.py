"""Secrets typed into chat never reach a store: right after parsing they become typed placeholders.

`mask` cuts one-time codes and service passwords, recharge cards, bank cards and ID numbers out of a text and puts
`⟦kind:REF⟧` there. `hide` is for logs, screens and exports: it keeps a few digits and no reference. `msisdn` shows a
number as 138****1234.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from switchboard.model import InboundMessage, MessagePart, SecretValue
from switchboard.spoken import written

PLACEHOLDER = re.compile(r"⟦(code|card|bankcard|id|password|shown):([0-9a-f]{16})⟧")
SHOWN = "shown"
"""The kind of what we say ourselves and keep nowhere, such as a PUK. `mask` never makes one, so nobody can have a
secret of theirs or another's opened by it."""

_RUN = re.compile(r"(?<![0-9A-Za-z])\d(?:[ \-]?\d){3,}(?:[ \-]?[Xx])?(?![0-9A-Za-z])")
_RUN_OR_OURS = re.compile(f"(?P<ours>{PLACEHOLDER.pattern})|{_RUN.pattern}")
_GROUP = re.compile(r"[0-9Xx]+")
_PHONE = re.compile(r"(?:86)?1[3-9]\d{9}")
_PHONE_SPOKEN = re.compile(r"(?<!\d)(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)")
NEAR = 40
"""Characters before a run of digits that may say what it is."""
LONGEST = 19
"""Digits of the longest secret: a longer run is several of them side by side, or something that nobody knows."""
_IS = "(?:改成了?|换成了?|设成了?|设为|是|为|:|：|is|=)"
_BEFORE_PASSWORD = re.compile(
    rf"(?:密码|服务码|口令|password|(?:pin|puk)\s*(?:码|碼|code)?)\s*{_IS}?\s*$", re.IGNORECASE
)
_BEFORE_CODE = re.compile(r"(?:验证码|校验码|动态码|code)\s*(?:是|为|:|：|is|=)?\s*$", re.IGNORECASE)
_BEFORE_ID = re.compile(r"(?:身份证|证件|id)\D{0,6}$", re.IGNORECASE)
_WORD_PASSWORD = re.compile(
    # Without a word between them only what mixes letters and digits is a password: "密码 help" is a question.
    rf"(?P<head>(?<!⟦)(?:密码|password)\s*(?:{_IS}\s*|(?=[!-~]*\d)(?=[!-~]*[a-z])))(?P<value>[!-~]{{4,32}})",
    re.IGNORECASE,
)
_PORT_OUT = re.compile(
    r"(?P<head>(?:CXXZ|SQXZ)\s*[#＃*]?\s*)(?P<who>[^\s#＃*⟦][^#＃⟦]{0,60}[#＃][^⟦]{0,60})", re.IGNORECASE
)
"""Who asks to take a number elsewhere writes name and ID number, as the national procedure says."""
_PASSPORT = re.compile(
    r"(?P<head>(?:护照|護照|passport)[^\w⟦]{0,3}(?:(?:号码?|號碼?|number|no)[^\w⟦]{0,3})?(?:(?:是|为|為|is)[^\w⟦]{0,3})?)"
    r"(?P<named>(?=[A-Za-z]{0,3}\d)[0-9A-Za-z]{6,12})(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z])(?P<alone>[DEGHMPS]\d{8}|E[A-HJ-NP-Z]\d{7})(?![0-9A-Za-z])",
    re.IGNORECASE,
)
_TAIL = re.compile(r"(?<!\d)\d{3}[0-9Xx](?!\d)")
"""The end of an ID number: no proof of facts is without."""
_ALONE = re.compile(r"[\W_]*\d(?:[ \-]?\d){5}[\W_]*")
_SHORT = 18
_NO_CODE = re.compile(r"[元块圆钱月年日充缴交]|兆|[0-9]\s*[gm]|分钟|账单|邮编|工单|单号|订单|尾号", re.IGNORECASE)
_CODE_WORD = re.compile(r"验证码|校验码|动态码|密码|code|password", re.IGNORECASE)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True)
class Masked:
    """A text without secrets, and the secrets that were in it."""

    text: str
    secrets: tuple[SecretValue, ...]


def new_ref() -> str:
    """64 random bits: nobody guesses another person's reference."""
    return secrets.token_hex(8)


def mask(text: str, ref: Callable[[], str] = new_ref) -> Masked:
    """Replace every secret by a placeholder. Full-width and spoken digits count as digits; brackets of ours in the text
    are neutralised first.
    """
    # Somebody who types a placeholder must not be able to name a reference.
    return mask_joined("".join(_narrow(c) for c in text.replace("⟦", "[").replace("⟧", "]")), ref)


def mask_joined(text: str, ref: Callable[[], str] = new_ref) -> Masked:
    """The same for a text joined from parts that were masked singly: placeholders in it are ours, and stay."""
    found: list[SecretValue] = []
    text = written(text)
    words = PLACEHOLDER.sub("", text)
    # Six digits in a short line are a code or a password, unless a word says amount, month or number.
    short = len(words.strip()) <= _SHORT and not _NO_CODE.search(words)
    six = bool(short or _ALONE.fullmatch(words) or _CODE_WORD.search(words))

    def put(kind: str, value: str) -> str:
        found.append(SecretValue(ref(), kind, value))
        return f"⟦{kind}:{found[-1].ref}⟧"

    def word(match: re.Match[str]) -> str:
        return match["head"] + put("password", match["value"])

    def run(match: re.Match[str]) -> str:
        if match["ours"]:
            return match[0]
        shown, end = "", 0
        for first, last, kind in _secrets_in(match[0], text[max(0, match.start() - NEAR) : match.start()], six):
            shown += match[0][end:first] + put(kind, _digits(match[0][first:last]))
            end = last
        return shown + match[0][end:]

    named = _PORT_OUT.sub(lambda m: m["head"] + put("id", m["who"].strip()), text)
    named = _PASSPORT.sub(lambda m: (m["head"] or "") + put("id", _digits(m["named"] or m["alone"])), named)
    cut = _RUN_OR_OURS.sub(run, named)
    return Masked(_WORD_PASSWORD.sub(lambda m: m[0] if "⟦" in m["value"] else word(m), cut), tuple(found))


def mask_proof(text: str, ref: Callable[[], str] = new_ref) -> Masked:
    """What proves its writer, whole, as one secret; phone numbers stay, and so does what cannot be such a proof.
    For a text that is masked already: its placeholders go with it.
    """
    words = _PHONE_SPOKEN.sub("", text)
    if not (_TAIL.search(PLACEHOLDER.sub("", words)) or "⟦id:" in words):
        return Masked(text, ())
    secret = SecretValue(ref(), "id", text)
    phones = [match[0] for match in _PHONE_SPOKEN.finditer(text)]
    return Masked(" ".join([*phones, f"⟦id:{secret.ref}⟧"]), (secret,))


def mask_item(
    item: InboundMessage | MessagePart, ref: Callable[[], str] = new_ref, how: Callable[..., Masked] = mask
) -> tuple[InboundMessage | MessagePart, tuple[SecretValue, ...]]:
    """The same item with its text masked, and what a voice message was heard to say."""
    masked = how(item.text, ref)
    if isinstance(item, InboundMessage) and item.media:
        heard = how(item.media.transcript, ref)
        media = replace(item.media, transcript=heard.text)
        return replace(item, text=masked.text, media=media), masked.secrets + heard.secrets
    return replace(item, text=masked.text), masked.secrets


def hide(text: str) -> str:
    """For screens, logs and exports: placeholders lose their reference, phone numbers their middle."""
    shown = PLACEHOLDER.sub(lambda m: f"[{m[1]}]", text)
    return re.sub(r"(?<!\d)(\+?86)?(1[3-9]\d)\d{4}(\d{4})(?!\d)", r"\1\2****\3", shown)


def msisdn(number: str) -> str:
    """+8613800001234 → 138****1234."""
    local = number.removeprefix("+86")
    return f"{local[:3]}****{local[-4:]}" if len(local) >= 7 else "****"


def _narrow(character: str) -> str:
    if character.isdigit() and not character.isascii():
        try:
            return str(unicodedata.digit(character))
        except ValueError:
            return character
    return character


def _digits(run: str) -> str:
    return re.sub(r"[ \-]", "", run).upper()


def _secrets_in(run: str, before: str, six: bool) -> Iterator[tuple[int, int, str]]:
    """(begin, end, kind) of each secret in a run of digits, spaces and hyphens, in order."""
    digits = _digits(run)
    kind = _kind(digits, before, six)
    if kind:
        yield 0, len(run), kind
        return
    groups = [group.span() for group in _GROUP.finditer(run)]
    rest: list[tuple[int, int]] = []
    at = 0
    while at < len(groups):
        count, kind = _next_secret(run, groups[at : at + LONGEST], before, six)
        if kind or _PHONE.fullmatch(run[slice(*groups[at])]):
            yield from _unknown(run, rest, len(digits))
            rest = []
        else:
            rest.append(groups[at])
        if kind:
            yield groups[at][0], groups[at + count - 1][1], kind
        at += count
    yield from _unknown(run, rest, len(digits))


def _next_secret(run: str, groups: list[tuple[int, int]], before: str, six: bool) -> tuple[int, str]:
    """How many groups the secret at the front has, and its kind: one with a check digit first, else the longest."""
    first = groups[0][0]
    if _PHONE.fullmatch(run[slice(*groups[0])]):
        return 1, ""
    near = before + run[max(0, first - NEAR) : first]
    best = 1, ""
    for count, (_, end) in enumerate(groups, 1):
        digits = _digits(run[first:end])
        # Short groups mean something together only as a card or an ID number: 2026-11 is no code.
        kind = _kind(digits, near, six) if count == 1 or len(digits) >= 15 else ""
        if kind and (not best[1] or best[1] == "card" or kind != "card"):
            best = count, kind
    return best


def _unknown(run: str, groups: list[tuple[int, int]], digits: int) -> Iterator[tuple[int, int, str]]:
    """What stands beside secrets, or is too long for any: better hidden than stored."""
    if not groups or digits <= LONGEST:
        return
    first, last = groups[0][0], groups[-1][1]
    size = len(_digits(run[first:last]))
    if size >= 6:
        yield first, last, "code" if size <= 8 else "card"


def _kind(digits: str, before: str, six: bool) -> str:
    """Which secret a run of digits is, "" for none: a phone number, an amount, a short code. `six`: a code is meant."""
    if _BEFORE_PASSWORD.search(before) and len(digits) <= 12:
        return "password"
    if _BEFORE_CODE.search(before) and 4 <= len(digits) <= 8:
        return "code"
    if _BEFORE_ID.search(before) and len(digits) in (15, 18):
        return "id"
    if digits.endswith("X"):
        return "id" if len(digits) == 18 else ""
    if len(digits) == 18:
        return "id" if _is_id(digits) else "card"
    if 16 <= len(digits) <= 19:
        return "bankcard" if _luhn(digits) else "card"
    if len(digits) == 15 and not digits.startswith("86"):
        return "card"
    if len(digits) == 6 and six:
        return "code"
    return ""


def _is_id(digits: str) -> bool:
    month, day = int(digits[10:12]), int(digits[12:14])
    if not (digits[6:8] in ("19", "20") and 1 <= month <= 12 and 1 <= day <= 31):
        return False
    return "10X98765432"[sum(int(d) * w for d, w in zip(digits, _ID_WEIGHTS, strict=False)) % 11] == digits[17]


def _luhn(digits: str) -> bool:
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if index % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
