"""Acceptance of one terminal, clause by clause of JT/T 808: we are the platform it talks to."""
