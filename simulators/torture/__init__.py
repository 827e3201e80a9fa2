"""Torture: numbered reports while the server is killed and its database taken away."""
