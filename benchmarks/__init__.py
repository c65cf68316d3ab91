"""Measurements of the course's own promises. Each module is a command: `python -m benchmarks.diagnosis`."""
