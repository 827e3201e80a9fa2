"""The evidence card: what shows a violation, and what speaks against it."""
