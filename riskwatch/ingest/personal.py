"""The first law for sources: which kinds and column names could carry a person; asked by the mapping."""

from __future__ import annotations

import re
from itertools import pairwise

ALLOWED_KINDS: tuple[str, ...] = ("id", "code", "area", "instant", "number", "ref")
"""All that a mapped column may be."""

_REFUSED_KINDS = {
    "free text can name a person": ("text", "free_text", "string", "comment", "description", "note"),
    "it is about a person": ("name", "person", "patient", "gender", "sex", "age", "birthday", "id_card"),
    "it is an address": ("address", "street", "addr"),
    "it reaches a person": ("phone", "email", "mail", "contact"),
    "it is the coordinate of a single address": (
        *("latitude", "longitude", "lat", "lng", "lon", "coordinate", "coordinates", "point", "geometry"),
    ),
}

_WORDS = {
    "a person": (
        *("name", "names", "person", "patient", "patients", "caller", "victim", "suspect", "complainant"),
        *("reporter", "owner", "driver", "citizen", "resident", "firstname", "lastname", "fullname"),
        *("surname", "username", "nickname", "callername", "ssn", "passport", "idcard", "birth"),
        *("birthday", "birthdate", "dob", "age", "gender", "sex", "plate"),
    ),
    "how to reach a person": (
        *("phone", "phones", "telephone", "tel", "mobile", "cellphone", "phonenumber", "email", "emails"),
        *("mail", "wechat", "contact", "contacts"),
    ),
    "an address": ("addr", "address", "addresses", "street", "streetaddress", "homeaddress", "apartment"),
    "free text": (
        *("desc", "description", "descriptions", "comment", "comments", "note", "notes", "remark"),
        *("remarks", "narrative", "memo", "freetext", "text"),
    ),
    "the coordinate of a single address": (
        *("lat", "lng", "lon", "long", "latitude", "longitude", "coordinate", "coordinates", "coord"),
        *("coords", "geo", "geom", "geometry"),
    ),
}
_PHRASES = {("id", "card"): "a person", ("id", "number"): "a person", ("national", "id"): "a person"}
_PLACE_WORDS = frozenset(
    (
        *("area", "station", "town", "township", "twp", "city", "county", "province", "district"),
        *("village", "department", "dept", "agency", "code", "type", "category", "indicator"),
        *("municipality", "borough", "region", "source", "feed"),
    )
)
_CHINESE = {
    "a person": "姓名 名字 身份证 证件 护照 患者 病人 来电人 报警人 投诉人 当事人 性别 年龄 出生 生日 车牌",
    "how to reach a person": "电话 手机 联系 微信 邮箱",
    "an address": "地址 住址 门牌",
    "free text": "备注 描述 说明 详情 内容 事由 留言",
    "the coordinate of a single address": "经度 纬度 坐标",
}
_SPLIT = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def kind_refusal(kind: str) -> str | None:
    """Why a kind of column is refused, or None where it is allowed.

    >>> kind_refusal("free_text"), kind_refusal("code")
    ('free text can name a person', None)
    """
    if kind in ALLOWED_KINDS:
        return None
    for why, kinds in _REFUSED_KINDS.items():
        if kind.lower() in kinds:
            return why
    return "no such kind is known"


def name_refusal(column: str) -> str | None:
    """What a column's name says it carries that no mapping may take, or None.

    A place's or a code's name is not a person's, so `area_name` passes and `name` does not.

    >>> name_refusal("homePhone"), name_refusal("身份证号"), name_refusal("area_name")
    ('how to reach a person', 'a person', None)
    """
    for what, stems in _CHINESE.items():
        if any(stem in column for stem in stems.split()):
            return what
    words = [word.lower() for word in _SPLIT.findall(column)]
    for pair, what in _PHRASES.items():
        if pair in pairwise(words):
            return what
    of_a_place = not _PLACE_WORDS.isdisjoint(words)
    for word in words:
        for what, refused in _WORDS.items():
            if word in refused and not (of_a_place and word in ("name", "names")):
                return what
    return None
