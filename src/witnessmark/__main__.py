"""``python -m witnessmark``: the command line."""

from witnessmark.cli import main

if __name__ == "__main__":
    main()
