"""Inspectors: roll-call, paths, and when a grid cell was last visited."""
