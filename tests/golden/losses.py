#!/usr/bin/env python3
"""Makes tests/golden/losses/{preference,reward,ppo,grpo}.json: inputs, losses and gradients of the training objectives.

    python3 tests/golden/losses.py                 # PyTorch >= 1.13; a second; same bytes on every run

All numbers are double precision with 12 digits; inputs are exact in single precision. Lists of lists are row by row.

preference.json  logprobs: from logits [rows, tokens, vocabulary] and unshifted labels to the sum and count of each row;
                 cases: name of the loss, its settings, loss per pair, mean loss, gradients of the mean with respect
                 to the log-probability sums `chosen` and `rejected` of `pairs`, rewards beta * (policy - reference)
reward.json      cases: scores, margin, loss, gradients; pooling: index of the token that is scored
ppo.json         rollout: inputs -> token_rewards, advantages, returns, whitened (0 outside the mask); update: losses
                 with the whitened advantages, gradients of total_loss with respect to new_logprobs and new_values
grpo.json        group advantages; cases: kind of loss, KL estimator, coefficient -> loss and gradient
"""

import pathlib

import torch

from reference import policy, preference
from reference.files import write_json

HERE = pathlib.Path(__file__).parent / "losses"
FACTS = {"script": "tests/golden/losses.py", "torch": torch.__version__,
         "tolerance": {"absolute": 2e-6, "relative": 1e-5}}


def rounded(value):
    """Nested lists with 12 digits; -0 is written 0."""
    if isinstance(value, torch.Tensor):
        value = value.tolist()
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, dict):
        return {name: rounded(item) for name, item in value.items()}
    return float(f"{value:.12g}") + 0.0 if isinstance(value, float) else value


def sample(generator, *shape, scale=1.0, shift=0.0):
    """Normal values that single precision and 12 decimal digits both hold exactly."""
    values = torch.randn(*shape, generator=generator, dtype=torch.float64) * scale + shift
    return (values * 1024).round() / 1024


def gradients(loss, *leaves):
    return [torch.zeros_like(leaf) if g is None else g
            for leaf, g in zip(leaves, torch.autograd.grad(loss, leaves, allow_unused=True))]


def logprob_case(generator):
    logits = sample(generator, 4, 6, 9, scale=2.0)
    labels = torch.randint(9, (4, 6), generator=generator)
    labels[0, :3], labels[1, :2], labels[1, 4], labels[2, 4:] = -100, -100, -100, -100  # prompts, a hole, padding
    logits.requires_grad_()
    target, scored = labels[:, 1:].clamp(min=0), (labels[:, 1:] != -100)
    token = logits[:, :-1].log_softmax(-1).gather(-1, target[..., None])[..., 0]
    sums, counts = (token * scored).sum(1), scored.sum(1)
    gradient, = gradients((sums * torch.tensor([1.0, -1.0, 0.5, 2.0])).sum(), logits)
    return {"logits": logits.detach(), "labels": labels, "sums": sums.detach(), "counts": counts,
            "averages": (sums / counts).detach(), "weights_of_sums": [1.0, -1.0, 0.5, 2.0],
            "gradient_of_weighted_sums": gradient}


