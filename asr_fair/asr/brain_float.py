"""Whisper's encoder in bfloat16 on a CPU: weights converted once, attention in blocks that fit the cache.

PyTorch's fused attention is no faster in bfloat16 than in float32 on a CPU without AMX, and openai-whisper's
own takes 100 MB of scores through the memory several times. Here they stay in the processor's cache.
"""

from __future__ import annotations

import platform
from types import MappingProxyType

import torch
from torch import Tensor
from whisper.model import AudioEncoder, MultiHeadAttention

SETTINGS = MappingProxyType({"bfloat16": "encoder weights"})
"""What is in bfloat16: a part of a text's key, for with autocast, as it was before, other texts come out."""

BLOCK_QUERIES = 500
"""Queries whose scores are held at once: a third of Whisper's 1,500 (benchmarks/results/engines.md)."""


def is_in_hardware() -> bool:
    """Whether this processor multiplies in bfloat16 (AVX512-BF16, AMX); True where that cannot be told."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return True
    # The only question that PyTorch answers about it; no public name has it.
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def convert_weights(network: torch.nn.Module, dtype: torch.dtype) -> None:
    """Keep the matrices in `dtype`: Whisper's layers would cast them anew at every step.

    Layer norms stay in float32, in which Whisper computes them.
    """
    for module in network.modules():
        if isinstance(module, torch.nn.Linear | torch.nn.Conv1d | torch.nn.Embedding):
            module.to(dtype)


def use_bfloat16(encoder: AudioEncoder, *, in_blocks: bool) -> None:
    """Let `encoder` take and give bfloat16; `in_blocks` (on a CPU) with the attention of this module."""
    convert_weights(encoder, torch.bfloat16)
    for block in encoder.blocks if in_blocks else ():
        block.attn = BlockedAttention(block.attn)


class BlockedAttention(MultiHeadAttention):  # type: ignore[misc] # whisper has no types
    """Self-attention over a few hundred queries at a time, without a mask."""

    def __init__(self, of: MultiHeadAttention) -> None:
        torch.nn.Module.__init__(self)
        self.n_head = of.n_head
        self.query, self.key, self.value, self.out = of.query, of.key, of.value, of.out

    def qkv_attention(
        self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """Attention of each query to every key.

        Parameters
        ----------
        q, k, v
            Shape (n_windows, n_positions, n_state).
        mask
            Must be None: an encoder's windows are seen whole.

        Returns
        -------
        The attended values, shape (n_windows, n_positions, n_state), and None.
        """
        if mask is not None:
            msg = "attention in blocks knows no mask"
            raise NotImplementedError(msg)
        n_windows, n_positions, n_state = q.shape
        n_per_head = n_state // self.n_head
        attended = torch.empty(n_windows, n_positions, self.n_head, n_per_head, dtype=q.dtype)
        for window in range(n_windows):
            # Each with shape (n_head, n_positions, n_per_head).
            queries, keys, values = (
                each[window].view(n_positions, self.n_head, n_per_head).transpose(0, 1).contiguous()
                for each in (q * n_per_head**-0.5, k, v)
            )
            for start in range(0, n_positions, BLOCK_QUERIES):
                block = slice(start, start + BLOCK_QUERIES)
                weights = torch.bmm(queries[:, block], keys.transpose(1, 2)).softmax(dim=-1)
                attended[window, block] = torch.bmm(weights, values).transpose(0, 1)
        return attended.flatten(start_dim=2), None
