"""How much of the best Sharpe ratio is luck: of many tries the best looks good even where none is."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from market.candles.series import Floats

_NORMAL = NormalDist()
EULER_MASCHERONI = float(np.euler_gamma)


@dataclass(frozen=True, slots=True)
class Deflated:
    """`probability`, 0 to 1, that the true Sharpe ratio is above zero, the number of trials known.

    `sharpe` and `expected_best`, what the best of as many trials without any skill is expected to have, are of one
    return, not of a year; `skewness` and `kurtosis` (3 of a normal distribution) are those of the returns.
    """

    probability: float
    sharpe: float
    expected_best: float
    trials: int
    skewness: float
    kurtosis: float


def expected_best_sharpe(variance: float, trials: int) -> float:
    """Return what the best Sharpe ratio of so many independent trials is expected to be where all are zero in truth.

    √V × ((1 − γ) × Φ⁻¹(1 − 1/N) + γ × Φ⁻¹(1 − 1/(N × e))), γ being Euler and Mascheroni's constant; 0 of one trial.
    `variance` V is that of the trials' ratios. Source: Bailey and López de Prado, 'The Deflated Sharpe Ratio', 2014.
    """
    if trials < 2:
        return 0.0
    first = _NORMAL.inv_cdf(1 - 1 / trials)
    second = _NORMAL.inv_cdf(1 - 1 / (trials * math.e))
    return math.sqrt(variance) * ((1 - EULER_MASCHERONI) * first + EULER_MASCHERONI * second)


def probability_above(sharpe: float, benchmark: float, *, returns: int, skewness: float, kurtosis: float) -> float:
    """Return the probability that the true Sharpe ratio is above `benchmark`, both of one return.

    Φ((SR − SR₀) × √(T − 1) ÷ √(1 − γ₃ × SR + (γ₄ − 1) ÷ 4 × SR²)) for T `returns`, from 2 on.
    Source: Bailey and López de Prado, 'The Sharpe Ratio Efficient Frontier', 2012.
    """
    spread = 1 - skewness * sharpe + (kurtosis - 1) / 4 * sharpe**2
    return _NORMAL.cdf((sharpe - benchmark) * math.sqrt((returns - 1) / spread))


def deflated_sharpe(returns: Floats, trial_sharpes: Floats, *, periods: int) -> Deflated | None:
    """Return the deflated Sharpe ratio of the best of many trials.

    `returns` (T,) are its returns, fractions; `trial_sharpes` (N,) the yearly ratios of all trials, its own among
    them, NaN where a trial has none; `periods` is how many returns a year has. The variance is that of a sample
    (ddof = 1). None for fewer than two returns, and for returns that are all the same.
    """
    ratios = trial_sharpes[~np.isnan(trial_sharpes)] / math.sqrt(periods)
    deviation = float(np.std(returns)) if len(returns) > 1 else 0.0
    mean = float(np.mean(returns)) if len(returns) else 0.0
    if deviation <= abs(mean) * 1e-12:
        return None
    scaled = (returns - mean) / deviation
    skewness, kurtosis = float(np.mean(scaled**3)), float(np.mean(scaled**4))
    sharpe = mean / float(np.std(returns, ddof=1))
    best = expected_best_sharpe(float(np.var(ratios, ddof=1)), len(ratios)) if len(ratios) > 1 else 0.0
    probability = probability_above(sharpe, best, returns=len(returns), skewness=skewness, kurtosis=kurtosis)
    return Deflated(probability, sharpe, best, len(ratios), skewness, kurtosis)
