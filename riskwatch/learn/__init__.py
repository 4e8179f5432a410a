"""Learning: what an outcome is, and the protocol of the gate between candidate and champion."""
