"""How much is proved: small doses for every change, full ones on request; README tells the variables.

Wall times are held to what is promised on a machine that does nothing else (PROOF_WALL=1), elsewhere to a loose bound.
"""

import os


def dose(name: str, *, small: int) -> int:
    """Return the size that the environment asks for, else the small one."""
    return int(os.environ.get(name, "") or small)


WALL_IS_BOUND = os.environ.get("PROOF_WALL") == "1"


def bound(promised_seconds: float, *, loose_seconds: float) -> float:
    """Return the most seconds that something may take here."""
    return promised_seconds if WALL_IS_BOUND else loose_seconds


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
