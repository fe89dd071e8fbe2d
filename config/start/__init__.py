"""The start page of the operators' console."""
