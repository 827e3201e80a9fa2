"""Load: tens of thousands of terminals from few processes, every acknowledgement accounted for."""
