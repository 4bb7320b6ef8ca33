#!/usr/bin/env python3
"""Makes tests/golden/architectures/<name>: logits, loss and every gradient of two or more tiny models per architecture.

    python3 tests/golden/architectures.py          # PyTorch >= 1.13, numpy; a few seconds; same bytes on every run

Each directory is a Hugging Face model directory (config.json, model.safetensors) with two more files:

expected.safetensors (numbers of document n = 0, 1, 2; L its length, V the vocabulary)
  input_ids.n, labels.n    int64 [L]        labels are not shifted; -100 carries no loss
  logits.n                 float32 [L, V]
  loss                     float32 []       sum of cross-entropies of all shifted targets / their number
  gradient.<parameter>     float32          of that loss, for every parameter of the model

expected.json: what the case is about, the tolerances, the number of targets.

Dropout is off everywhere, whatever a configuration says.
"""

import pathlib

from reference import gpt2, gpt_neox, llama, mistral, olmo, olmo2, opt, qwen2, record

HERE = pathlib.Path(__file__).parent
SCRIPT = "tests/golden/architectures.py"
LENGTHS = [13, 5, 21]

LLAMA = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 53, "hidden_size": 24,
    "intermediate_size": 36, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1,
    "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu",
    "tie_word_embeddings": False, "bos_token_id": 1, "eos_token_id": 2, "torch_dtype": "float32",
}
MISTRAL = {**LLAMA, "architectures": ["MistralForCausalLM"], "model_type": "mistral", "num_attention_heads": 4,
           "num_key_value_heads": 2, "sliding_window": 4}
QWEN2 = {**LLAMA, "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "num_attention_heads": 4,
         "num_key_value_heads": 2, "rms_norm_eps": 1e-6, "rope_theta": 1000000.0, "use_sliding_window": False,
         "sliding_window": 4, "max_window_layers": 1, "tie_word_embeddings": True}
OLMO = {**LLAMA, "architectures": ["OlmoForCausalLM"], "model_type": "olmo", "num_attention_heads": 3,
        "num_key_value_heads": 3, "clip_qkv": 0.8, "pad_token_id": 1, "eos_token_id": 50}
del OLMO["rms_norm_eps"]
OLMO2 = {**LLAMA, "architectures": ["Olmo2ForCausalLM"], "model_type": "olmo2", "num_attention_heads": 3,
         "num_key_value_heads": 3, "rms_norm_eps": 1e-6, "rope_theta": 500000.0, "attention_bias": False,
         "pad_token_id": 1, "eos_token_id": 50}
NEOX = {
    "architectures": ["GPTNeoXForCausalLM"], "model_type": "gpt_neox", "vocab_size": 53, "hidden_size": 32,
    "intermediate_size": 28, "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 64,
    "rotary_pct": 0.25, "rotary_emb_base": 10000, "use_parallel_residual": True, "layer_norm_eps": 1e-5,
    "hidden_act": "gelu", "attention_bias": True, "tie_word_embeddings": False, "bos_token_id": 0, "eos_token_id": 0,
    "torch_dtype": "float32",
}
OPT = {
    "architectures": ["OPTForCausalLM"], "model_type": "opt", "vocab_size": 53, "hidden_size": 24,
    "word_embed_proj_dim": 24, "ffn_dim": 40, "num_hidden_layers": 2, "num_attention_heads": 3,
    "max_position_embeddings": 48, "do_layer_norm_before": True, "_remove_final_layer_norm": False,
    "activation_function": "relu", "enable_bias": True, "layer_norm_elementwise_affine": True, "dropout": 0.1,
    "attention_dropout": 0.0, "layerdrop": 0.0, "tie_word_embeddings": True, "bos_token_id": 2, "eos_token_id": 2,
    "pad_token_id": 1, "torch_dtype": "float32",
}
GPT2 = {
    "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "vocab_size": 53, "n_embd": 16, "n_inner": None,
    "n_layer": 2, "n_head": 2, "n_positions": 48, "n_ctx": 48, "activation_function": "gelu_new",
    "layer_norm_epsilon": 1e-5, "attn_pdrop": 0.1, "embd_pdrop": 0.1, "resid_pdrop": 0.1, "bos_token_id": 50,
    "eos_token_id": 50, "torch_dtype": "float32",
}


def scaled(theta=10000.0, max_position_embeddings=64, **scaling):
    return {**LLAMA, "num_hidden_layers": 1, "rope_theta": theta, "max_position_embeddings": max_position_embeddings,
            "rope_scaling": scaling}


