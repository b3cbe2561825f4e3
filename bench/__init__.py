"""bench: henge measured beside mosquitto, in one run on one machine. Prints figures; asserts nothing."""
