"""Benchmarks: each is a command, and writes the page beside it."""
