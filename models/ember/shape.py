"""The shape of the model, and the names of its special tokens."""

from dataclasses import dataclass

END_OF_TEXT = "<|endoftext|>"
TURN_BEGINS = "<|im_start|>"
TURN_ENDS = "<|im_end|>"
CALL_BEGINS = "<tool_call>"
CALL_ENDS = "</tool_call>"
"""Control tokens first: they never come of text."""
CONTROL = (END_OF_TEXT, TURN_BEGINS, TURN_ENDS)
MARKS = (CALL_BEGINS, CALL_ENDS)


@dataclass(frozen=True)
class Shape:
    """Qwen3's hyperparameters. Every row is a whole number of blocks of 32, so that Q8_0 fits."""

    vocabulary: int = 4096
    width: int = 192
    layers: int = 8
    heads: int = 3
    kv_heads: int = 3
    head_width: int = 64
    feed_forward: int = 384
    context: int = 1024
    rope_theta: float = 100_000.0
    epsilon: float = 1e-6

    def parameters(self) -> int:
        """Weights in all."""
        attention = self.width * self.head_width * (2 * self.heads + 2 * self.kv_heads)
        norms = 2 * self.width + 2 * self.head_width
        layer = attention + 3 * self.width * self.feed_forward + norms
        return self.vocabulary * self.width + self.layers * layer + self.width
