"""Candles: as arrays, packed in blocks, made from others, read and written."""
