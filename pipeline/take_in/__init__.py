"""History taken in from files: CSV, Parquet, GPX."""
