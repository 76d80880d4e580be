"""What llama.cpp answers, token for token, to some prompts; Hearth's tests compare with it. Needs `llama-cpp-python` beside the recipe's requirements."""

import argparse
import json
from pathlib import Path

import llama_cpp

import held
from conversation import render

FOLDER = Path(__file__).parent
# The beginning of a story that goes on without doubt: no token of what follows leads by little, so no rounding changes it.
STORY = "Long ago, there was a small boy called Vikram who loved building towers. It was a hot day. On the"
TOKENS = 64


def question(sample: dict) -> list[dict]:
    """The conversation before the model's last turn."""
    messages = sample["messages"]
    return messages[: max(at for at, message in enumerate(messages) if message["role"] == "assistant")]


def prompts() -> list[str]:
    """A story's beginning, a greeting, and one held-out sample of each kind of conversation."""
    kinds: dict[str, dict] = {}
    for sample in held.choose():
        if "messages" in sample:
            kinds.setdefault(sample["kind"], sample)
    greeting = render([{"role": "user", "content": "Hello! Who are you?"}], answers=True)
    return [STORY, greeting, *(render(question(one), one.get("tools"), answers=True) for one in kinds.values())]


def load(path: Path) -> llama_cpp.Llama:
    """The model, computed in one order of sums."""
    return llama_cpp.Llama(
        str(path),
        n_ctx=1024,
        n_threads=1,
        logits_all=True,
        type_k=llama_cpp.GGML_TYPE_F32,
        type_v=llama_cpp.GGML_TYPE_F32,
        verbose=False,
    )


def answer(model: llama_cpp.Llama, prompt: str, most: int = TOKENS) -> dict:
    """The likeliest token each time, to the end of the turn, at most so many, and by how much its logit leads."""
    prompt_ids = model.tokenize(prompt.encode(), add_bos=False, special=True)
    model.reset()
    model.eval(prompt_ids)
    ids: list[int] = []
    margins: list[float] = []
    while len(ids) < most and not (ids and llama_cpp.llama_vocab_is_eog(model._model.vocab, ids[-1])):
        logits = model.scores[model.n_tokens - 1]
        second, first = sorted(logits)[-2:]
        ids.append(int(logits.argmax()))
        margins.append(round(float(first - second), 4))
        model.eval(ids[-1:])
    text = model.detokenize(prompt_ids + ids, special=True).decode(errors="replace")
    return {"prompt": prompt, "prompt_ids": prompt_ids, "greedy64_ids": ids, "greedy64_margins": margins, "greedy64_text": text}


def main() -> None:
    """Writes the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=FOLDER / "ember.gguf", help="the model file (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=FOLDER / "reference.json", help="the answers (default: %(default)s)")
    asked = parser.parse_args()
    model = load(asked.model)
    engine = f"llama-cpp-python {llama_cpp.__version__} (vendored llama.cpp), CPU, 1 thread, KV cache F32"
    answers = [answer(model, prompt) for prompt in prompts()]
    asked.out.write_text(json.dumps({"engine": engine, "answers": answers}, ensure_ascii=False, indent=1) + "\n")
    print(f"{asked.out}: {len(answers)} answers")


if __name__ == "__main__":
    main()
