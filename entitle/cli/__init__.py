"""The command line: arguments in, one call, text out, an exit code. No logic lives here.

Exit codes: 0 clean, 1 findings, 2 wrong usage or a rulebook that does not load, 3 a fault of entitle's own. Data goes
to stdout, talk to stderr. What a command needs is imported when it runs, so that help and checks start fast.
"""

import errno
import os
import sys
from typing import Any

CLEAN, FINDINGS, USAGE, FAULT = 0, 1, 2, 3
REFUSED = {  # what a system refuses, in Chinese
    errno.ENOENT: "没有这个文件或文件夹",
    errno.EACCES: "没有权限",
    errno.EPERM: "不允许这样做",
    errno.EEXIST: "已经存在",
    errno.ENOTDIR: "不是文件夹",
    errno.EISDIR: "是一个文件夹",
    errno.EFBIG: "文件过大",
    errno.ENOSPC: "磁盘已满",
    errno.EROFS: "磁盘只读",
}


def main() -> None:
    """Run the command line and leave with its exit code. Nobody ever sees a traceback, unless ENTITLE_DEBUG is set."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Chinese is no reason to fall over
    try:
        from entitle.cli.app import app

        code = app(standalone_mode=False) or CLEAN
        sys.stdout.flush()  # here, where it is known what a reader that left means
        sys.exit(code)
    except SystemExit:
        raise
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(CLEAN)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as problem:
        sys.exit(_told(problem))


def _told(problem: Exception) -> int:
    """Tell what ended the command, in the language that was asked for; the exit code."""
    from entitle.cli.spoken import asked_among, language
    from entitle.errors import Error
    from entitle.messages import Words

    if os.environ.get("ENTITLE_DEBUG"):
        import traceback

        traceback.print_exc()
    lang, kind, code = language(asked_among(sys.argv)), type(problem).__name__, USAGE
    match problem:
        case Error():
            rows = [problem.words]
        case OSError(
            strerror=str() as what, errno=number, filename=where
        ):  # without its number and Python's name for it
            of = f"{where}: " if where else ""
            rows = [Words(f"{of}{what.lower()}", f"{of}{REFUSED.get(number or 0, what.lower())}")]
        case ModuleNotFoundError(name=str() as name) if not name.startswith("entitle"):
            remedy = "python -m pip install ."
            rows = [
                Words(
                    f"`{name}`, which entitle needs, is not installed here; in the checkout: {remedy}",
                    f"此处没有安装 entitle 所需的 `{name}`；请在代码目录中运行：{remedy}",
                )
            ]
        case _ if (wrong := _wrong_usage(problem)) is not None:
            wrong.show()
            return USAGE
        case _:
            code = FAULT
            rows = [
                Words(
                    f"this is a fault of entitle's own, not of your rules: {kind}: {problem}",
                    f"这是 entitle 自身的故障，不是规则的问题：{kind}: {problem}",
                ),
                Words(
                    "nothing was changed by what did not finish; set ENTITLE_DEBUG=1 and run it again for the details",
                    "未完成的操作没有改动任何内容；设置 ENTITLE_DEBUG=1 后重新运行可查看详情",
                ),
            ]
    for row in rows:
        print(f"entitle: {row.said(lang)}", file=sys.stderr)
    return code


def _wrong_usage(problem: Exception) -> Any:
    """What typer says of the arguments, without the words of the library beneath it; None where it is not of them."""
    from typer import BadParameter

    usage = BadParameter.__base__  # its name is not public
    if usage is None or not isinstance(problem, usage):
        return None
    found: Any = problem
    found.message = found.message.removeprefix("Value error, ")
    return found
