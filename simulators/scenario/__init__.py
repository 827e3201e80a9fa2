"""Scenarios: readable plans with faults and a ground truth, played against a server and judged."""
