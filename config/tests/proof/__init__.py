"""Proofs: real processes are killed, at named points and at random, and the books are read from the database."""