def preference_file():
    generator = torch.Generator().manual_seed(21)
    pairs = {
        "chosen": sample(generator, 5, scale=6.0, shift=-30), "rejected": sample(generator, 5, scale=6.0, shift=-30),
        "chosen_tokens": torch.tensor([7, 12, 1, 30, 9]), "rejected_tokens": torch.tensor([5, 15, 2, 21, 9]),
    }
    pairs["chosen"][4], pairs["rejected"][4] = -2.5, -3.25  # answers the policy is nearly sure of
    pairs["chosen_ref"] = pairs["chosen"] + sample(generator, 5, scale=3.0)
    pairs["rejected_ref"] = pairs["rejected"] + sample(generator, 5, scale=3.0)
    settings = [
        ("dpo", preference.dpo, {"beta": 0.1}),
        ("dpo", preference.dpo, {"beta": 0.5, "label_smoothing": 0.1}),
        ("dpo_norm", preference.dpo_norm, {"beta": 5.0}),
        ("dpo_norm", preference.dpo_norm, {"beta": 2.0, "label_smoothing": 0.2}),
        ("simpo", preference.simpo, {"beta": 10.0, "gamma_beta_ratio": 0.3}),
        ("simpo", preference.simpo, {"beta": 2.0, "gamma_beta_ratio": 0.5, "label_smoothing": 0.1}),
        ("wpo", preference.wpo, {"beta": 0.1}),
        ("ipo", preference.ipo, {"beta": 0.1}),
        ("reference_free", preference.reference_free, {"beta": 0.1}),
    ]
    cases = []
    for name, loss, values in settings:
        leaves = [pairs[side].clone().requires_grad_() for side in ("chosen", "rejected")]
        per_pair = loss({**pairs, "chosen": leaves[0], "rejected": leaves[1]}, **values)
        by_chosen, by_rejected = gradients(per_pair.mean(), *leaves)
        p = preference.averaged(pairs) if name in ("dpo_norm", "simpo") else pairs
        no_reference = name in ("simpo", "reference_free")
        rewards = [values["beta"] * (p[side] - (0 if no_reference else p[side + "_ref"]))
                   for side in ("chosen", "rejected")]
        cases.append({
            "loss_type": name, **values, "loss_per_pair": per_pair.detach(), "loss": float(per_pair.mean()),
            "gradient_chosen": by_chosen, "gradient_rejected": by_rejected, "chosen_rewards": rewards[0],
            "rejected_rewards": rewards[1], "accuracy": float((rewards[0] > rewards[1]).double().mean())})
    return {"logprobs": logprob_case(generator), "pairs": pairs, "cases": cases}


def reward_file():
    generator = torch.Generator().manual_seed(22)
    cases = []
    for scale, margin in [(1.0, None), (2.0, [0.0, 0.5, 1.0, 2.0]), (40.0, None)]:  # the last: far beyond saturation
        chosen, rejected = (sample(generator, 4, scale=scale).requires_grad_() for _ in range(2))
        offset = torch.tensor(margin or [0.0] * 4, dtype=torch.float64)
        loss = preference.reward_model(chosen, rejected, offset).mean()
        by_chosen, by_rejected = gradients(loss, chosen, rejected)
        cases.append({
            "chosen": chosen.detach(), "rejected": rejected.detach(), "margin": margin, "loss": float(loss),
            "gradient_chosen": by_chosen, "gradient_rejected": by_rejected,
            "accuracy": float((chosen > rejected).double().mean())})
    masks = [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [0, 0, 1, 1, 1], [1, 0, 0, 0, 0]]
    last = [max(i for i, m in enumerate(mask) if m) for mask in masks]
    return {"cases": cases, "pooling": {"attention_mask": masks, "scored_position": last}}


def ppo_file():
    generator = torch.Generator().manual_seed(23)
    settings = {"kl_coefficient": 0.05, "gamma": 1.0, "lambda": 0.95, "clip_policy": 0.2, "clip_value": 0.2,
                "value_coefficient": 0.1, "whiten_eps": 1e-6}
    mask = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0], [1, 0, 0, 0, 0, 0], [0, 0, 1, 1, 1, 0]]).double()
    logprobs, values = sample(generator, 4, 6, shift=-2), sample(generator, 4, 6, scale=0.5)
    reference = logprobs + sample(generator, 4, 6, scale=0.5)
    scores = torch.tensor([1.5, -10.0, 0.25, 3.0], dtype=torch.float64)
    rewards = policy.token_rewards(scores, logprobs, reference, mask, settings["kl_coefficient"])
    advantages, returns = policy.advantages_and_returns(rewards, values, mask, settings["gamma"], settings["lambda"])
    whitened = policy.whiten(advantages, mask, settings["whiten_eps"])

    new_logprobs = (logprobs + sample(generator, 4, 6, scale=0.3)).requires_grad_()
    new_values = (values + sample(generator, 4, 6, scale=0.3)).requires_grad_()
    policy_loss = policy.ppo_policy_loss(new_logprobs, logprobs, whitened, mask, settings["clip_policy"])
    value_loss = policy.ppo_value_loss(new_values, values, returns, mask, settings["clip_value"])
    total = policy_loss + settings["value_coefficient"] * value_loss
    by_logprobs, by_values = gradients(total, new_logprobs, new_values)
    return {
        "settings": settings,
        "rollout": {
            "mask": mask, "scores": scores, "logprobs": logprobs, "reference_logprobs": reference, "values": values,
            "token_rewards": rewards, "advantages": advantages * mask, "returns": returns * mask,
            "whitened": whitened * mask},
        "update": {
            "new_logprobs": new_logprobs.detach(), "new_values": new_values.detach(), "policy_loss": float(policy_loss),
            "value_loss": float(value_loss), "total_loss": float(total), "gradient_new_logprobs": by_logprobs,
            "gradient_new_values": by_values}}


