"""What the agent has to itself on a Raspberry Pi: its pins, its 1-Wire bus, and systemd. For CPython only."""
