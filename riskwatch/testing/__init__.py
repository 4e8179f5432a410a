"""Checks and made data for authors of content: extractors, models, channels, timelines."""

from riskwatch.testing.channel import OtherSide, check_channel
from riskwatch.testing.extractor import check_extractor
from riskwatch.testing.fault_server import Answer, FaultServer, How
from riskwatch.testing.leaks import check_no_leak, check_nothing_moves
from riskwatch.testing.model import LeftOut, check_model
from riskwatch.testing.timeline import Timeline

__all__ = [
    "Answer",
    "FaultServer",
    "How",
    "LeftOut",
    "OtherSide",
    "Timeline",
    "check_channel",
    "check_extractor",
    "check_model",
    "check_no_leak",
    "check_nothing_moves",
]
