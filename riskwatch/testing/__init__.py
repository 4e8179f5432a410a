"""Checks and made data for authors of content: extractors, models, channels, timelines."""

from riskwatch.testing.channel import check_channel
from riskwatch.testing.extractor import check_extractor
from riskwatch.testing.leaks import check_no_leak, check_nothing_moves
from riskwatch.testing.model import LeftOut, check_model
from riskwatch.testing.timeline import Timeline

__all__ = [
    "LeftOut",
    "Timeline",
    "check_channel",
    "check_extractor",
    "check_model",
    "check_no_leak",
    "check_nothing_moves",
]
