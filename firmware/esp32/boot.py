# Empty on purpose, in the place of any other boot.py. After a cold start USB works only when boot.py has ended, in
# MicroPython 1.23 and newer, so the moment in which Ctrl-C gets in is at the beginning of main.py.
