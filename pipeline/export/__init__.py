"""History as files: tracks and violations in formats of tables and of maps."""
