"""Many runs of one rule: which sets of parameters are tried, on all cores, and what the best of them is worth."""