# name: (architecture, configuration, what the case is about)
CASES = {
    "llama_rope_linear": (llama, scaled(type="linear", factor=4.0), "positions divided by 4"),
    "llama_rope_dynamic": (llama, scaled(type="dynamic", factor=2.0, max_position_embeddings=8),
                           "8 trained positions: two documents are longer, one is not; each by its own length"),
    "llama_rope_llama3": (llama, scaled(theta=500.0, rope_type="llama3", factor=8.0, low_freq_factor=1.0,
                                        high_freq_factor=4.0, original_max_position_embeddings=32),
                          "frequencies kept, blended and divided"),
    "llama_rope_yarn": (llama, scaled(theta=100.0, rope_type="yarn", factor=4.0, max_position_embeddings=256,
                                      original_max_position_embeddings=64), "default betas and attention factor"),
    "llama_rope_yarn_tuned": (llama, scaled(theta=100.0, rope_type="yarn", factor=4.0, beta_fast=4, beta_slow=1,
                                            attention_factor=1.3, original_max_position_embeddings=64),
                              "betas and attention factor given"),
    "mistral_window": (mistral, {**MISTRAL, "head_dim": 8}, "window of 4; heads wider than the model"),
    "mistral_full": (mistral, {**{k: v for k, v in MISTRAL.items() if k != "rope_theta"}, "hidden_size": 20,
                               "num_hidden_layers": 1, "num_key_value_heads": 1, "num_attention_heads": 5,
                               "sliding_window": None,
                               "rope_parameters": {"rope_type": "default", "rope_theta": 1000000.0}},
                     "no window; rope_theta in rope_parameters"),
    "qwen2_tied": (qwen2, QWEN2, "tied head; a window in the configuration that is not in use"),
    "qwen2_window": (qwen2, {**QWEN2, "hidden_size": 20, "num_attention_heads": 5, "num_key_value_heads": 1,
                             "use_sliding_window": True, "tie_word_embeddings": False},
                     "window of 4 in layer 1, none in layer 0"),
    "olmo_clipped": (olmo, OLMO, "queries, keys and values clamped to 0.8"),
    "olmo_tied": (olmo, {**OLMO, "hidden_size": 32, "num_attention_heads": 4, "num_key_value_heads": 2,
                         "num_hidden_layers": 1, "clip_qkv": None, "tie_word_embeddings": True},
                  "no clamp, grouped queries, tied head"),
    "olmo2": (olmo2, OLMO2, "as many key heads as query heads"),
    "olmo2_grouped": (olmo2, {**OLMO2, "hidden_size": 32, "num_attention_heads": 4, "num_key_value_heads": 2,
                              "num_hidden_layers": 1}, "grouped queries"),
    "gpt_neox_parallel": (gpt_neox, NEOX, "parallel residual, rotary on 4 of 16 dimensions"),
    "gpt_neox_sequential": (gpt_neox, {**NEOX, "hidden_size": 24, "num_attention_heads": 3, "rotary_pct": 0.5,
                                       "rotary_emb_base": 500, "use_parallel_residual": False,
                                       "num_hidden_layers": 1}, "sequential residual, rotary on 4 of 8 dimensions"),
    "opt": (opt, OPT, "norm before each sub-layer, final norm; a pad token inside a document"),
    "opt_350m": (opt, {**OPT, "hidden_size": 28, "word_embed_proj_dim": 12, "num_attention_heads": 2,
                       "do_layer_norm_before": False},
                 "norm after each sub-layer, no final norm, projections in and out, as in OPT-350m"),
    "opt_bare": (opt, {**OPT, "num_hidden_layers": 1, "enable_bias": False, "layer_norm_elementwise_affine": False,
                       "_remove_final_layer_norm": True}, "no biases, no norm parameters, no final norm"),
    "gpt2": (gpt2, GPT2, "MLP of 4 times the width"),
    "gpt2_headless_names": (gpt2, {**GPT2, "n_embd": 24, "n_head": 3, "n_inner": 36, "n_layer": 1},
                            "own MLP width; names in model.safetensors lack 'transformer.', those of gradients do not"),
    "opt_deep": (opt, {**OPT, "hidden_size": 32, "word_embed_proj_dim": 32, "ffn_dim": 52, "num_attention_heads": 2,
                       "num_hidden_layers": 3}, "a second size of opt"),
    "gpt2_deep": (gpt2, {**GPT2, "n_embd": 28, "n_head": 7, "n_layer": 3}, "a second size of gpt2"),
}


def main():
    for seed, (name, (architecture, config, about)) in enumerate(CASES.items(), start=100):
        documents = record.random_documents(config["vocab_size"], LENGTHS, seed)
        if architecture is opt:
            documents[1][0][2] = documents[1][1][2] = config["pad_token_id"]
        record.write_reference(
            HERE / "architectures" / name, architecture.forward, architecture.shapes, config, documents, SCRIPT, seed,
            pad_id=config.get("pad_token_id", 0), separately="dynamic" in name, facts={"about": about},
            dropped_prefix="transformer." if "headless" in name else "")


if __name__ == "__main__":
    main()
