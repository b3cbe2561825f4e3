"""`python -m fleetctl` is `fleetctl`."""

from fleetctl.cli import main

main()
