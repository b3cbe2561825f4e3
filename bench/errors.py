"""Errors of the benchmarks."""


class CannotMeasure(Exception):
    """Something that a benchmark needs is not there, or did not do its part; the text says what."""
