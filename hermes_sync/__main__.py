"""`python -m hermes_sync` is `hermes-sync`."""

from hermes_sync.cli import main

if __name__ == "__main__":
    main()
