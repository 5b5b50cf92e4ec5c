"""What backs every figure in README.md: `python -m benchmarks.run` and `… benchmarks.growth`."""
