"""From reports to violations: batching, journal, evaluation, live view."""
