"""Losses over pairs of answers: direct preference optimisation and its relatives, reward models.

`chosen` and `rejected` are log-probabilities of whole answers under the policy, summed over their tokens; a trailing
`_ref` is the same under the reference. Every function returns one loss per pair.
"""

import torch
import torch.nn.functional as F


def _smoothed(z, smoothing):
    return -(1 - smoothing) * F.logsigmoid(z) - smoothing * F.logsigmoid(-z)


def dpo(p, beta, label_smoothing=0.0):
    """Rafailov et al. 2023, equation 7."""
    margin = (p["chosen"] - p["rejected"]) - (p["chosen_ref"] - p["rejected_ref"])
    return _smoothed(beta * margin, label_smoothing)


def averaged(p):
    """The same pairs with log-probabilities per token."""
    return {name: value / p[("chosen" if "chosen" in name else "rejected") + "_tokens"]
            for name, value in p.items() if not name.endswith("tokens")}


def dpo_norm(p, beta, label_smoothing=0.0):
    return dpo(averaged(p), beta, label_smoothing)


def simpo(p, beta, gamma_beta_ratio, label_smoothing=0.0):
    """Meng et al. 2024: averages, a target margin, no reference."""
    a = averaged(p)
    return _smoothed(beta * (a["chosen"] - a["rejected"] - gamma_beta_ratio), label_smoothing)


def wpo(p, beta, label_smoothing=0.0):
    """Zhou et al. 2024: DPO weighted by how likely the policy finds both answers; the weight has no gradient."""
    a = averaged(p)
    weight = torch.exp(a["chosen"] + a["rejected"]).clamp(max=1).detach()
    return weight * dpo(p, beta, label_smoothing)


def ipo(p, beta):
    """Azar et al. 2023, equation 17."""
    margin = (p["chosen"] - p["rejected"]) - (p["chosen_ref"] - p["rejected_ref"])
    return (margin - 1 / (2 * beta)) ** 2


def reference_free(p, beta, label_smoothing=0.0):
    return _smoothed(beta * (p["chosen"] - p["rejected"]), label_smoothing)


def reward_model(chosen, rejected, margin=0.0):
    """Bradley-Terry: minus the log-probability that the chosen answer wins."""
    return -F.logsigmoid(chosen - rejected - margin)
