"""How much is proved: small doses for every change, full ones on request; README tells the variables."""

import os


def dose(name: str, *, small: int) -> int:
    """Return the size that the environment asks for, else the small one."""
    return int(os.environ.get(name, "") or small)


KILLS = dose("PROOF_KILLS", small=10)
POINTS = dose("PROOF_POINTS", small=1)
SIGNALS = dose("PROOF_SIGNALS", small=200)
COPIES = dose("PROOF_COPIES", small=100)
OUTAGE_SECONDS = dose("PROOF_OUTAGE", small=10)
EXAMPLES = dose("PROOF_EXAMPLES", small=50)
ORDERS = dose("PROOF_ORDERS", small=600)
BARS = dose("PROOF_BARS", small=150)
DECIDING_KILLS = dose("PROOF_DECIDING_KILLS", small=2)
SEED = dose("PROOF_SEED", small=1)
