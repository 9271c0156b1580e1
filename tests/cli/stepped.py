"""A program that is stopped before and after every call of the system, so that it can be killed at any of them (Linux's ptrace)."""
import ctypes
import os
import signal
import subprocess

TRACEME, SYSCALL, SETOPTIONS = 0, 24, 0x4200
TRACESYSGOOD, EXITKILL = 1, 0x100000
AT_CALL = signal.SIGTRAP | 0x80

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


def _ptrace(request, pid, data=0):
    if _libc.ptrace(request, pid, None, data) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def can_step():
    """Whether this machine lets one process stop another."""
    try:
        return run_until(["/bin/true"], lambda: False) == 0
    except OSError:
        return False


def run_until(call, is_time):
    """Runs the program, whose other threads are not stopped, and kills it at the first stop where is_time(). Its exit code, None when killed."""
    run = subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=lambda: _ptrace(TRACEME, 0))
    run.returncode = 0  # it is waited for here
    _, status = os.waitpid(run.pid, 0)
    _ptrace(SETOPTIONS, run.pid, TRACESYSGOOD | EXITKILL)
    passed_on = 0
    while True:
        ended = True  # where is_time() raises, too
        try:
            ended = is_time()
        finally:
            if ended:
                os.kill(run.pid, signal.SIGKILL)
                os.waitpid(run.pid, 0)
        if ended:
            return None
        _ptrace(SYSCALL, run.pid, passed_on)
        _, status = os.waitpid(run.pid, 0)
        if not os.WIFSTOPPED(status):
            return os.waitstatus_to_exitcode(status)
        passed_on = 0 if os.WSTOPSIG(status) == AT_CALL else os.WSTOPSIG(status)
