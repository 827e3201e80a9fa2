"""Benchmarks. A module here has `run(quick)`; `python -m bench` runs it and judges its figures."""
