"""A town's year in minutes: `python -m benchmarks.year`."""
