"""The alert budget on a fake clock: what is withheld, where it is listed, and when it is shown."""

from __future__ import annotations

import pytest

from riskwatch.api.filters import Filter
from riskwatch.api.overview import overview
from riskwatch.cli import main
from riskwatch.core.alerts import Level, Reason
from riskwatch.core.clock import iso, to_us
from riskwatch.messages.attention import rooms_line, withheld_line
from riskwatch.messages.catalogue import Catalogue
from riskwatch.messages.sentence import Words
from riskwatch.store.listing import Listing, withheld
from riskwatch.testing import Timeline

TIGHT = {
    "likelihood": [0.05, 0.60],
    "impact": [5.0],
    "matrix": [["yellow", "yellow"], ["orange", "red"]],
    "clear": {"factor": 0.6, "dwell_h": 6},
    "attention": {"blue": {"ten_min": 1, "shift": 4}, "yellow": {"ten_min": 1, "shift": 4}},
    "tests": [{"likelihood": 0.01, "impact": 9, "expect": "none"}],
}
TOLD = "2025-02-06 09:00"


def two_at_once(line: Timeline) -> Timeline:
    """An illness in one town and wires down in another, in the same quarter of an hour."""
    line.config("alerts.yaml", TIGHT)
    line.at("2025-02-06 08:31").calls("vomiting", "SMALL", n=5, over_min=10)
    line.at("2025-02-06 08:32").calls("wires_down", "T3", n=6, over_min=10)
    return line


def test_what_a_ceiling_withholds_is_listed_and_then_released(line: Timeline) -> None:
    """Of two incidents in one tick one is shown; the other is on every list, and is shown a tick later."""
    two_at_once(line)
    every = line.alerts(by=TOLD, since="2025-02-06 08:00", kind="risk", shown=False)
    (shown,) = [a for a in every if a.shown]
    (held,) = [a for a in every if a.withheld]
    assert {shown.area, held.area} == {"SMALL", "T3"}
    assert (shown.opened_at_us, shown.level) == (held.opened_at_us, held.level)
    desk = line.desk
    assert held in desk.alerts.find(shown=False)
    first = overview(desk, Filter.of(desk.settings.world.tree, area="", level=""), to_us(desk.clock.now()))
    assert first.withheld[held.level] == sum(first.withheld.values()) == 1
    assert first.hidden == sum(bool(a.inhibited_by) for a in every)
    (line_of,) = desk.handover(hours=6).sections["withheld"]
    assert line_of.alerts == (held,)
    (released,) = line.changes(held, Reason.RELEASED, by="2025-02-06 10:00")
    assert (released.why, released.alert.shown) == ("budget", True)
    assert released.at_us - held.opened_at_us == 15 * 60 * 1_000_000


def test_what_was_withheld_and_becomes_grave_is_shown_at_once(line: Timeline) -> None:
    """Forty calls in the town that was withheld: orange or red, and shown, in the tick that says so."""
    two_at_once(line)
    every = line.alerts(by=TOLD, since="2025-02-06 08:00", kind="risk", shown=False)
    (held,) = [a for a in every if a.withheld]
    code = {"SMALL": "vomiting", "T3": "wires_down"}[held.area]
    line.at("2025-02-06 09:00").calls(code, held.area, n=40, over_min=10)
    now = line.stands(held, by="2025-02-06 09:45")
    assert (now.shown, now.level <= Level.ORANGE) == (True, True)


def test_one_line_says_how_many_are_withheld_and_where_to_find_them(
    line: Timeline, capsys: pytest.CaptureFixture[str]
) -> None:
    """The list of the command line ends with it, and with --hidden the alert itself is there."""
    two_at_once(line).pass_until(TOLD)
    store = str(line.desk.place.home)
    with pytest.raises(SystemExit) as ended:
        main(["alerts", "list", "--store", store])
    assert not ended.value.code
    out = " ".join(capsys.readouterr().out.split())
    assert "1 more withheld by the budget: 1 yellow." in out
    assert "riskwatch alerts list --hidden" in out


@pytest.mark.parametrize(("lang", "words"), [("en", "yellow 1 of 4"), ("zh", "黄色1/4")])
def test_where_the_ceilings_stand_is_told(line: Timeline, lang: str, words: str) -> None:
    """The standing of the engine has every account, and a line says it in either language."""
    desk = two_at_once(line).pass_until(TOLD).desk
    told = desk.alerts.standing().feeds["attention"]
    assert told[""]["yellow"]["shift"] == 1
    world = desk.settings.world
    speak = Words(world.tree, world.registry, Catalogue(lang), world.timezone)
    assert words in rooms_line(told, speak)
    assert withheld_line(Listing(desk.database).by_level(withheld()), speak)


def test_the_next_night_owes_nothing(line: Timeline) -> None:
    """Four shown in the day shift fill its ceiling; the first incident of the night is shown at once."""
    line.config("alerts.yaml", TIGHT | {"clear": {"factor": 0.9, "dwell_h": 0.25}})
    hours = ("08:40", "09:20", "10:00", "17:10", "17:50")
    codes = ("vomiting", "wires_down", "vomiting", "wires_down", "vomiting")
    for n, (hour, code) in enumerate(zip(hours, codes, strict=True)):
        line.at(f"2025-02-06 {hour}").calls(code, f"T{n}", n=4, over_min=10)
    line.pass_until("2025-02-06 21:00")
    line.at("2025-02-07 02:01").calls("wires_down", "T7", n=4, over_min=10)
    night = line.expect(by="2025-02-07 02:45", since="2025-02-07 00:00")
    assert line.changes(night)[0].reason is Reason.OPENED, iso(night.opened_at_us)
