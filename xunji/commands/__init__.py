"""The commands, one a file, each with `add_to(app)`."""
