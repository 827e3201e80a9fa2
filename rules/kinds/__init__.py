"""The rule kinds, one a file."""
