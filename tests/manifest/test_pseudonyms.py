"""Pseudonyms: alike for who holds the key, and for nobody else."""

from __future__ import annotations

import hashlib
import hmac
import stat
import subprocess
from pathlib import Path

import pytest

from asr_fair.errors import ConfigError
from asr_fair.manifest.pseudonyms import key_path, new_key, pseudonym, read_key, write_key

KEY = bytes(range(32))


def test_a_pseudonym_is_the_keyed_hash_that_rfc_2104_describes() -> None:
    # By hand: H((key ^ opad) || H((key ^ ipad) || text)), in base 32 by its definition.
    block = KEY.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(each ^ 0x36 for each in block) + b"p\0Anna").digest()
    outer = hashlib.sha256(bytes(each ^ 0x5C for each in block) + inner).digest()
    assert outer == hmac.digest(KEY, b"p\0Anna", "sha256")
    bits = f"{int.from_bytes(outer):0256b}"
    letters = ["abcdefghijklmnopqrstuvwxyz234567"[int(bits[i : i + 5], 2)] for i in range(0, 80, 5)]
    assert pseudonym(KEY, "Anna") == "p" + "".join(letters)


def test_another_key_another_person_and_another_kind_give_another_pseudonym() -> None:
    ours = pseudonym(KEY, "Anna")
    others = [pseudonym(new_key(), "Anna"), pseudonym(KEY, "anna"), pseudonym(KEY, "Anna", prefix="u")[1:]]
    assert ours not in others
    assert ours[1:] not in others
    assert len({pseudonym(KEY, f"person {n}") for n in range(10_000)}) == 10_000


def test_unicode_form_and_spaces_make_no_other_person() -> None:
    assert pseudonym(KEY, "Jürgen  Groß ") == pseudonym(KEY, "Ju\u0308rgen Groß")


def test_the_key_is_for_its_owner_alone_and_is_never_replaced(tmp_path: Path) -> None:
    manifest = tmp_path / "ward.jsonl"
    assert read_key(manifest) is None
    key = new_key()
    path = write_key(manifest, key)
    assert read_key(manifest) == key
    assert read_key(tmp_path / "ward.csv") == key  # the same data in another format
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    write_key(manifest, key)
    with pytest.raises(ConfigError, match="another key is there already"):
        write_key(manifest, new_key())
    assert read_key(manifest) == key
    assert sorted(each.name for each in path.parent.iterdir()) == [".gitignore", path.name]


def test_git_leaves_the_key_out_in_any_repository(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    write_key(tmp_path / "ward.jsonl", new_key())
    status = subprocess.run(
        ["git", "-C", tmp_path, "status", "--porcelain", "--untracked-files=all"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert status.stdout == ""


@pytest.mark.parametrize("content", ["", "00ff", "zz" * 32, "ü" * 64])
def test_a_broken_key_is_named_and_not_replaced(tmp_path: Path, content: str) -> None:
    path = key_path(tmp_path / "ward.csv")
    path.parent.mkdir()
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"ward\.pseudonym-key: is not a key"):
        read_key(tmp_path / "ward.csv")
    assert path.read_text(encoding="utf-8") == content
