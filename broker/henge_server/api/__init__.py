"""The REST API: one router for each noun, one shape for every error. It reads and writes the store and calls nobody
else.
"""
