"""plan.sql and its statements: by phase or by object, each with why, its locks and its time."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, TextArea, Tree
from textual.widgets.text_area import Selection
from textual.widgets.tree import TreeNode

from recovery.record.estimate import Estimate, Taken, expected, together
from recovery.record.events import Effort, PlanMade, PlannedStatement
from screens import words
from screens.widgets.field import Field
from screens.widgets.sql import SqlArea
from screens.widgets.text import Line, Note

# The places of some statements in the plan, and what they have in common.
Group = tuple[str, tuple[int, ...]]


class PlanText(Vertical):
    """A list of the statements over the text; the text alone while it is read or searched."""

    BINDINGS = [Binding("escape", "list", show=False)]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._plan: PlanMade | None = None
        self._before: Taken | None = None
        self._expected: list[Estimate] = []
        self._by_object = False
        self._sought = ""

    def compose(self) -> ComposeResult:
        yield Line(id="statements-words")
        tree: Tree[Group] = Tree("", id="statements")
        tree.show_root, tree.guide_depth = False, 2
        yield tree
        with Vertical(id="told"):
            yield Note(id="statement")
        yield SqlArea(id="sql")
        yield Field(id="search", placeholder="Text to search for; Enter: the next place")

    def on_mount(self) -> None:
        self.query_one("#search").display = False

    def fill(self, plan: PlanMade, text: str, before: Taken | None) -> None:
        """Shows a plan and the text of its file; does nothing if it is shown already.

        ``before`` is what its statements took when it ran.
        """
        if plan is self._plan and before == self._before:
            return
        self._plan, self._before = plan, before
        self._expected = expected(plan, before)
        self.query_one(SqlArea).read(text, [statement.line for statement in plan.statements])
        self.set_class(not plan.statements, "-unlisted")
        self._list()

    def begin(self) -> None:
        """Gives the list the focus; the text, if nothing is listed."""
        listed = self._plan is not None and self._plan.statements
        self.query_one(Tree if listed else SqlArea).focus()

    def search(self) -> None:
        """Asks for a text."""
        self.query_one("#search").display = True
        self.query_one("#search").focus()

    def regroup(self) -> None:
        """By object instead of by phase, or the other way round; the same statement is chosen."""
        chosen = self._chosen
        self._by_object = not self._by_object
        self._list()
        if chosen is not None:
            self._choose(chosen)

    # --- the list ---

    @property
    def _statements(self) -> tuple[PlannedStatement, ...]:
        return () if self._plan is None else self._plan.statements

    @property
    def _tree(self) -> Tree[Group]:
        return self.query_one(Tree)

    @property
    def _chosen(self) -> int | None:
        """The place of the statement under the cursor, or of its group's first."""
        node = self._tree.cursor_node
        return None if node is None or node.data is None else node.data[1][0]

    def _list(self) -> None:
        groups: dict[str, list[int]] = defaultdict(list)
        for place, statement in enumerate(self._statements):
            groups[statement.object if self._by_object else self._phase(statement)].append(place)
        self._tree.clear()
        for name in sorted(groups) if self._by_object else groups:
            places = tuple(groups[name])
            self._tree.root.add(self._label(name, places), (name, places))
        self._tree.root.expand()
        self._tree.cursor_line = 0
        self._say_how()

    def _say_how(self) -> None:
        way = "object" if self._by_object else "phase"
        count = words.counted(len(self._statements), "statement")
        listed = f"{count} by {way}. Enter opens and reads, x" if self._statements else "x"
        self._say(f"{listed} saves a copy elsewhere.")

    def _phase(self, statement: PlannedStatement) -> str:
        titles = {phase.number: phase.title for phase in self._plan.phases} if self._plan else {}
        if statement.phase == 0:
            return "Before: settings, and all locks"
        return f"Phase {statement.phase}: {titles.get(statement.phase, '')}"

    def _label(self, name: str, places: tuple[int, ...]) -> Text:
        took = together(self._expected[place] for place in places)
        time = "" if took.most < 1 else f", {_span(took)}"
        return Text.assemble(words.plain_line(name), (f"  {len(places):,}{time}", "dim"))

    @on(Tree.NodeExpanded)
    def _fill_group(self, event: Tree.NodeExpanded[Group]) -> None:
        """Thousands of statements are only listed when somebody wants to see them."""
        event.stop()
        node = event.node
        if node.data is None or node.children:
            return
        for place in node.data[1]:
            statement = self._statements[place]
            name = self._phase(statement) if self._by_object else statement.object
            first = self.query_one(SqlArea).document.get_line(statement.line - 1).strip()
            label = Text.assemble(words.plain_line(name), (f"  {first}", "dim"))
            node.add_leaf(label, (name, (place,)))

    def _choose(self, place: int) -> None:
        for group in self._tree.root.children:
            if group.data is not None and place in group.data[1]:
                group.expand()
                at = group.data[1].index(place)
                # Its statements are listed when it has been told that it was opened.
                self.call_after_refresh(self._move_to, group, at)

    def _move_to(self, group: TreeNode[Group], at: int) -> None:
        if at < len(group.children):
            self._tree.move_cursor(group.children[at])

    @on(Tree.NodeHighlighted)
    def _show(self, event: Tree.NodeHighlighted[Group]) -> None:
        event.stop()
        if event.node.data is None:
            return
        name, places = event.node.data
        leaf = not event.node.allow_expand
        self.query_one("#statement", Note).say(
            self._told(places[0]) if leaf else self._told_together(name, places)
        )
        self.call_after_refresh(self.query_one(SqlArea).go_to, self._statements[places[0]].line)

    @on(Tree.NodeSelected)
    def _read(self, event: Tree.NodeSelected[Group]) -> None:
        event.stop()
        if not event.node.allow_expand:
            self.query_one(SqlArea).focus()

    def _told(self, place: int) -> Content:
        statement, estimate = self._statements[place], self._expected[place]
        why, _, more = statement.why.partition("\n")
        return _paragraphs(
            ("", _title(statement)),
            ("Why    ", f"{why} (in the text below)" if more else why),
            ("Locks  ", _locks(statement)),
            ("Time   ", f"{_span(estimate)}: {estimate.grounds}"),
        )

    def _told_together(self, name: str, places: tuple[int, ...]) -> Content:
        took = together(self._expected[place] for place in places)
        each = (self._statements[place] for place in places)
        locks = [_locks(one) if one.effort is Effort.LOCKS else one.locks for one in each]
        more = "; ".join(dict.fromkeys(lock for lock in locks if lock))
        return _paragraphs(
            ("", f"{name}: {words.counted(len(places), 'statement')}"),
            ("Locks  ", more or "nothing more than what is locked from the beginning"),
            ("Time   ", _span(took)),
        )

    # --- the text ---

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self.set_class(not isinstance(event.widget, Tree), "-reading")
        if isinstance(event.widget, SqlArea):
            self._say_where()
        elif isinstance(event.widget, Tree):
            self._say_how()

    @on(TextArea.SelectionChanged)
    def _say_where(self) -> None:
        """Whose text it is under the cursor."""
        searching = self.query_one("#search").display
        if searching or not self.has_class("-reading") or not self._statements:
            return
        row = self.query_one(SqlArea).cursor_location[0]
        place = bisect_right([statement.line - 1 for statement in self._statements], row) - 1
        statement = self._statements[max(place, 0)]
        self._say(f"{_title(statement)}. Escape: the list.")

    def _say(self, said: str) -> None:
        self.query_one("#statements-words", Line).say(said)

    def action_list(self) -> None:
        """Back from the search to the text, and from the text to the list."""
        field = self.query_one("#search", Input)
        if field.display:
            field.display = False
            self.query_one(SqlArea).focus()
        elif self._statements and not self._tree.has_focus:
            chosen = bisect_right(
                [statement.line - 1 for statement in self._statements],
                self.query_one(SqlArea).cursor_location[0],
            )
            self._tree.focus()
            self._choose(max(chosen - 1, 0))

    @on(Input.Submitted, "#search")
    def _find(self, event: Input.Submitted) -> None:
        """Chooses the next place of the text, from the cursor on and round again."""
        event.stop()
        if not event.value:
            return
        area = self.query_one(SqlArea)
        sought = re.compile(re.escape(event.value), re.IGNORECASE)
        places = [
            ((row, match.start()), (row, match.end()))
            for row, line in enumerate(area.document.lines)
            for match in sought.finditer(line)
        ]
        if not places:
            self._say("Not found.")
            return
        again = event.value == self._sought
        self._sought = event.value
        at = area.selection.start
        later = (
            n for n, (start, _) in enumerate(places) if start > at or (start == at and not again)
        )
        number = next(later, 0)
        area.selection = Selection(*places[number])
        area.scroll_cursor_visible(center=True)
        self._say(f"{number + 1:,} of {words.counted(len(places), 'place')}. Escape: the text.")


