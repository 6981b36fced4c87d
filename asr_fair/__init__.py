"""asr-fair: does a speech recogniser work equally well for everyone, in the place where it is used?"""

__version__ = "0.1.0"
