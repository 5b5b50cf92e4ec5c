"""The command line: registers the commands, and turns every failure into one clear message."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from typing import Annotated

import typer

from tinydeploy import __version__
from tinydeploy.cli import commands
from tinydeploy.cli.interrupt import ignore_interrupts, interrupt_on_signals
from tinydeploy.cli.streams import drop_output, flush_output, prepare_streams
from tinydeploy.errors import (
    INTERRUPTED_EXIT_CODE,
    InternalError,
    OutputError,
    TinydeployError,
    UsageError,
)
from tinydeploy.ir.text import printable

app = typer.Typer(
    name="tinydeploy",
    help="From a Keras model to int8 C firmware, measured on the board.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in commands.COMMANDS:
    app.command()(command)

_DEBUG_FLAG = "--debug"
_UNWRITABLE = {
    errno.EACCES,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EIO,
    errno.ENAMETOOLONG,
    errno.ENOSPC,
    errno.EPERM,
    errno.EROFS,
}


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tinydeploy {__version__}")
        raise typer.Exit


@app.callback()
def _global_options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
    debug: Annotated[
        bool, typer.Option(_DEBUG_FLAG, help="Show a traceback when something fails.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; never returns."""
    prepare_streams()
    interrupt_on_signals()
    debug = _DEBUG_FLAG in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != _DEBUG_FLAG]
    try:
        exit_code = _run(arguments, debug)
    except (KeyboardInterrupt, typer.Abort):
        _fail(debug, "interrupted: nothing was left half written", "", INTERRUPTED_EXIT_CODE)
        flush_output()
        # Python's own way out may kill itself by SIGINT, with another exit code.
        os._exit(INTERRUPTED_EXIT_CODE)
    ignore_interrupts()
    flush_output()
    sys.exit(exit_code)


def _run(arguments: list[str], debug: bool) -> int:
    try:
        _invoke(arguments)
    except typer.Exit as done:
        return done.exit_code
    except (BrokenPipeError, SystemExit):
        # The reader of the output has gone; Rich, which shows the help, ends the program then.
        drop_output()
    except TinydeployError as error:
        return _fail(debug, error.message, error.hint, error.exit_code)
    except Exception as error:  # noqa: BLE001 - the last stop before the user
        return _fail_unexpectedly(debug, error)
    return 0


def _invoke(arguments: list[str]) -> None:
    """Parse and run, without Typer's own handling of errors, Ctrl-C and closed pipes."""
    command = typer.main.get_command(app)
    with command.make_context("tinydeploy", arguments) as context:
        command.invoke(context)
    sys.stdout.flush()


def _fail_unexpectedly(debug: bool, error: Exception) -> int:
    format_message = getattr(error, "format_message", None)
    if format_message is not None:  # a usage error of the command line parser
        message = format_message()
        # Without any argument the parser has shown the help already, and its message is empty.
        hint = "See `tinydeploy --help`."
        return _fail(debug, message, hint, UsageError.exit_code) if message else 2
    if isinstance(error, FileNotFoundError) and "temporary directory" in str(error):
        return _fail(
            debug,
            "there is no folder where temporary files can be written",
            "Make room in /tmp, or set TMPDIR to another folder.",
            OutputError.exit_code,
        )
    if isinstance(error, OSError) and error.errno in _UNWRITABLE:
        drop_output()
        message = f"{error.filename or 'the output'} can't be written: {error.strerror}"
        return _fail(debug, message, "Make room, or give another place.", OutputError.exit_code)
    return _fail(
        debug,
        f"internal error: {type(error).__name__}: {error}",
        "This is a bug in tinydeploy. Run the command again with --debug and report what it shows.",
        InternalError.exit_code,
    )


def _fail(debug: bool, message: str, hint: str, exit_code: int) -> int:
    if debug:
        traceback.print_exc()
    shown = "\n  ".join(printable(line) for line in message.split("\n"))
    typer.secho(f"error: {shown}", fg="red", err=True)
    if hint:
        typer.echo(f"  {printable(hint)}", err=True)
    return exit_code
