"""City, fleet, terminals, ground truth: they speak the real protocols and judge the server."""
