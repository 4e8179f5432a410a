"""Sentences, word for word, for every kind of alert in both languages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from messages_town import alert, contribution, local, notice, words

from riskwatch.core.alerts import AlertKind, Level, State
from riskwatch.core.side_states import Duty, Step

SILENT, NEW_CODE = AlertKind.DATA_HEALTH, AlertKind.SCHEMA
MORE = contribution("abdominal_pain", observed=2, share=0.3)
THIRD = contribution("fever", observed=1, share=0.2)

CASES: list[tuple[str, Any, dict[str, Any], str, str]] = [
    (
        "the Collegeville outbreak",
        alert(),
        {},
        "Collegeville, orange: 4 nausea or vomiting calls since 02:19, usually one in 25 days; rising. "
        "Owner: Public health desk.",
        "Collegeville，橙色：02:19以来恶心呕吐求助4次，通常25天一次；仍在上升。负责：Public health desk。",
    ),
    (
        "a second indicator worth naming",
        alert(contributions=(contribution(), MORE), rising=False),
        {},
        "Collegeville, orange: 4 nausea or vomiting calls since 02:19, usually one in 25 days, "
        "and 2 abdominal pain calls. Owner: Public health desk.",
        "Collegeville，橙色：02:19以来恶心呕吐求助4次，通常25天一次，另有腹痛求助2次。"
        "负责：Public health desk。",
    ),
    (
        "three indicators, one of them with a single call",
        alert(contributions=(contribution(), MORE, THIRD), rising=False),
        {},
        "Collegeville, orange: 4 nausea or vomiting calls since 02:19, usually one in 25 days, "
        "2 abdominal pain calls and 1 fever call. Owner: Public health desk.",
        "Collegeville，橙色：02:19以来恶心呕吐求助4次，通常25天一次，另有腹痛求助2次和发热求助1次。"
        "负责：Public health desk。",
    ),
    (
        "a window that began on another day, with many usual in it",
        alert(
            contributions=(
                contribution(observed=28, expected=4.64, since_us=local("2016-02-09 22:10")),
                contribution("fever", share=0.19),
            ),
            rising=False,
        ),
        {},
        "Collegeville, orange: 28 nausea or vomiting calls since 9 Feb, 22:10, usually about 4.6 in that "
        "time. Owner: Public health desk.",
        "Collegeville，橙色：2月9日22:10以来恶心呕吐求助28次，同样时段通常约4.6次。"
        "负责：Public health desk。",
    ),
    (
        "more than an announced event explains",
        alert(
            contributions=(contribution(observed=28, expected=4.64),),
            rising=False,
            planned=((("en", "the River marathon"), ("zh", "滨江马拉松")),),
        ),
        {},
        "Collegeville, orange: 28 nausea or vomiting calls since 02:19, beyond what the River marathon "
        "explains (about 4.6 in that time). Owner: Public health desk.",
        "Collegeville，橙色：02:19以来恶心呕吐求助28次，超出滨江马拉松所能解释的范围（同期约4.6次）。"
        "负责：Public health desk。",
    ),
    (
        "more than two of them explain, one without a Chinese name",
        alert(
            contributions=(contribution(observed=28, expected=4.64),),
            rising=False,
            planned=((("en", "the fair"), ("zh", "集市")), (("en", "the race"),)),
        ),
        {},
        "Collegeville, orange: 28 nausea or vomiting calls since 02:19, beyond what the fair and the race "
        "explain (about 4.6 in that time). Owner: Public health desk.",
        "Collegeville，橙色：02:19以来恶心呕吐求助28次，超出集市和the race所能解释的范围（同期约4.6次）。"
        "负责：Public health desk。",
    ),
    (
        "what such alerts were worth, and a blind feed",
        alert(feeds_missing=("hotline", "fever")),
        {"judged": (9, 12)},
        "Collegeville, orange: 4 nausea or vomiting calls since 02:19, usually one in 25 days; rising. "
        "Of 12 such alerts judged, 9 were right. No data at that moment from: hotline and fever calls. "
        "Owner: Public health desk.",
        "Collegeville，橙色：02:19以来恶心呕吐求助4次，通常25天一次；仍在上升。"
        "此类预警已有结论的12次，其中正确9次。"
        "当时没有数据的来源：hotline和发热求助。负责：Public health desk。",
    ),
    (
        "one that a relative explains",
        alert(level=Level.YELLOW, shown=False, inhibited_by="MONTGOMERY COUNTY", rising=False),
        {"judged": (1, 1)},
        "Collegeville, yellow: 4 nausea or vomiting calls since 02:19, usually one in 25 days. "
        "Explained by the alert of Montgomery County; not shown. Of 1 such alert judged, 1 was right. "
        "Owner: Public health desk.",
        "Collegeville，黄色：02:19以来恶心呕吐求助4次，通常25天一次。已由蒙哥马利县的预警解释，不单独显示。"
        "此类预警已有结论的1次，其中正确1次。负责：Public health desk。",
    ),
    (
        "one that a budget holds back, with nothing to explain it and no verdict yet",
        alert(level=Level.BLUE, shown=False, contributions=(), rising=False),
        {"judged": (0, 0)},
        "Collegeville, blue: more stomach illness than usual. Withheld by the budget; not shown. "
        "Owner: Public health desk.",
        "Collegeville，蓝色：肠胃疾病多于平常。因预警数量上限暂缓显示。负责：Public health desk。",
    ),
    (
        "a first that was never seen, its calls not dated",
        alert(contributions=(contribution(since_us=None, usual_per_day=0.0),), level=Level.RED),
        {},
        "Collegeville, red: 4 nausea or vomiting calls within 12 hours, never seen here before; rising. "
        "Owner: Public health desk.",
        "Collegeville，红色：12小时内恶心呕吐求助4次，此地从未出现过；仍在上升。负责：Public health desk。",
    ),
    (
        "a silent feed",
        notice(SILENT, "montco911", since_us=local("2016-02-09 22:47")),
        {"judged": (9, 12)},
        "Montgomery County, yellow: the feed montco911 has been silent since 9 Feb, 22:47, which its "
        "rhythm does not explain; neither safe nor alarming until it speaks again.",
        "蒙哥马利县，黄色：数据源“montco911”自2月9日22:47起没有数据，按其平常规律无法解释；"
        "恢复之前，既不能视为安全，也不能视为异常。",
    ),
    (
        "a silent indicator, of which only the opening is known",
        notice(SILENT, "fever"),
        {},
        "Montgomery County, yellow: the feed fever calls has been silent since 10:45, which its rhythm "
        "does not explain; neither safe nor alarming until it speaks again.",
        "蒙哥马利县，黄色：数据源“发热求助”自10:45起没有数据，按其平常规律无法解释；"
        "恢复之前，既不能视为安全，也不能视为异常。",
    ),
    (
        "a feed that speaks again",
        notice(
            SILENT,
            "montco911",
            state=State.RETURNED,
            since_us=local("2016-02-10 08:00"),
            closed_at_us=local("2016-02-10 10:45"),
        ),
        {},
        "Montgomery County, yellow: the feed montco911 was silent from 08:00 to 10:45, which its rhythm "
        "does not explain; it speaks again.",
        "蒙哥马利县，黄色：数据源“montco911”自08:00至10:45没有数据，按其平常规律无法解释；现已恢复。",
    ),
    (
        "a code that was never seen",
        notice(NEW_CODE, "TRAIN CRASH"),
        {},
        "Montgomery County, blue: a code not seen before: 'TRAIN CRASH'; the form may have changed. "
        "It is not a risk.",
        "蒙哥马利县，蓝色：出现从未见过的代码“TRAIN CRASH”，填报格式可能有变。这不是风险。",
    ),
]


@pytest.mark.parametrize(("made", "given", "en", "zh"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_the_sentence_is_what_a_duty_officer_reads(
    made: Any, given: dict[str, Any], en: str, zh: str
) -> None:
    """Place, level, what, since when, how unusual; then who speaks for it, its record and its owner."""
    told = replace(made, **given)
    assert words("en").sentence(told) == en
    assert words("zh").sentence(told) == zh


@pytest.mark.parametrize(
    ("per_day", "en", "zh"),
    [
        (20, "usually one an hour", "通常每小时一次"),
        (4, "usually one in 6 hours", "通常6小时一次"),
        (0.7, "usually one in 34 hours", "通常34小时一次"),
        (0.4, "usually one in 2 days", "通常2天一次"),
        (0.012, "usually one in 12 weeks", "通常12周一次"),
        (0.001, "usually one in 3 years", "通常3年一次"),
    ],
)
def test_rare_things_are_told_as_an_interval(per_day: float, en: str, zh: str) -> None:
    """Hours up to two days, days up to eight weeks, weeks up to two years, then years."""
    made = alert(contributions=(contribution(usual_per_day=per_day),))
    assert f", {en}; rising." in words("en").sentence(made)
    assert f"，{zh}；仍在上升。" in words("zh").sentence(made)


def test_a_page_that_is_read_later_tells_the_day() -> None:
    """An alert's own words have no date on its own day; four days later they need one."""
    late = replace(
        alert(), duty=Duty(Step.ACCEPT, local("2016-02-10 02:45"), None, local("2016-02-10 03:15"))
    )
    later = local("2016-02-14 08:00")
    told = words("en")
    assert " since 02:19," in told.what(late)
    assert "Overdue since 03:15: accept." in told.asides(late)
    assert " since 10 Feb, 02:19," in told.what(late, later)
    assert "Overdue since 10 Feb, 03:15: accept." in told.asides(late, later)


