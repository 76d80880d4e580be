"""The model as a GGUF file: Qwen3's names, weights in Q8_0, vectors in F32."""

import json
from pathlib import Path

import gguf
from tokenizers import Tokenizer

from model import Ember
from shape import CONTROL, END_OF_TEXT, MARKS, TURN_ENDS

ARCHITECTURE = "qwen3"
NAMES = {
    "embedding": "token_embd",
    "norm": "output_norm",
    "attention.query": "attn_q",
    "attention.key": "attn_k",
    "attention.value": "attn_v",
    "attention.output": "attn_output",
    "attention.query_norm": "attn_q_norm",
    "attention.key_norm": "attn_k_norm",
    "attention_norm": "attn_norm",
    "feed_norm": "ffn_norm",
    "gate": "ffn_gate",
    "up": "ffn_up",
    "down": "ffn_down",
}


def tensor_name(name: str) -> str:
    """`layers.3.gate.weight` → `blk.3.ffn_gate.weight`."""
    parts = name.split(".")
    if parts[0] != "layers":
        return f"{NAMES['.'.join(parts[:-1])]}.{parts[-1]}"
    return f"blk.{parts[1]}.{NAMES['.'.join(parts[2:-1])]}.{parts[-1]}"


def write_vocabulary(writer: gguf.GGUFWriter, tokenizer: Tokenizer) -> None:
    """Tokens, merges and special ids."""
    ids = tokenizer.get_vocab()
    tokens = sorted(ids, key=ids.__getitem__)
    kinds = [gguf.TokenType.CONTROL if t in CONTROL else gguf.TokenType.USER_DEFINED if t in MARKS else gguf.TokenType.NORMAL for t in tokens]
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in merges])
    writer.add_eos_token_id(ids[TURN_ENDS])
    writer.add_eot_token_id(ids[TURN_ENDS])
    writer.add_bos_token_id(ids[END_OF_TEXT])
    writer.add_pad_token_id(ids[END_OF_TEXT])
    writer.add_add_bos_token(False)


def write(path: Path, model: Ember, tokenizer: Tokenizer, template: str) -> None:
    """Writes the file."""
    shape = model.shape
    writer = gguf.GGUFWriter(path, ARCHITECTURE)
    writer.add_name("ember")
    writer.add_description("A tiny demonstration model of Hearth, made on made-up texts.")
    writer.add_license("MIT OR Apache-2.0")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head_width)
    writer.add_value_length(shape.head_width)
    writer.add_rope_freq_base(shape.rope_theta)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    write_vocabulary(writer, tokenizer)
    writer.add_chat_template(template)
    for name, weight in model.state_dict().items():
        data = weight.float().numpy()
        if data.ndim == 1:
            writer.add_tensor(tensor_name(name), data)
            continue
        kind = gguf.GGMLQuantizationType.Q8_0
        writer.add_tensor(tensor_name(name), gguf.quants.quantize(data, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
