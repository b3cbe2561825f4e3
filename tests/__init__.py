"""The tests. A package, because gmqtt, which some of them use, installs one of the same name, and that would win over a
folder that is none.
"""
