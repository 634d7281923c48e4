"""What may answer a question for a duration, a time or a place: another wish or a question answers none of them."""

from __future__ import annotations

import re

_TIME = re.compile(
    r"[上中下]午|早|晚|傍晚|夜|周|週|星期|礼拜|禮拜|工作日|平时|平時|假期|节后|节假日|今天|明天|后天|後天|今儿|明儿|这两天|"
    r"随时|隨時|任何|什么时候都|都行|都可以|都方便|马上|现在|尽快|下班|午休|[\d一二三四五六七八九十两]+\s*(?:点|點|[:：]\d|号|號|日)|"
    r"\b(?:mornings?|afternoons?|evenings?|nights?|noon|week(?:day|end)s?|(?:mon|tues?|wednes|thurs?|fri|satur|sun)days?|"
    r"today|tomorrow|tonight|any ?time|now|asap|soon|after|before|o'?clock|\d+(?::\d+)? ?[ap]\.?m)\b",
    re.IGNORECASE,
)
_SINCE = re.compile(
    r"昨[天晚儿]?|前[天晚]|刚才|刚刚|剛剛|上[周个月]+|一直|小时|分钟|[几\d一二三四五六七八九十两]+天|\b(?:since|yesterday|last|ago|hours?|days?)\b",
    re.IGNORECASE,
)
_AROUND = re.compile(
    r"左右|大概|大约|差不多|开始|的|从|就|了|吧|到|是|那时候|时候|[\s，,。.！!\d一二三四五六七八九十几半分]|\b(?:about|around)\b"
)
_DURATION = re.compile(
    r"[\d一二三四五六半两兩]\s*(?:年|个月|個月)|(?:长|長|短)(?:期|一?点)|\b(?:years?|months?|yearly)\b", re.IGNORECASE
)
_ADDRESS = re.compile(
    r"[省市区區县縣镇鎮乡鄉村路街巷弄栋棟幢座楼樓室园園苑城湾灣]|道|小区|单元|大厦|广场|公寓|花园|家里|家中|公司|学校|单位|宿舍|办公|附近|"
    r"[东西南北]站|地铁|\b(?:road|street|st|avenue|lane|building|floor|room|district|city|town|village|home|office|school|"
    r"near|flat|apartment)\b",
    re.IGNORECASE,
)
_HOME = re.compile(r"(?:在|我)?(?:家里|家中|屋里|在家|我家)|^家(?=[\s，,]|$)|\b(?:at |my )?home\b", re.IGNORECASE)
_ASKS = re.compile(
    r"[?？吗嗎]|怎么|怎麼|多少|能不能|可不可以|是不是|什么|什麼|\b(?:can|how|why|what|is it|do you)\b", re.IGNORECASE
)


def may_be_time(text: str) -> bool:
    """When to call, or since when."""
    return bool(_TIME.search(text)) and not asks(text)


def says_only_since(text: str) -> bool:
    """Whether nothing but a beginning is told: "下午三点左右", "since yesterday"."""
    return bool(_SINCE.search(text) or _TIME.search(text)) and not _AROUND.sub("", _TIME.sub("", _SINCE.sub("", text)))


def says_since(text: str) -> bool:
    """Whether a beginning is told."""
    return bool(_SINCE.search(text) or _TIME.search(text))


def may_be_duration(text: str) -> bool:
    """For how long."""
    return bool(_DURATION.search(text)) and not asks(text)


def has_address(text: str) -> bool:
    """Whether words of an address, or of a place as home, are there."""
    return bool(_ADDRESS.search(text))


def says_home(text: str) -> bool:
    """Whether home is all that is told of a place: "在家 晚上九点"."""
    return bool(_HOME.search(text)) and not has_address(_HOME.sub(" ", text))


def asks(text: str) -> bool:
    """Whether it is a question itself."""
    return bool(_ASKS.search(text))
