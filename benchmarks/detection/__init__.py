"""Detection held against the published, R's surveillance and oracles; `make bench-detection`."""
