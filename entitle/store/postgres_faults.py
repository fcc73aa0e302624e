"""What PostgreSQL complains of -> a StoreError that a person can act on. No value of a row is ever part of it."""

import psycopg

from entitle.errors import StoreError
from entitle.messages import Words

AGAIN = ("40001", "40P01")  # another plan was in the way: the same plan may do now
UNSURE_AT_COMMIT = ("08", "40003", "57P")  # as the code begins: the server may have committed and not said so


def to_error(problem: Exception) -> StoreError:
    """The same problem in words. The caller has seen to it that nothing was done."""
    state = getattr(problem, "sqlstate", None) or ""
    return StoreError(_by_code(state) or _by_class(state, problem))


def closed_by_server(state: str) -> bool:
    """Whether the server ends the connection with it."""
    return state.startswith(("08", "57P"))


def _by_code(state: str) -> Words | None:
    match state:
        case "55P03":
            return Words(
                "the store is locked: others held what this needs for longer than lock_timeout",
                "库被锁定：所需的行被他人占用，超过了 lock_timeout",
            )
        case "57014":
            return Words(
                "the store took longer than statement_timeout, or an administrator stopped it",
                "库的处理时间超过了 statement_timeout，或被管理员中止",
            )
        case "53100":
            return Words("there is no room for more: the server's disk is full", "已没有空间：服务器的磁盘已满")
        case "53200":
            return Words("the server has no memory left", "服务器内存不足")
        case "53300":
            return Words(
                "the server takes no more connections: raise its max_connections, or let fewer be open",
                "服务器不再接受新连接：请调高 max_connections，或减少打开的连接",
            )
        case "57P01" | "57P02" | "57P03":
            return Words("the server is stopping or starting", "服务器正在停止或启动")
        case "25006":
            return Words(
                "the store cannot be written to: the server is a standby, or read-only", "无法写入：服务器是备库或只读"
            )
        case "42P01" | "3F000" | "42703":
            return Words("the store's tables are not as they were when it was opened", "库的表与打开时不同，或已不存在")
        case "42501":
            return Words("the role may not do this to the store's tables", "该角色无权对库的表执行此操作")
        case "28P01" | "28000":
            return Words(
                "the server does not let this role in: is its password right?", "服务器拒绝该角色：密码是否正确？"
            )
        case "3D000":
            return Words("the server has no database of this name", "服务器上没有这个名字的数据库")
    return None


def _by_class(state: str, problem: Exception) -> Words:
    if state.startswith("23"):
        assert isinstance(problem, psycopg.Error)
        broke = problem.diag.constraint_name or problem.diag.column_name or state
        return Words(f"a row breaks a rule of the store: {broke}", f"有一行违反了库的规则：{broke}")
    if not state and isinstance(problem, psycopg.OperationalError):
        reason = " ".join(str(problem).split())
        return Words(f"the server cannot be reached: {reason}", f"无法连接服务器：{reason}")
    if not state and isinstance(problem, psycopg.DataError):  # it never got to the server
        return Words(f"the store does not take {problem}", f"库不接受此值：{problem}")
    if isinstance(problem, psycopg.Error):  # its own sentence, never the detail, which may show a row
        reason = problem.diag.message_primary or type(problem).__name__
        return Words(f"the store failed: {reason} ({state})", f"库出错：{reason}（{state}）")
    return Words(f"the store does not take {problem}", f"库不接受此值：{problem}")
