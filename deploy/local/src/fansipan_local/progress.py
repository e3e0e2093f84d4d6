"""Shows what the stack is doing: spinners on a terminal, plain lines elsewhere, nothing in tests."""

import time
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

from rich.console import Console
from rich.progress import Progress as RichBars
from rich.progress import SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn


class Step(Protocol):
    """One piece of work under way."""

    def note(self, text: str) -> None:
        """Say what happens now inside the step."""
        ...


class Progress(Protocol):
    """Where steps are shown. Steps may run in several threads at once."""

    def step(self, title: str) -> AbstractContextManager[Step]:
        """Show `title` until the context ends, then how long it took, or that it failed."""
        ...

    def say(self, text: str) -> None:
        """A line that stays."""
        ...


class _SilentStep:
    def note(self, text: str) -> None:
        del text


class SilentProgress:
    """Shows nothing."""

    def step(self, title: str) -> AbstractContextManager[Step]:
        del title
        return nullcontext(_SilentStep())

    def say(self, text: str) -> None:
        del text


class _PlainStep:
    def __init__(self, console: Console, title: str) -> None:
        self._console = console
        self._title = title

    def note(self, text: str) -> None:
        self._console.print(f"  {self._title}: {text}", highlight=False, markup=False, soft_wrap=True)


class PlainProgress:
    """One line at each change, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def step(self, title: str) -> Generator[Step]:
        started = time.monotonic()
        try:
            yield _PlainStep(self._console, title)
        except BaseException:
            self.say(f"✗ {title}")
            raise
        self.say(f"✓ {title} ({time.monotonic() - started:.1f} s)")

    def say(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)


class _BarStep:
    def __init__(self, bars: RichBars, task: TaskID) -> None:
        self._bars = bars
        self._task = task

    def note(self, text: str) -> None:
        self._bars.update(self._task, note=text)


class TerminalProgress:
    """Live spinners; use `with terminal_progress(console) as progress`."""

    def __init__(self, bars: RichBars) -> None:
        self._bars = bars

    @contextmanager
    def step(self, title: str) -> Generator[Step]:
        task = self._bars.add_task(title, total=1, note="")
        started = time.monotonic()
        try:
            yield _BarStep(self._bars, task)
        except BaseException:
            self._bars.remove_task(task)
            self._bars.console.print(f"[red]✗[/] {title}", highlight=False)
            raise
        self._bars.remove_task(task)
        self._bars.console.print(
            f"[green]✓[/] {title} [dim]{time.monotonic() - started:.1f} s[/]", highlight=False
        )

    def say(self, text: str) -> None:
        self._bars.console.print(text, highlight=False, markup=False)


@contextmanager
def progress_on(console: Console) -> Generator[Progress]:
    """Spinners when `console` is a terminal, else plain lines."""
    if not console.is_terminal:
        yield PlainProgress(console)
        return
    bars = RichBars(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.fields[note]}", style="dim", markup=False),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
    with bars:
        yield TerminalProgress(bars)
