"""fleetctl: the command line of henge. Speaks to a server over its REST API, and to nothing else."""

__version__ = "0.1.0"
