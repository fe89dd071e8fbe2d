"""Arithmetic of trading: plain functions of numbers, the same source for Decimals and for compiled floats.

Rules of this package: it imports nothing but itself; only + - * / // min max and comparisons; every literal is
an integer; rates, caps and minima are arguments. `direction` is +1 for buy or long, -1 for sell or short.
Rounding to the money scale is the caller's, after each function here. Two stand apart: `noise` mixes integers, bit by
bit; `metrics` reads what a run left, in floats, takes powers, and says None where a figure has no value.
"""