def _title(statement: PlannedStatement) -> str:
    when = f"Phase {statement.phase}" if statement.phase else "Before"
    return f"{when}: {statement.object}"


def _locks(statement: PlannedStatement) -> str:
    if statement.effort is Effort.LOCKS:
        count = words.counted(len(statement.tables), "table")
        held = f"{count} ACCESS EXCLUSIVE until the end: nobody else reads or writes them"
        return "; ".join(part for part in (held, statement.locks) if part)
    held = ""
    if statement.tables:
        held = f"{_some(statement.tables)}, as from the beginning: ACCESS EXCLUSIVE"
    besides = f"{statement.locks}, from here to the end" if statement.locks else ""
    return "; ".join(part for part in (held, besides) if part) or "nothing more"


def _some(names: tuple[str, ...]) -> str:
    shown, more = names[:2], len(names) - 2
    return f"{', '.join(shown)} and {more:,} more" if more > 0 else " and ".join(shown)


def _span(estimate: Estimate) -> str:
    """``at once``, ``less than 1 s``, ``12 s``, ``2 s to 14 s``, ``not known``, or the like."""
    if estimate.most == 0:
        return "not known" if estimate.unknown else "at once"
    least, most = words.duration(estimate.least), words.duration(estimate.most)
    told = most if least == most else f"{least} to {most}"
    if estimate.most < 1:
        told = "less than 1 s"
    return f"{told} and more" if estimate.unknown else told


def _paragraphs(*told: tuple[str, str]) -> Content:
    """A line for each label and text; what has no label is the title."""
    lines: Iterable[Content] = (
        Content.assemble((label, "bold"), words.plain_line(text))
        if label
        else Content.assemble((words.plain_line(text), "bold"))
        for label, text in told
    )
    return Content("\n").join(lines)
