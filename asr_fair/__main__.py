"""`python -m asr_fair`."""

from asr_fair.cli import main

if __name__ == "__main__":
    main()