def test_the_year_is_told_when_it_matters() -> None:
    """A date of ten months ago and more carries its year."""
    made = alert(contributions=(contribution(since_us=local("2015-01-02 03:04")),), rising=False)
    assert "since 2 Jan 2015, 03:04," in words().sentence(made)
    assert "2015年1月2日03:04以来" in words("zh").sentence(made)


def test_local_time_knows_daylight_saving() -> None:
    """The hour after the clocks went forward is told as the wall clock has it."""
    before, after = local("2016-03-13 01:45"), local("2016-03-13 03:00")
    assert after - before == 15 * 60_000_000
    assert words().local.told(after, on_us=before) == "03:00"


def test_unknown_codes_keep_their_code() -> None:
    """What the workspace no longer lists is shown as it was stored."""
    w = words()
    assert (w.area("GONE"), w.indicator("gone"), w.signature("gone")) == ("GONE", "gone", "gone")
    assert w.owner(alert(signature="gone")) is None


def test_who_acted_is_told_with_the_doubt() -> None:
    """A name that nobody checked is marked so in both languages."""
    assert words("en").actor("Ana (unverified)") == "Ana (unverified)"
    assert words("zh").actor("Ana (unverified)") == "Ana（未核实）"
    assert words("zh").actor("engine") == "系统"
    assert words("zh").actor("import") == "import"


