"""Flows in simulated time, for tests and benchmarks: hours pass at once, and only pauses and answers take time."""
