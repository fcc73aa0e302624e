"""The command line: arguments in, one call, text out, an exit code. No logic lives here.

Exit codes: 0 clean, 1 findings, 2 wrong usage or a rulebook that does not load, 3 a fault of entitle's own. Data goes
to stdout, talk to stderr. What a command needs is imported when it runs, so that help and checks start fast.
"""

import os
import sys

CLEAN, FINDINGS, USAGE, FAULT = 0, 1, 2, 3


def main() -> None:
    """Run the command line and leave with its exit code. Nobody ever sees a traceback, unless ENTITLE_DEBUG is set."""
    from entitle.errors import Error

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Chinese is no reason to fall over
    try:
        from entitle.cli.app import app

        app()
    except SystemExit:
        raise
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(CLEAN)
    except KeyboardInterrupt:
        sys.exit(130)
    except (Error, OSError, ValueError) as problem:
        _debug()
        print(f"entitle: {_said(problem)}", file=sys.stderr)
        sys.exit(USAGE)
    except Exception as fault:
        _debug()
        print(
            f"entitle: this is a fault of entitle's own, not of your rules: {type(fault).__name__}: {fault}\n"
            "entitle: nothing was changed by what did not finish; set ENTITLE_DEBUG=1 and run it again for the details",
            file=sys.stderr,
        )
        sys.exit(FAULT)


def _said(problem: Exception) -> str:
    """What is wrong; of what the system says, without its number and its name for it."""
    if isinstance(problem, OSError) and problem.strerror:
        return ": ".join(str(part) for part in (problem.filename, problem.strerror.lower()) if part)
    return str(problem)


def _debug() -> None:
    """The whole story, for whoever asked for it."""
    if os.environ.get("ENTITLE_DEBUG"):
        import traceback

        traceback.print_exc()
