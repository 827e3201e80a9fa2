"""A foreign platform, judged on its replies and commands: no API needed."""
