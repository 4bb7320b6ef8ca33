"""Policy-gradient arithmetic: rewards per token, advantages, PPO's and GRPO's losses. Shapes [rows, tokens]; `mask` is
1.0 on the tokens of the answer. Sums over a mask run over all rows together."""

import torch


def masked_mean(values, mask):
    return (values * mask).sum() / mask.sum()


def token_rewards(scores, logprobs, reference_logprobs, mask, kl_coefficient):
    """Minus the penalty for leaving the reference, on every token; the score on the last token of the answer."""
    rewards = -kl_coefficient * (logprobs - reference_logprobs) * mask
    last = (mask * torch.arange(1, mask.shape[1] + 1)).argmax(1)
    return rewards + torch.nn.functional.one_hot(last, mask.shape[1]) * scores[:, None]


def advantages_and_returns(rewards, values, mask, gamma, lam):
    """Generalised advantage estimation (Schulman et al. 2015), from the last token to the first; beyond it, 0."""
    values, rewards = values * mask, rewards * mask
    found, following = [], torch.zeros_like(rewards[:, 0])
    for t in reversed(range(rewards.shape[1])):
        next_value = values[:, t + 1] if t + 1 < rewards.shape[1] else torch.zeros_like(following)
        delta = rewards[:, t] + gamma * next_value - values[:, t]
        following = delta + gamma * lam * following
        found.append(following)
    advantages = torch.stack(found[::-1], 1)
    return advantages, advantages + values


def whiten(values, mask, eps=1e-6):
    """To mean 0 and variance 1 over the masked tokens; the variance divides by n - 1."""
    mean = masked_mean(values, mask)
    variance = (((values - mean) ** 2) * mask).sum() / (mask.sum() - 1)
    return (values - mean) / torch.sqrt(variance + eps)


def ppo_policy_loss(logprobs, old_logprobs, advantages, mask, clip):
    ratio = torch.exp(logprobs - old_logprobs)
    return masked_mean(torch.maximum(-advantages * ratio, -advantages * ratio.clamp(1 - clip, 1 + clip)), mask)


def ppo_value_loss(values, old_values, returns, mask, clip):
    clipped = torch.minimum(torch.maximum(values, old_values - clip), old_values + clip)
    return 0.5 * masked_mean(torch.maximum((values - returns) ** 2, (clipped - returns) ** 2), mask)


def group_advantages(rewards, samples_per_prompt, kind):
    """One advantage per answer, against the other answers to its prompt; the deviation divides by n."""
    groups = rewards.view(-1, samples_per_prompt)
    centred = groups - groups.mean(1, keepdim=True)
    if kind == "standard":
        centred = centred / (groups.std(1, unbiased=False, keepdim=True) + 1e-8)
    return centred.flatten()


def kl_estimate(logprobs, reference_logprobs, old_logprobs, estimator):
    difference = (logprobs - reference_logprobs).clamp(-40, 40)
    if estimator == 0:
        return difference
    if estimator == 1:
        return difference ** 2 / 2
    if estimator == 2:
        return torch.expm1(-difference) + difference
    return torch.exp(logprobs - old_logprobs) * difference


def grpo_token_losses(kind, logprobs, old_logprobs, advantages, low, high):
    """`dapo` clips the ratio on both sides; `cispo` weighs the log-probability by the ratio cut at the top."""
    ratio = torch.exp(logprobs - old_logprobs)
    if kind == "dapo":
        return torch.maximum(-advantages * ratio, -advantages * ratio.clamp(1 - low, 1 + high))
    return -advantages * ratio.clamp(max=1 + high).detach() * logprobs
