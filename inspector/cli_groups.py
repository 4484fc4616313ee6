"""A group of commands of which one may be left out: `inspect FOLDER` is `inspect run FOLDER`."""

from __future__ import annotations

import difflib
import os

import click

from inspector.problems import visible

__all__ = ["DefaultGroup"]

OWN_OPTIONS = frozenset({"--help", "-h", "--version"})  # of the group itself; any other belongs to its default command


class DefaultGroup(click.Group):
    """A group whose first argument may be a folder: then the command is `default`."""

    default = "run"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, *OWN_OPTIONS}:
            self._refuse_misspelled(ctx, args[0])
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def _refuse_misspelled(self, ctx: click.Context, word: str) -> None:
        near = difflib.get_close_matches(word, self.commands, n=1)
        if near and not os.path.exists(word):
            what = f"{ctx.command_path} {near[0]}"
            ctx.fail(f"there is no command and no folder {visible(word)!r}; did you mean `{what}`?")
