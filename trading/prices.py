"""The largest price that the desk can hold."""

from core.exact import LARGEST_SCALED, PRICE_SCALE, from_scaled

LARGEST_PRICE = from_scaled(LARGEST_SCALED, PRICE_SCALE)
