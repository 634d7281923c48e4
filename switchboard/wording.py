"""Loads what the bot says and renders it: one wording for all channels, written by content staff as Jinja2 in
content/responses/*.yml.

An entry:

    balance:
      zh: 您的话费余额为{{ balance_fen | yuan }}元。
      en: Your balance is ¥{{ balance_fen | yuan }}.
      sms:                                   # a channel may have its own text
        zh: 余额{{ balance_fen | yuan }}元。
      choices:
        - {zh: 查账单, en: Bill, intent: query_bill, entities: {month: "{{ month }}"}}
        - {each: offers, zh: "{{ item.name }}", en: "{{ item.en }}", intent: buy, entities: {offering: "{{ item.id }}"}}
        - {when: owed_fen > 0, zh: 充值, en: Top up, intent: recharge}
        - {each: likely, wish: "{{ item }}"}   # an intent by its short name in content/terms/wishes.yml
      link: {zh: 去支付, en: Pay, url: "{{ url }}"}

Templates run in a sandbox with StrictUndefined: a variable that is not given is an error, never an empty string.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from switchboard import masking
from switchboard.errors import BadWording
from switchboard.model import Choice, Link, Reply

LANGUAGES = ("zh", "en")
CHANNELS = ("web", "wechat", "wecom", "sms")
SHANGHAI = ZoneInfo("Asia/Shanghai")
_EXPRESSION = re.compile(r"\{\{(.*)\}\}", re.DOTALL)
_TERM_PARTS = ("name", "means", "sum", "stop")
_ENTRY_KEYS = {*LANGUAGES, *CHANNELS, "choices", "link"}
_CHOICE_KEYS = {*LANGUAGES, "intent", "entities", "each", "when", "wish"}


class Wording:
    """The responses of one Release. Immutable after `load`."""

    def __init__(
        self,
        entries: Mapping[str, Mapping[str, Any]],
        new_list: Callable[[], str] | None = None,
        wishes: Mapping[str, Mapping[str, str]] | None = None,
        terms: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """`wishes`: the short name of each intent that can be offered by name. `terms`: what charges are, in words."""
        self._entries = entries
        self._wishes = wishes or {}
        self._terms = terms or {}
        self._new_list = new_list or (lambda: secrets.token_hex(4))
        self._env = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
        )
        self._env.filters.update(yuan=yuan, volume=volume, month=month, day=day, clock=clock, mask=masking.msisdn)
        self._env.filters.update(named=self._named, term=self._term)
        # Compiling costs far more than rendering; there are as many templates as texts in content/.
        self._template = cache(self._env.from_string)
        self._expression = cache(partial(self._env.compile_expression, undefined_to_none=False))

    @classmethod
    def load(cls, content: Path, checked: bool = False) -> Wording:
        """Read content/responses/*.yml. Raises BadWording naming file and entry; two files may not define the same
        name. `checked`: its faults were looked for when it was published.
        """
        entries: dict[str, Mapping[str, Any]] = {}
        for path in sorted((content / "responses").glob("*.yml")):
            for name, entry in _read(path, "responses").items():
                if name in entries:
                    raise BadWording(f"{path}: {name} is already defined in another file")
                entries[name] = entry
        wishes, terms = content / "terms" / "wishes.yml", content / "terms" / "charges.yml"
        wording = cls(
            entries,
            wishes=_read(wishes, "wishes") if wishes.exists() else None,
            terms=_read(terms, "terms") if terms.exists() else None,
        )
        faults = [] if checked else list(wording.faults())
        if faults:
            raise BadWording("; ".join(faults))
        return wording

    def names(self) -> frozenset[str]:
        return frozenset(self._entries)

    def render(self, name: str, channel: str, language: str, values: Mapping[str, Any]) -> Reply:
        """The reply for one channel and language. `quote_id` among the values makes it the reply that shows this
        quote. Raises BadWording.
        """
        entry = self._entries.get(name)
        if entry is None:
            raise BadWording(f"no response named {name}")
        own = entry.get(channel) or {}
        try:
            text = self._text(own.get(language) or entry[language], values)
            choices = tuple(self._choices(self._choice_entries(name, channel), language, values))
            link = entry.get("link")
            shown = Link(self._text(link[language], values), self._text(link["url"], values)) if link else None
        except (TemplateError, KeyError, TypeError, ValueError) as error:
            raise BadWording(f"{name} ({channel}, {language}): {error}") from error
        return Reply(text=text, choices=choices, link=shown, response=name, quote_id=values.get("quote_id"))

    def listed(self, name: str, channel: str) -> frozenset[str]:
        """The intents of a response's choices that are made of one thing each, as the packs to buy."""
        choices = self._choice_entries(name, channel)
        return frozenset(choice["intent"] for choice in choices if "each" in choice and "wish" not in choice)

    def _choice_entries(self, name: str, channel: str) -> Sequence[Mapping[str, Any]]:
        entry = self._entries[name]
        found: Sequence[Mapping[str, Any]] = (entry.get(channel) or {}).get("choices", entry.get("choices", ()))
        return found

    def numbered(self, reply: Reply, language: str) -> str:
        """One text for a channel without buttons or links, such as 余额23.50元。回复1查账单，2充值。"""
        text = reply.text
        if reply.link:
            text = f"{text} {reply.link.title} {reply.link.url}"
        if not reply.choices:
            return text
        tail = self.render("numbered_choices", "sms", language, {"choices": reply.choices}).text
        # Chinese needs no space, but would become part of a link before it.
        apart = language != "zh" or text[-1:].isascii()
        return f"{text}{' ' if apart else ''}{tail}"

    def faults(self) -> Iterator[str]:
        """What is wrong with the content, in words: missing languages, unknown keys, templates that do not parse."""
        for wish, names in self._wishes.items():
            if not isinstance(names, Mapping) or not all(names.get(language) for language in LANGUAGES):
                yield f"{wish}: must have a short name in zh and en"
        yield from self._term_faults()
        for name, entry in self._entries.items():
            if not isinstance(entry, Mapping):
                yield f"{name}: must have zh and en"
                continue
            yield from (f"{name}: unknown key {key}" for key in entry if key not in _ENTRY_KEYS)
            yield from (f"{name}: no {language} text" for language in LANGUAGES if not entry.get(language))
            for choice in entry.get("choices", ()):
                yield from (f"{name}: unknown key {key} in a choice" for key in choice if key not in _CHOICE_KEYS)
                needed = () if "wish" in choice else (*LANGUAGES, "intent")
                yield from (f"{name}: a choice has no {key}" for key in needed if key not in choice)
            for text in _strings(entry):
                try:
                    self._parse(text)
                except TemplateError as error:
                    yield f"{name}: {error} in {text!r}"

    def _parse(self, text: str) -> None:
        """Raises TemplateError. Plain words, as most are, need no look: thousands of them take a second."""
        if "{" in text:
            self._env.parse(text)

    def _term_faults(self) -> Iterator[str]:
        for name, term in self._terms.items():
            for part in _TERM_PARTS:
                said = term.get(part) if isinstance(term, Mapping) else None
                if said is None and part not in ("name", "means"):
                    continue
                if not isinstance(said, Mapping) or not all(said.get(language) for language in LANGUAGES):
                    yield f"{name}: must have {part} in zh and en"
                    continue
                for text in _strings(said):
                    try:
                        self._parse(text)
                    except TemplateError as error:
                        yield f"{name}: {error} in {text!r}"

    def _term(self, of: str | Mapping[str, Any], part: str, language: str = "zh") -> str:
        """A part of what content/terms/charges.yml says of a term, or of the `cause` of a charge with its figures; ""
        where it says none."""
        values: Mapping[str, Any] = of if isinstance(of, Mapping) else {"cause": of}
        said = self._terms.get(str(values["cause"]), {}).get(part)
        return self._text(said[language], values) if said else ""

    def _named(self, intent: str, language: str = "zh") -> str:
        """The short name of a wish. Raises KeyError."""
        return self._wishes[intent][language]

    def _text(self, template: str, values: Mapping[str, Any]) -> str:
        # Most labels are plain words.
        return self._template(template).render(values).strip() if "{" in template else template.strip()

    def _choices(self, entries: Any, language: str, values: Mapping[str, Any]) -> Iterator[Choice]:
        list_id, number = self._new_list(), 0
        for entry in entries:
            for scope in self._scopes(entry, values):
                number += 1
                entities = {key: self._value(value, scope) for key, value in (entry.get("entities") or {}).items()}
                if "wish" in entry:
                    intent = self._text(entry["wish"], scope)
                    label = self._named(intent, language)
                else:
                    intent, label = entry["intent"], self._text(entry[language], scope)
                yield Choice(label, number, f"{list_id}.{number}", intent, entities)

    def _scopes(self, entry: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        items = values[entry["each"]] if "each" in entry else [None]
        for item in items:
            scope = {**values, "item": item} if item is not None else values
            if "when" not in entry or self._expression(entry["when"])(**scope):
                yield scope

    def _value(self, value: Any, scope: Mapping[str, Any]) -> Any:
        if not isinstance(value, str):
            return value
        match = _EXPRESSION.fullmatch(value)
        # A lone expression keeps its type, so that an amount stays an integer.
        if match and "}}" not in match[1]:
            return self._expression(match[1])(**scope)
        return self._text(value, scope)


def yuan(fen: int) -> str:
    """2350 → 23.50; -5 → -0.05."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def volume(kb: int) -> str:
    """Kilobytes as a person says it: 1.5GB, 300MB."""
    if kb >= 1024 * 1024:
        return f"{kb / 1024 / 1024:.2f}".rstrip("0").rstrip(".") + "GB"
    return f"{kb // 1024}MB"


def month(value: str, language: str = "zh") -> str:
    """2026-10 → 2026年10月, or October 2026."""
    year, number = value.split("-")
    return f"{year}年{int(number)}月" if language == "zh" else date(int(year), int(number), 1).strftime("%B %Y")


def day(value: str | datetime | date, language: str = "zh") -> str:
    """A moment or ISO date as a day in China: 11月21日, or 21 Nov."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if isinstance(moment, datetime) and moment.tzinfo:
        moment = moment.astimezone(SHANGHAI)
    return f"{moment.month}月{moment.day}日" if language == "zh" else f"{moment.day} {moment:%b}"


def clock(value: str | datetime) -> str:
    """A moment as the time of day in China: 14:05."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{moment.astimezone(SHANGHAI):%H:%M}"


def _read(path: Path, what: str) -> Mapping[str, Any]:
    """A file of named entries. Raises BadWording."""
    try:
        loaded = YAML(typ="safe").load(path.read_text(encoding="utf-8")) or {}
    except (YAMLError, UnicodeDecodeError) as error:
        raise BadWording(f"{path}: {error}") from error
    if not isinstance(loaded, Mapping):
        raise BadWording(f"{path}: must be a list of named {what}")
    return loaded


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _strings(inner)
