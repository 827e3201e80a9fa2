"""Shapes, index, distances, coordinate systems; pure."""
