"""The command line ``lotse``."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from bot import __version__, memory
from bot.settings import Settings, SettingsWrong, load, require_for_running

_OK, _FAILED, _USAGE = 0, 1, 2


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status: 0 well, 1 failed, 2 wrong words or settings."""
    options = _parser().parse_args(arguments)
    memory.be_lean()
    try:
        settings = load()
        command: Callable[[argparse.Namespace, Settings], Coroutine[Any, Any, int]] = options.run
        return asyncio.run(_to_the_last_line(command(options, settings)))
    except SettingsWrong as error:
        print(f"The settings need a correction (environment or .env):\n{error}", file=sys.stderr)
        return _USAGE
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Who reads has seen enough (``| head``); what is still to be written at the end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _FAILED
    except OSError as error:
        print(f"{error.filename or ''}: {error.strerror or error}".lstrip(": "), file=sys.stderr)
        return _FAILED
    except Exception as error:
        from bot.domain.errors import DomainError, StorageFailed

        if not isinstance(error, DomainError | StorageFailed):
            raise
        print(error, file=sys.stderr)
        return _FAILED


async def _to_the_last_line(command: Coroutine[Any, Any, int]) -> int:
    status = await command
    sys.stdout.flush()
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lotse", description="The Telegram bot of MIGRANET-MV.")
    parser.add_argument("--version", action="version", version=f"lotse {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="run the bot")
    run.add_argument("--test", action="store_true", help="allow a missing imprint; never for the public")
    run.set_defaults(run=_run)

    demo = commands.add_parser("demo", help="try everything in the browser, without a token")
    demo.add_argument("--port", type=int, default=8765, help="port of the chat page (default 8765)")
    demo.add_argument("--host", default="127.0.0.1", help="address of the chat page (default 127.0.0.1)")
    demo.add_argument(
        "--check", action="store_true", help="hold five conversations, then send through a kill, and count"
    )
    demo.set_defaults(run=_demo)

    ask = commands.add_parser("ask", help="ask a question without Telegram")
    ask.add_argument("text", nargs="?", help="the question; without it, JSON lines from standard input")
    ask.add_argument("--locale", help="the asker's language")
    ask.add_argument("--json", action="store_true", help="answer as JSON")
    ask.set_defaults(run=_ask)

    importing = commands.add_parser("import", help="import content from YAML")
    importing.add_argument("path", nargs="?", type=Path, help="a file or a folder")
    importing.add_argument("--starter", action="store_true", help="the content that comes with the program")
    importing.add_argument("--dry-run", action="store_true", help="only show what would change")
    importing.add_argument("--overwrite", action="store_true", help="the files win over edits made elsewhere")
    importing.set_defaults(run=_import)

    exporting = commands.add_parser("export", help="write all content as YAML")
    exporting.add_argument("file", nargs="?", type=Path, help="where to; standard output without it")
    exporting.set_defaults(run=_export)

    backup = commands.add_parser("backup", help="save the database into a file")
    backup.add_argument("file", type=Path)
    backup.set_defaults(run=_backup)

    restore = commands.add_parser("restore", help="fill the database from a backup")
    restore.add_argument("file", type=Path)
    restore.add_argument("--replace", action="store_true", help="what is in the database may be lost")
    restore.set_defaults(run=_restore)

    from bot.commands import broadcast_words

    broadcast_words.add_parser(commands, _broadcast)

    check = commands.add_parser("check", help="check installation, settings, content and translations")
    check.add_argument("--audit", action="store_true", help="check the log of what staff did instead")
    check.add_argument("--head", metavar="NUMBER:CODE", help="with --audit: a head that the admins were sent")
    check.set_defaults(run=_check)
    return parser


async def _run(options: argparse.Namespace, settings: Settings) -> int:
    require_for_running(settings, test=options.test)
    from bot import app

    app.configure_logging()
    return await app.run(settings)


async def _demo(options: argparse.Namespace, settings: Settings) -> int:
    from bot.commands import demo

    return await (demo.check() if options.check else demo.run(options.host, options.port))


async def _ask(options: argparse.Namespace, settings: Settings) -> int:
    from bot.commands import ask

    return await ask.ask(settings, options.text, options.locale, as_json=options.json)


async def _import(options: argparse.Namespace, settings: Settings) -> int:
    if (options.path is None) == (not options.starter):
        print("Name a file or folder, or say --starter.", file=sys.stderr)
        return _USAGE
    from datetime import datetime

    from bot.content import starter_content
    from bot.content.gazetteer import load_gazetteer
    from bot.domain.errors import DatabaseMissing
    from bot.parts import open_store, open_unchanged
    from bot.services.importing import apply, plan_import

    paths = starter_content() if options.starter else (options.path,)
    store = None
    if options.dry_run:
        with suppress(DatabaseMissing):  # then everything is new
            store = await open_unchanged(settings)
    else:
        store = await open_store(settings, content=())
    try:
        today = datetime.now(settings.zone).date()
        plan = await plan_import(
            store,
            paths,
            gazetteer=load_gazetteer(),
            today=today,
            overwrite=options.overwrite,
            shipped=options.starter,
        )
        if store is not None and not options.dry_run and not plan.errors:
            await apply(plan, store)
    finally:
        if store is not None:
            await store.close()
    print(plan.describe())
    return _FAILED if plan.errors else _OK


async def _export(options: argparse.Namespace, settings: Settings) -> int:
    from bot.parts import open_unchanged
    from bot.services.exporting import export

    store = await open_unchanged(settings)
    try:
        text = await export(store)
        async with store.read() as view:
            faulty = (await view.content()).faulty
    finally:
        await store.close()
    if options.file is None:
        print(text, end="")
    else:
        await asyncio.to_thread(options.file.write_text, text, encoding="utf-8")
    for name, problem in faulty.items():
        print(f"lotse: {name} cannot be read and is left out: {problem}", file=sys.stderr)
    return _FAILED if faulty else _OK


async def _backup(options: argparse.Namespace, settings: Settings) -> int:
    from bot.storage import backup

    contents = await backup.write(settings.database_url, options.file)
    print(f"Saved {sum(contents.rows.values())} rows at revision {contents.revision}.")
    return _OK


async def _restore(options: argparse.Namespace, settings: Settings) -> int:
    from bot.storage import backup

    contents = await backup.restore(settings.database_url, options.file, replace=options.replace)
    print(f"Restored {sum(contents.rows.values())} rows saved on {contents.created_at:%Y-%m-%d %H:%M} UTC.")
    return _OK


async def _broadcast(options: argparse.Namespace, settings: Settings) -> int:
    from bot.commands import broadcast

    return await broadcast.run(options, settings)


async def _check(options: argparse.Namespace, settings: Settings) -> int:
    from bot.commands import check

    if options.head is not None and not options.audit:
        print("--head belongs to --audit.", file=sys.stderr)
        return _USAGE
    return await (check.audit(settings, options.head) if options.audit else check.check(settings))


if __name__ == "__main__":
    sys.exit(main())
