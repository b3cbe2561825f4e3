# A moment in which Ctrl-C, and so mpremote, gets in before anything else runs. Nothing here can fail or hang, and no
# watchdog runs yet.
import time

print("henge: starts in 2 s; Ctrl-C stops it here")
time.sleep(2)