@pytest.mark.parametrize(
    ("minutes", "en"), [(1, "1 minute"), (45, "45 minutes"), (180, "3 hours"), (4320, "3 days")]
)
def test_spans_are_told_in_the_unit_a_person_would_use(minutes: int, en: str) -> None:
    """Minutes below two hours, hours below two days, then days."""
    assert words().local.lasted(minutes * 60_000_000) == en


def test_a_level_is_told_by_number_and_word() -> None:
    """The Roman number goes with the word."""
    assert words("en").level_full(Level.ORANGE) == "II orange"
    assert words("zh").level_full(Level.BLUE) == "IV级 蓝色"


@pytest.mark.parametrize(
    ("lang", "open_", "ended"),
    [
        ("en", "the receiver duty has not been reached since", "the receiver duty was not reached from"),
        ("zh", "接收方“duty”自", "现已恢复"),
    ],
)
def test_a_receiver_that_is_not_reached_is_told_and_so_is_its_return(lang, open_, ended) -> None:
    """A notice about delivery names the receiver, since when, and until when."""
    from dataclasses import replace

    from riskwatch.core.alerts import Alert, AlertKind, Level, State
    from riskwatch.testing.post import words

    notice = Alert(
        *("rw-1", AlertKind.DATA_HEALTH, "T", "delivery", Level.YELLOW, Level.YELLOW, ()),
        shown=True,
        state=State.OPEN,
        opened_at_us=0,
        updated_at_us=0,
        detail="duty",
    )
    assert open_ in words(lang).sentence(notice)
    again = replace(notice, state=State.RETURNED, closed_at_us=3_600_000_000)
    assert ended in words(lang).sentence(again)


@pytest.mark.parametrize(
    ("lang", "near", "lead"),
    [
        ("en", ("A",), "Collegeville and 1 area around it, orange: "),
        ("en", ("A", "B"), "Collegeville and 2 areas around it, orange: "),
        ("zh", ("A", "B"), "Collegeville及周边2个区域"),
    ],
)
def test_an_alert_with_neighbours_says_how_many(lang, near, lead):
    """In the place, where the calls that follow are counted; a page and a report name them."""
    assert words(lang).sentence(alert(around=near)).startswith(lead)
    assert words(lang).around(alert(around=("MONTGOMERY COUNTY",))) == words(lang).area("MONTGOMERY COUNTY")
    assert words(lang).around(alert()) == ""
