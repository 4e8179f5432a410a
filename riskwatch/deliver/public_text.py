"""What the public reads of a warning: the same facts as the desk, small counts withheld, nobody named."""

from __future__ import annotations

from dataclasses import dataclass

from riskwatch.core.alerts import Contribution
from riskwatch.core.readings import Reading
from riskwatch.deliver.publications import MessageType, Publication
from riskwatch.messages.readings import valued
from riskwatch.messages.sentence import Words

_MOST_NAMED = 3
_WORTH_NAMING = 0.2


@dataclass(frozen=True, slots=True)
class PublicText:
    """One language's words of a message."""

    event: str
    headline: str
    description: str
    instruction: str


def public_text(message: Publication, words: Words, small_count: int) -> PublicText:
    """The words of a message; a count below `small_count` is told as "fewer than", never as a number.

    A larger one is rounded down to a multiple of it, so that the difference of two messages does not
    give a small number away.
    """
    alert = message.alert
    area, event = words.place(alert), words.signature(alert.signature)
    key = "over" if message.type is MessageType.CANCEL else "warning"
    headline = words.text(
        f"public.headline.{key}", area=area, event=event, level=words.level_full(alert.level)
    )
    if alert.mode.value != "actual":
        headline = words.text(f"public.drill.{alert.mode}", headline=headline)
    if message.type is MessageType.CANCEL:
        told = words.text("public.over", area=area, event=event)
        return PublicText(event, headline, told, words.text("public.instruction.over"))
    named = [c for n, c in enumerate(alert.contributions) if n == 0 or c.share >= _WORTH_NAMING][
        :_MOST_NAMED
    ]
    counts = words.catalogue.joined([_counted(c, words, small_count) for c in named])
    if named:
        description = words.text("public.told", area=area, event=event, counts=counts)
    else:
        description = words.text("public.unexplained", area=area, event=event)
    return PublicText(event, headline, description, words.text("public.instruction.warning"))


def _counted(c: Contribution, words: Words, small: int) -> str:
    if isinstance(c, Reading):  # no count of people
        value = valued(c.value, c.indicator, words)
        return words.text("reading.public", name=words.indicator(c.indicator), value=value)
    hours = words.catalogue.count("span.hours", round(c.window_h))
    name = words.indicator(c.indicator)
    if c.observed < small:
        return words.text("public.fewer", n=small, name=name, hours=hours)
    return words.text("public.at_least", n=c.observed // small * small, name=name, hours=hours)
