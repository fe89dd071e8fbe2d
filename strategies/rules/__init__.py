"""The rules that ship, one file each: its `RULE`, named in strategies/catalogue.py.

A rule's parameters and defaults never change their meaning once shipped; what it decides depends on as many candles as
its `warm_up` says, and not on those before.
"""
