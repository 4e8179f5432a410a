"""Made counties with planted incidents: the demo, drills, load tests and power studies run on them."""
