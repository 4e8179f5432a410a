"""Invented names of areas in English and Chinese, each a translation of the other."""

from __future__ import annotations

import numpy as np

_FIRST = (
    ("Alder", "桤"), ("Amber", "琥"), ("Ash", "梣"), ("Birch", "桦"), ("Bright", "明"), ("Cedar", "杉"),
    ("Clear", "清"), ("Clover", "苜"), ("Copper", "铜"), ("Crane", "鹤"), ("Elm", "榆"), ("Fern", "蕨"),
    ("Glen", "谷"), ("Grey", "灰"), ("Hazel", "榛"), ("Heron", "鹭"), ("Iron", "铁"), ("Juniper", "桧"),
    ("Linden", "椴"), ("Long", "长"), ("Maple", "枫"), ("Moon", "月"), ("Oak", "橡"), ("Pearl", "珠"),
    ("Pine", "松"), ("Reed", "芦"), ("Silver", "银"), ("Stone", "石"), ("Swift", "燕"), ("Willow", "柳"),
)  # fmt: skip
_SECOND = (
    ("bank", "岸"), ("bridge", "桥"), ("brook", "溪"), ("cliff", "崖"), ("dale", "谷"), ("field", "田"),
    ("ford", "渡"), ("gate", "门"), ("grove", "林"), ("haven", "港"), ("hill", "岭"), ("lake", "湖"),
    ("marsh", "泽"), ("mead", "坪"), ("mill", "磨"), ("pond", "塘"), ("ridge", "岗"), ("shore", "滩"),
    ("spring", "泉"), ("well", "井"),
)  # fmt: skip
_BEFORE = (
    ("", ""), ("Upper ", "上"), ("Lower ", "下"), ("North ", "北"), ("South ", "南"), ("East ", "东"),
    ("West ", "西"), ("Old ", "老"), ("New ", "新"), ("Great ", "大"), ("Little ", "小"),
)  # fmt: skip

ENDINGS = {
    "county": (" County", "县"),
    "district": (" District", "区"),
    "township": (" Township", "镇"),
    "village": ("", "村"),
}


def area_names(count: int, rng: np.random.Generator) -> list[tuple[str, str]]:
    """`count` distinct pairs of an English and a Chinese name, without their ending.

    The plain ones are used up first, then those with a word before, then numbered ones.
    """
    pairs: list[tuple[str, str]] = []
    lap = 1
    while len(pairs) < count:
        for before_en, before_zh in _BEFORE:
            for k in rng.permutation(len(_FIRST) * len(_SECOND)):
                (first, first_zh), (second, second_zh) = (
                    _FIRST[k // len(_SECOND)],
                    _SECOND[k % len(_SECOND)],
                )
                number = "" if lap == 1 else str(lap)
                en = f"{before_en}{first}{second}{' ' if number else ''}{number}"
                pairs.append((en, f"{before_zh}{first_zh}{second_zh}{number}"))
            if len(pairs) >= count:
                break
        lap += 1
    return pairs[:count]
