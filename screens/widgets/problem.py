"""Why something could not be done, and what to do."""

from textual.content import Content
from textual.widgets import Static

from recovery.words.errors import Problem
from screens.words import plain, plain_line


def described(problem: Problem) -> Content:
    """A problem as lines: what, on which object, what it means, what to do; then the rest of it.

    What there is no room for is the end of a long statement.
    """
    code = f" (SQLSTATE {problem.sqlstate})" if problem.sqlstate else ""
    named = [
        ("Object", problem.object and plain_line(problem.object)),
        ("It means", problem.meaning),
        ("Committed before, and stays", problem.stays),
        ("What to do", problem.remedy),
        ("Detail", problem.detail),
        ("Statement", problem.statement and " ".join(problem.statement.split())),
    ]
    lines = [Content.styled(plain(f"{problem.what}{code}"), "bold")]
    lines += [
        Content.assemble((f"{label}: ", "bold"), plain(value)) for label, value in named if value
    ]
    return Content("\n").join(lines)


class ProblemPanel(Static):
    """Shows a problem, or nothing."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, markup=False)
        self._problem: Problem | None = None
        self.display = False

    @property
    def text(self) -> str | None:
        """What can be read here; None while nothing is shown."""
        problem = self._problem if self.display else None
        return None if problem is None else described(problem).plain

    def tell(self, problem: Problem | None) -> None:
        """Shows ``problem``; hides the panel if there is none."""
        if problem == self._problem:
            return
        self._problem = problem
        self.display = problem is not None
        self.update("" if problem is None else described(problem))
