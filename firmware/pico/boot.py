# Empty on purpose, in the place of any other boot.py. USB works only when boot.py has ended (MicroPython 1.23 and newer,
# after a cold start), so the moment in which Ctrl-C gets in is at the beginning of main.py.
