"""Frozen value types and protocols that every stage shares; imports nothing of the engine."""
