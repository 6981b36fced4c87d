"""A CTranslate2 Whisper model as openai-whisper's state dict: the same numbers under other names.

CTranslate2 stores the query, key and value projections of self-attention as one matrix, and the key
and value projections of cross-attention as another; Whisper's key projections have no bias.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr_fair.asr.ctranslate2_format import CTranslate2Model
from asr_fair.errors import ConfigError

WHISPER_SPEC = "WhisperSpec"
Weights = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Dimensions:
    """Sizes of a Whisper network, under the names of openai-whisper's `ModelDimensions`."""

    n_mels: int
    n_audio_ctx: int
    n_audio_state: int
    n_audio_head: int
    n_audio_layer: int
    n_vocab: int
    n_text_ctx: int
    n_text_state: int
    n_text_head: int
    n_text_layer: int


def dimensions_of(model: CTranslate2Model, *, name: str) -> Dimensions:
    """The sizes of the network in `model`. Raises ConfigError where it is not a Whisper model."""
    if model.spec != WHISPER_SPEC:
        msg = f"{name}: is a CTranslate2 {model.spec!r}, not a Whisper model. Give a Whisper model"
        raise ConfigError(msg)
    weights = model.variables
    n_audio_ctx, n_audio_state = weights["encoder/position_encodings/encodings"].shape
    n_text_ctx, n_text_state = weights["decoder/position_encodings/encodings"].shape
    return Dimensions(
        n_mels=weights["encoder/conv1/weight"].shape[1],
        n_audio_ctx=n_audio_ctx,
        n_audio_state=n_audio_state,
        n_audio_head=int(weights["encoder/num_heads"].item()),
        n_audio_layer=_n_layers(weights, "encoder"),
        n_vocab=weights["decoder/embeddings/weight"].shape[0],
        n_text_ctx=n_text_ctx,
        n_text_state=n_text_state,
        n_text_head=int(weights["decoder/num_heads"].item()),
        n_text_layer=_n_layers(weights, "decoder"),
    )


def whisper_state_dict(model: CTranslate2Model, *, name: str) -> dict[str, NDArray[Any]]:
    """The weights of `model` under openai-whisper's names, views where nothing is unpacked.

    Raises ConfigError for quantised weights and for a key projection with a bias.
    """
    weights, dims = model.variables, dimensions_of(model, name=name)
    if any(key.endswith("_scale") for key in weights):
        msg = (
            f"{name}: holds quantised weights, which openai-whisper cannot use. Use engine "
            "faster-whisper, or convert the model with `--quantization float16`"
        )
        raise ConfigError(msg)
    state = {
        "encoder.positional_embedding": weights["encoder/position_encodings/encodings"],
        "decoder.positional_embedding": weights["decoder/position_encodings/encodings"],
        "decoder.token_embedding.weight": weights["decoder/embeddings/weight"],
        **_linear(weights, "encoder/conv1", "encoder.conv1"),
        **_linear(weights, "encoder/conv2", "encoder.conv2"),
        **_layer_norm(weights, "encoder/layer_norm", "encoder.ln_post"),
        **_layer_norm(weights, "decoder/layer_norm", "decoder.ln"),
    }
    for side, n_layers in (("encoder", dims.n_audio_layer), ("decoder", dims.n_text_layer)):
        for layer in range(n_layers):
            state |= _block(weights, f"{side}/layer_{layer}", f"{side}.blocks.{layer}", name)
    return state


def _n_layers(weights: Weights, side: str) -> int:
    layers = {key.split("/")[1] for key in weights if key.startswith(f"{side}/layer_")}
    return len(layers - {"layer_norm"})


def _block(weights: Weights, source: str, target: str, name: str) -> dict[str, NDArray[Any]]:
    state = {
        **_layer_norm(weights, f"{source}/self_attention/layer_norm", f"{target}.attn_ln"),
        **_fused(
            weights, f"{source}/self_attention/linear_0", f"{target}.attn", ("query", "key", "value"), name
        ),
        **_linear(weights, f"{source}/self_attention/linear_1", f"{target}.attn.out"),
        **_layer_norm(weights, f"{source}/ffn/layer_norm", f"{target}.mlp_ln"),
        **_linear(weights, f"{source}/ffn/linear_0", f"{target}.mlp.0"),
        **_linear(weights, f"{source}/ffn/linear_1", f"{target}.mlp.2"),
    }
    cross = f"{source}/attention"
    if f"{cross}/linear_0/weight" in weights:
        state |= _layer_norm(weights, f"{cross}/layer_norm", f"{target}.cross_attn_ln")
        state |= _linear(weights, f"{cross}/linear_0", f"{target}.cross_attn.query")
        state |= _fused(weights, f"{cross}/linear_1", f"{target}.cross_attn", ("key", "value"), name)
        state |= _linear(weights, f"{cross}/linear_2", f"{target}.cross_attn.out")
    return state


def _linear(weights: Weights, source: str, target: str) -> dict[str, NDArray[Any]]:
    return {f"{target}.weight": weights[f"{source}/weight"], f"{target}.bias": weights[f"{source}/bias"]}


def _layer_norm(weights: Weights, source: str, target: str) -> dict[str, NDArray[Any]]:
    return {f"{target}.weight": weights[f"{source}/gamma"], f"{target}.bias": weights[f"{source}/beta"]}


def _fused(
    weights: Weights, source: str, target: str, parts: tuple[str, ...], name: str
) -> dict[str, NDArray[Any]]:
    state: dict[str, NDArray[Any]] = {}
    matrices = np.split(weights[f"{source}/weight"], len(parts))
    biases = np.split(weights[f"{source}/bias"], len(parts))
    for part, matrix, bias in zip(parts, matrices, biases, strict=True):
        state[f"{target}.{part}.weight"] = matrix
        if part != "key":
            state[f"{target}.{part}.bias"] = bias
        elif bias.any():
            msg = f"{name}: {source}: the key projection has a bias, which Whisper's has not"
            raise ConfigError(msg)
    return state
