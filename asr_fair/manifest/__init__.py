"""Manifests: who said what, on what, and where each label comes from."""
