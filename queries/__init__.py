"""What is asked of the catalog: one question a .sql file, and typed rows for the answers.

The files are plain psql: a parameter is written ``:'name'`` (``\\set name value`` before pasting),
and an identifier that the caller composes is written ``{name}``.
"""

from queries.ask import ask, ask_one, compose, pasted, text

__all__ = ["ask", "ask_one", "compose", "pasted", "text"]
