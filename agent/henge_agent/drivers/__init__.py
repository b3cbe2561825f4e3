"""Drivers: what a setting does to the hardware. One file each, which declares its settings and holds its numbers.

They begin with the class in driver.py.
"""
