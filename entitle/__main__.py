"""`python -m entitle` is the command line."""

from entitle.cli import main

if __name__ == "__main__":
    main()
