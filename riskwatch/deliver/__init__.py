"""How an alert leaves the engine: its public document, its chart, and later the channels."""
