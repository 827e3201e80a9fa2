"""The live WebSocket: one relay for the process, a bounded buffer for each client."""