def grpo_file():
    generator = torch.Generator().manual_seed(24)
    rewards = torch.tensor([10, 0, 0, 10, 10, 10, 10, 10, 2.5, 0, 7, 1], dtype=torch.float64)
    groups = {"rewards": rewards, "samples_per_prompt": 4,
              **{kind: policy.group_advantages(rewards, 4, kind) for kind in ("centered", "standard")}}
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [0, 1, 1, 1, 0]]).double()
    new = sample(generator, 3, 5, shift=-1.5)
    old, reference = new + sample(generator, 3, 5, scale=0.3), new + sample(generator, 3, 5, scale=0.5)
    advantages = torch.tensor([1.5, -0.75, 0.5], dtype=torch.float64)
    inputs = {"mask": mask, "logprobs": new, "old_logprobs": old, "reference_logprobs": reference,
              "advantages": advantages, "clip_low": 0.2, "clip_high": 0.272, "reduction": "sum / number of tokens"}
    cases = []
    for kind, estimator, beta in [("dapo", 2, 0.0), ("dapo", 0, 0.05), ("dapo", 1, 0.05), ("dapo", 2, 0.05),
                                  ("dapo", 3, 0.05), ("cispo", 2, 0.05)]:
        leaf = new.clone().requires_grad_()
        tokens = policy.grpo_token_losses(kind, leaf, old, advantages[:, None], 0.2, 0.272)
        divergence = policy.kl_estimate(leaf, reference, old, estimator)
        loss = policy.masked_mean(tokens + beta * divergence, mask)
        cases.append({"kind": kind, "kl_estimator": estimator, "beta": beta, "loss": float(loss),
                      "policy": float(policy.masked_mean(tokens, mask)),
                      "kl": float(policy.masked_mean(divergence, mask)), "gradient": gradients(loss, leaf)[0]})
    return {"groups": groups, "inputs": inputs, "cases": cases}


def check_published_values():
    """The figures that stand in the definitions of these objectives."""
    rewards, values, mask, expected_advantages, expected_returns = (
        torch.tensor([row], dtype=torch.float64)
        for row in ([0, 0, 1], [0.1, 0.2, 0.3], [1, 1, 1], [0.82675, 0.765, 0.7], [0.92675, 0.965, 1.0]))
    advantages, returns = policy.advantages_and_returns(rewards, values, mask, gamma=1.0, lam=0.95)
    assert torch.allclose(advantages, expected_advantages) and torch.allclose(returns, expected_returns)
    pair = {name: torch.tensor([value]) for name, value in
            [("chosen", 2.0), ("rejected", 0.0), ("chosen_ref", 0.0), ("rejected_ref", 0.0)]}
    assert abs(float(preference.dpo(pair, 0.1)) - 0.598139) < 1e-6
    half, zero = torch.tensor(0.5), torch.tensor(0.0)
    for estimator, value in enumerate([0.5, 0.125, 0.106531]):
        assert abs(float(policy.kl_estimate(half, zero, half, estimator)) - value) < 1e-6


def main():
    check_published_values()
    HERE.mkdir(exist_ok=True)
    for name, make in [("preference", preference_file), ("reward", reward_file), ("ppo", ppo_file),
                       ("grpo", grpo_file)]:
        write_json(HERE / f"{name}.json", rounded({**FACTS, **make()}))


if __name__ == "__main__":
    main()
