"""Front doors: TCP and MQTT; sessions, caps, command delivery."""
