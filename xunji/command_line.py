"""The command `xunji`: each module in xunji/commands adds its own with `add_to(app)`."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import typer

import xunji.commands


def build_app() -> typer.Typer:
    """The command-line application with every command."""
    app = typer.Typer(
        name="xunji",
        help="Vehicle telematics and GPS tracking server for city management.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    app.callback()(lambda: None)
    for module in sorted(iter_modules(xunji.commands.__path__), key=lambda m: m.name):
        import_module(f"xunji.commands.{module.name}").add_to(app)
    return app


def main() -> None:
    """Entry point."""
    build_app()()
