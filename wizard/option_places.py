"""Options before a command: the same as behind it."""

from typing import Any

from typer.core import TyperGroup


class OptionsInBothPlaces(TyperGroup):
    """Hands a command the options that stand before it, as if they stood right behind.

    So what stands behind wins, and what may be repeated adds up.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parses what is said to the program itself; what is left is a command with its words."""
        given, rest, _ = self.make_parser(ctx).parse_args(args=list(args))
        command = self.get_command(ctx, rest[0]) if rest else None
        if command is None:
            return super().parse_args(ctx, args)
        taken = {name for each in command.get_params(ctx) for name in each.opts}
        options = [each for each in self.get_params(ctx) if each.name in given]
        others = [each for each in options if taken.isdisjoint(each.opts)]
        if any(each.is_eager for each in others):
            # --version and the like: it is answered, and the command is not called.
            return super().parse_args(ctx, args)
        if others and not ctx.resilient_parsing:
            ctx.fail(f"{rest[0]} takes no {others[0].opts[0]}.")
        # Nothing is said to the program itself then, and it has nothing to do.
        self.params, self.callback, self.add_help_option = [], None, False
        before = [word for word in args[: len(args) - len(rest)] if word != "--"]
        return super().parse_args(ctx, [rest[0], *before, *rest[1:]])
