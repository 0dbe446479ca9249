"""Options before a command: the same as behind it."""

from typing import Any

from typer.core import TyperGroup


class OptionsInBothPlaces(TyperGroup):
    """Hands a command the options that stand before it, as if they stood right behind.

    So what stands behind wins, and what may be repeated adds up.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parses what is said to the program itself; what is left is the command with its words."""
        return super().parse_args(ctx, self._behind(ctx, list(args)))

    def _behind(self, ctx: Any, args: list[str]) -> list[str]:
        given, rest, _ = self.make_parser(ctx).parse_args(args=list(args))
        command = self.get_command(ctx, rest[0]) if rest else None
        if command is None:
            return args
        taken = {name for each in command.get_params(ctx) for name in each.opts}
        for each in self.get_params(ctx):
            if each.name not in given or not taken.isdisjoint(each.opts):
                continue
            if each.is_eager:
                # It is answered, and the command is not called.
                return args
            ctx.fail(f"{rest[0]} takes no {each.opts[0]}.")
        before = [word for word in args[: len(args) - len(rest)] if word != "--"]
        return [rest[0], *before, *rest[1:]]
