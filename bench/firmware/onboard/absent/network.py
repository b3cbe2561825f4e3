"""In the place of a module that the emulated board has not: what the agent needs of it to be imported."""

STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP, STAT_NO_AP_FOUND, STAT_WRONG_PASSWORD = 0, 1, 3, -2, -3
