"""The command line from a checkout: `python cli.py check rules/` is `entitle check rules/`."""

from entitle.cli import main

if __name__ == "__main__":
    main()
