"""Terminal protocols: pure, both directions, one module or package each."""
