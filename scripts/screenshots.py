"""Pictures of the main screens for the README and the guide: screenshots.py FOLDER."""

import asyncio
import os
import sys
from pathlib import Path

from recovery.events import Step
from tests.screens import story
from tests.screens.stage import scene
from tests.screens.story import Story

SIZE = (100, 30)
PICTURES: dict[str, tuple[Story, Step, tuple[str, ...]]] = {
    "target": (story.begun(), Step.TARGET, ()),
    "investigation": (story.investigated(), Step.INVESTIGATION, ()),
    "plan": (story.planned(), Step.PLAN, ("3",)),
    "conversion-running": (story.converting(), Step.CONVERSION, ()),
    "conversion-gate": (story.at_the_gate(), Step.CONVERSION, ()),
    "conversion-foreign-keys": (story.at_the_gate(), Step.CONVERSION, ("2",)),
    "migrations": (story.migrated(), Step.MIGRATIONS, ()),
    "verification": (story.recovered(), Step.VERIFICATION, ()),
}


async def write(folder: Path) -> None:
    """Writes one SVG for each picture."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (told, step, keys) in PICTURES.items():
        app, play = scene(told, step, *keys)
        async with app.run_test(size=SIZE) as pilot:
            await play(pilot)
            app.save_screenshot(f"{name}.svg", str(folder))


def main() -> int:
    if len(sys.argv) != 2:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    os.environ.pop("NO_COLOR", None)
    asyncio.run(write(Path(sys.argv[1])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
