from __future__ import annotations

import struct
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr_fair.asr.ctranslate2_format import CTranslate2Model, parse_model, read_model
from asr_fair.asr.ctranslate2_weights import dimensions_of, whisper_state_dict
from asr_fair.errors import ConfigError

WIDTH, HEADS, LAYERS = 8, 2, 3


def text(value: str) -> bytes:
    return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"


def variable(name: str, array: np.ndarray, type_id: int) -> bytes:
    shape = struct.pack(f"<B{array.ndim}I", array.ndim, *array.shape)
    return text(name) + shape + struct.pack("<BI", type_id, array.nbytes) + array.tobytes()


HALVES = np.array([[1.5, -2.0, 0.25], [0.0, 1.0, 65504.0]], dtype="<f2")
BY_HAND = (
    struct.pack("<I", 6)
    + text("WhisperSpec")
    + struct.pack("<II", 3, 3)
    + variable("halves", HALVES, 4)
    + variable("heads", np.array(6, dtype="<i2"), 2)
    # bfloat16 is the upper half of a float32: 0x3fc0 is 1.5, 0xc000 is -2.
    + variable("brain", np.array([0x3FC0, 0xC000], dtype="<u2"), 5)
    + struct.pack("<I", 1)
    + text("tied")
    + text("halves")
)


def test_a_model_written_by_hand_is_read_exactly() -> None:
    model = parse_model(memoryview(BY_HAND), name="by hand")
    assert model.spec == "WhisperSpec"
    assert set(model.variables) == {"halves", "heads", "brain", "tied"}
    np.testing.assert_array_equal(model.variables["halves"], HALVES)
    assert model.variables["tied"] is model.variables["halves"]
    assert model.variables["heads"].item() == 6
    np.testing.assert_array_equal(model.variables["brain"], [1.5, -2.0])


@given(st.integers(4, len(BY_HAND) - 1))
def test_a_model_cut_anywhere_is_refused(n_bytes: int) -> None:
    with pytest.raises(ConfigError, match=r"m\.bin: is not a complete CTranslate2 model"):
        parse_model(memoryview(BY_HAND[:n_bytes]), name="m.bin")


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.bin").touch()
    with pytest.raises(ConfigError, match="is not a complete CTranslate2"):
        read_model(tmp_path / "model.bin")


def test_another_binary_version_is_refused() -> None:
    with pytest.raises(ConfigError, match="binary version 5, needs 6"):
        parse_model(memoryview(struct.pack("<I", 5) + BY_HAND[4:]), name="m.bin")


def test_a_dimension_that_does_not_fit_the_bytes_is_refused() -> None:
    torn = BY_HAND.replace(struct.pack("<B2I", 2, 2, 3), struct.pack("<B2I", 2, 2, 4))
    with pytest.raises(ConfigError, match=r"halves: 12 bytes do not hold float16 of shape \(2, 4\)"):
        parse_model(memoryview(torn), name="m.bin")


@pytest.fixture(scope="module")
def written_by_ctranslate2(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, np.ndarray]]:
    """A narrow Whisper model saved by CTranslate2 itself, and the arrays that were put in."""
    specs = pytest.importorskip("ctranslate2.specs")
    rng = np.random.default_rng(1)
    put_in: dict[str, np.ndarray] = {}
    spec = specs.WhisperSpec(LAYERS, HEADS, LAYERS, HEADS)
    shapes = dict(_whisper_shapes())
    specs.model_spec.visit_spec(spec, lambda owner, name, _: _fill(owner, name, shapes, put_in, rng))
    spec.decoder.projection.weight = spec.decoder.embeddings.weight  # tied, as in every Whisper
    spec.register_vocabulary([f"token{number}" for number in range(30)])
    spec.validate()
    spec.optimize(quantization="float16")
    folder = tmp_path_factory.mktemp("ctranslate2")
    spec.save(str(folder))
    return folder / "model.bin", put_in


def _whisper_shapes() -> list[tuple[str, tuple[int, ...]]]:
    """Shape of each kind of weight, by the end of its name."""
    w = WIDTH
    attention = [("self_attention/linear_0", 3 * w), ("self_attention/linear_1", w)]
    cross = [("/attention/linear_0", w), ("/attention/linear_1", 2 * w), ("/attention/linear_2", w)]
    matrices = [*attention, *cross, ("ffn/linear_0", 4 * w)]
    return [
        *((f"{name}/weight", (rows, w)) for name, rows in matrices),
        *((f"{name}/bias", (rows,)) for name, rows in matrices),
        ("ffn/linear_1/weight", (w, 4 * w)),
        ("ffn/linear_1/bias", (w,)),
        ("conv1/weight", (w, 80, 3)),
        ("conv2/weight", (w, w, 3)),
        ("conv1/bias", (w,)),
        ("conv2/bias", (w,)),
        ("encoder/position_encodings/encodings", (20, w)),
        ("decoder/position_encodings/encodings", (12, w)),
        ("embeddings/weight", (30, w)),
        ("gamma", (w,)),
        ("beta", (w,)),
    ]


