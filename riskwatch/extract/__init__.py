"""From events to features: arrivals, panels, feed health, windows, expectation and tails."""
