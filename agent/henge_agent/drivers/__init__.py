"""Drivers: what a setting does to the hardware. One file each, which declares its settings and holds its numbers; what
a driver is stands in driver.py.
"""