def _fill(
    owner: object,
    name: str,
    shapes: dict[str, tuple[int, ...]],
    put_in: dict[str, np.ndarray],
    rng: np.random.Generator,
) -> None:
    shape = next((shape for ending, shape in shapes.items() if name.endswith(ending)), None)
    if shape is None:
        return
    array = rng.standard_normal(shape).astype(np.float16).astype(np.float32)
    if name.endswith("self_attention/linear_0/bias"):
        array[WIDTH : 2 * WIDTH] = 0  # Whisper's keys have no bias
    if name.endswith("/attention/linear_1/bias") and "self_" not in name:
        array[:WIDTH] = 0
    put_in[name] = array
    setattr(owner, name.rpartition("/")[2], array)


def test_what_ctranslate2_wrote_is_read_back(
    written_by_ctranslate2: tuple[Path, dict[str, np.ndarray]],
) -> None:
    path, put_in = written_by_ctranslate2
    variables = read_model(path).variables
    assert len(put_in) == 4 + 2 + 1 + 2 * 2 + LAYERS * (
        12 + 20
    )  # convolutions, positions, embeddings, last norms, blocks
    for name, array in put_in.items():
        np.testing.assert_array_equal(variables[name], array, err_msg=name)


def test_the_sizes_follow_from_the_shapes(
    written_by_ctranslate2: tuple[Path, dict[str, np.ndarray]],
) -> None:
    dims = dimensions_of(read_model(written_by_ctranslate2[0]), name="m.bin")
    assert list(asdict(dims).values()) == [80, 20, WIDTH, HEADS, LAYERS, 30, 12, WIDTH, HEADS, LAYERS]


def test_openai_whisper_accepts_the_state_dict_whole(
    written_by_ctranslate2: tuple[Path, dict[str, np.ndarray]],
) -> None:
    import torch
    import whisper

    path, put_in = written_by_ctranslate2
    model = read_model(path)
    network = whisper.Whisper(whisper.model.ModelDimensions(**asdict(dimensions_of(model, name="m.bin"))))
    state = whisper_state_dict(model, name="m.bin")
    network.load_state_dict({key: torch.tensor(array) for key, array in state.items()}, strict=True)
    loaded = network.decoder.blocks[1]
    fused = torch.cat([loaded.attn.query.weight, loaded.attn.key.weight, loaded.attn.value.weight])
    np.testing.assert_array_equal(fused.detach(), put_in["decoder/layer_1/self_attention/linear_0/weight"])
    fused = torch.cat([loaded.cross_attn.key.weight, loaded.cross_attn.value.weight])
    np.testing.assert_array_equal(fused.detach(), put_in["decoder/layer_1/attention/linear_1/weight"])
    np.testing.assert_array_equal(
        loaded.cross_attn.value.bias.detach(), put_in["decoder/layer_1/attention/linear_1/bias"][WIDTH:]
    )


def test_a_key_projection_with_a_bias_is_refused(
    written_by_ctranslate2: tuple[Path, dict[str, np.ndarray]],
) -> None:
    model = read_model(written_by_ctranslate2[0])
    name = "encoder/layer_0/self_attention/linear_0/bias"
    changed = {**model.variables, name: np.ones(3 * WIDTH, dtype=np.float16)}
    with pytest.raises(ConfigError, match="encoder/layer_0/self_attention/linear_0: the key projection"):
        whisper_state_dict(CTranslate2Model(model.spec, changed), name="m.bin")


def test_quantised_weights_are_refused_with_a_remedy(
    written_by_ctranslate2: tuple[Path, dict[str, np.ndarray]],
) -> None:
    model = read_model(written_by_ctranslate2[0])
    changed = {**model.variables, "encoder/conv1/weight_scale": np.ones(WIDTH, dtype=np.float32)}
    with pytest.raises(ConfigError, match=r"quantised weights.*faster-whisper"):
        whisper_state_dict(CTranslate2Model(model.spec, changed), name="m.bin")


def test_a_translation_model_is_refused() -> None:
    with pytest.raises(ConfigError, match="'TransformerSpec', not a Whisper model"):
        dimensions_of(CTranslate2Model("TransformerSpec", {}), name="m.bin")
