"""The command `xunji`: each module in xunji/commands adds its own with `add_to(app)`."""

from __future__ import annotations

import sys
from importlib import import_module
from keyword import iskeyword
from pkgutil import iter_modules

import typer

import xunji.commands


def build_app(wanted: str = "") -> typer.Typer:
    """The command-line application: with the command `wanted`, or with every command.

    Importing what all commands need takes seconds; a command is named as its module, with a dash
    for each underscore (`import_`: a module cannot be named `import`).
    """
    wanted = wanted.replace("-", "_")
    wanted += "_" * iskeyword(wanted)
    app = typer.Typer(
        name="xunji",
        help="Vehicle telematics and GPS tracking server for city management.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    app.callback()(lambda: None)
    names = sorted(module.name for module in iter_modules(xunji.commands.__path__))
    for name in [wanted] if wanted in names else names:
        import_module(f"xunji.commands.{name}").add_to(app)
    return app


def main() -> None:
    """Entry point."""
    build_app(sys.argv[1] if len(sys.argv) > 1 else "")()
