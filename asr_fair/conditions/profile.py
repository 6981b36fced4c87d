"""Noise profiles: named, versioned, licensed descriptions of a place's sound, one YAML file each."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from asr_fair.conditions.sources import NoiseSource
from asr_fair.errors import ConfigError, UnknownNameError
from asr_fair.validation import Strict, digest_of, load_yaml_mapping, read_utf8, validate_mapping


class Profile(Strict):
    """What `noise_profiles/<id>.yaml` holds; its sources sound together."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", description="the file's name without its ending")
    version: str = Field(min_length=1, description="change it with every change of the sound")
    title: str = Field(min_length=1)
    description: str = Field(min_length=1)
    licence: str = Field(min_length=1)
    tags: tuple[str, ...] = ()
    sources: tuple[NoiseSource, ...] = Field(min_length=1)

    @property
    def digest(self) -> str:
        """SHA-256 of the whole content, however it is laid out in the file."""
        return digest_of(self.model_dump(mode="json"))


def profiles_folder() -> Path:
    """Where the profiles shipped with this package lie: inside the wheel, or in the repository."""
    package = Path(__file__).resolve().parent.parent
    in_wheel = package / "_noise_profiles"
    return in_wheel if in_wheel.is_dir() else package.parent / "noise_profiles"


def parse_profile(text: str, *, name: str, stem: str) -> Profile:
    """A profile from YAML text; `name` stands in messages, `stem` is what the id must be.

    Raises ConfigError for text that is no YAML mapping or a wrong id, FaultsError naming each faulty key.
    """
    profile = validate_mapping(Profile, load_yaml_mapping(text, name=name), name=name)
    if profile.id != stem:
        msg = f"{name}: id: must be the file's name {stem!r}, got {profile.id!r}. Rename one of them"
        raise ConfigError(msg)
    return profile


def read_profile(path: Path) -> Profile:
    """The profile in a YAML file."""
    return parse_profile(read_utf8(path), name=str(path), stem=path.stem)


def load_profiles(folder: Path) -> dict[str, Profile]:
    """All profiles of a folder by id, in the order of their names."""
    return {stem: read_profile(path) for stem, path in _profile_files(folder).items()}


def find_profile(folder: Path, profile_id: str) -> Profile:
    """One profile of a folder. Raises UnknownNameError with the nearest name, ConfigError, FaultsError."""
    files = _profile_files(folder)
    if profile_id not in files:
        raise UnknownNameError("noise profile", profile_id, files)
    return read_profile(files[profile_id])


def _profile_files(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        msg = f"noise_profiles: no such folder {str(folder)!r}. Mend the path"
        raise ConfigError(msg)
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}
