"""riskwatch: graded, explained early warnings per place from streams of public-service records."""

__version__ = "0.1.0"
