"""Drivers: what a setting does to the hardware. One file each, which declares its settings and holds its numbers.

A driver has `SETTINGS`, a map of declarations as `henge_protocol.schema.parse` takes it; `apply(values)`, which gets
the values of all settings, complete and checked, must be quick and may raise; and `run(tell)`, a coroutine that goes on
until it is cancelled and tells readings with `await tell({name: value})`.
"""
