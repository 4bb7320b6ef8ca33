"""Language models and losses in plain PyTorch, written from the published formulas to check Caravan against.

Nothing here is fast or general. A model is a dictionary of weights under Hugging Face's names and a function from
token ids to logits; every intermediate value is an ordinary tensor, so that autograd gives every gradient.
"""
