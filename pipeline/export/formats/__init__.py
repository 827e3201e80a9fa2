"""One writer a format; each writes page after page and keeps none."""
