"""Channels: one file each, after the contract in `riskwatch.core.channels`."""
