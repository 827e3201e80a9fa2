"""Rules: conditions, episodes, findings; pure."""
