"""`python -m app …` without the second of imports: a process that has imported it and forks for each call.

Reads calls from the socket it is given: arguments, environment and folder as JSON, three files beside it, and a socket
on which the program's process id and, once it has ended, its exit code are told. Whoever starts it holds the other end
of the first socket; when that closes, this process ends.
"""

import gc
import importlib
import json
import os
import signal
import socket
import struct
import sys
import traceback

MESSAGE_MOST = 1 << 20
WARM = (
    "app.run", "app.build", "app.opening", "app.panel", "app.migrate", "app.redeliver", "web.site", "uvicorn",
    "uvicorn.protocols.http.httptools_impl", "uvicorn.lifespan.on", "uvloop", "procrastinate.contrib.sqlalchemy",
    "bot.channels.telegram_residents", "bot.channels.telegram_staff", "town.load", "alembic.command", "psycopg_binary",
    "psycopg_pool", "pwdlib.hashers.argon2", "rich.console", "rjieba", "opencc", "scipy.sparse", "shapely",
)  # fmt: skip


def main() -> None:
    calls = socket.socket(fileno=int(sys.argv[1]))
    for name in WARM:
        try:
            importlib.import_module(name)
        except ImportError:
            continue  # a part some installation does without
    import app.__main__  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # minders are nobody's concern
    gc.collect()
    gc.freeze()
    while True:
        told, files, _, _ = socket.recv_fds(calls, MESSAGE_MOST, 4)
        if not told:
            return
        if os.fork() == 0:
            calls.close()
            mind(json.loads(told), files)
        for file in files:
            os.close(file)


def mind(call: dict, files: list[int]) -> None:
    """The program's parent: tells its number and its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    teller = socket.socket(fileno=files.pop())
    program = os.fork()
    if program == 0:
        teller.close()
        become(call, files)
    for file in files:
        os.close(file)
    teller.sendall(struct.pack("i", program))
    _, status = os.waitpid(program, 0)
    teller.sendall(struct.pack("i", os.waitstatus_to_exitcode(status)))
    os._exit(0)


def become(call: dict, files: list[int]) -> None:
    """What a shell and Python's start do for a program."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    for stream, number, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        setattr(sys, stream, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
    os.environ.clear()
    os.environ.update(call["env"])
    os.chdir(call["cwd"])
    sys.argv = ["app", *call["command"]]
    code = 1
    try:
        from app.__main__ import cli

        cli(call["command"], prog_name="python -m app")
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
