"""The window as a program of its own that acts by itself and says on stdout what it shows, so that it can be killed.

``train`` opens the sample, edits it without saving and starts a training; ``follow`` only looks on. Both end with the
training.
"""

from __future__ import annotations

import asyncio
import json
import sys

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from window_driver import Driver

import ftdesk.ui.window
from ftdesk.ui.start import run_window
from ftdesk.ui.window import Window

EPOCHS = 4
EDIT = "written and not saved"


class ActingWindow(Window):
    def begin(self) -> None:
        super().begin()
        self.desk.jobs.told.connect(lambda key, _: self.say(key))
        self.acting = asyncio.get_running_loop().create_task(self.act(Driver(self)))

    async def act(self, user: Driver) -> None:
        try:
            if sys.argv[1] == "train":
                await train(user)
            await user.until(lambda: any(job.finished_at for job in self.desk.jobs.jobs))
            self.close()
        except BaseException as error:
            print(json.dumps({"problem": repr(error)}), flush=True)
            self.close()
            raise

    def say(self, key: str) -> None:
        story, document = self.desk.jobs.story(key), self.desk.dataset.document
        assert story is not None
        assert document is not None
        facts = {
            "job": story.job.id,
            "status": story.job.status,
            "step": story.progress.step if story.progress else 0,
            "steps": sum(event.type == "metrics" for event in story.log.values()),
            "modified": document.is_modified,
            "first_line": document.line(0).decode(),
        }
        print(json.dumps(facts), flush=True)


async def train(user: Driver) -> None:
    user.click("try_sample_button")
    await user.until_shown("message_1_text")
    user.type("message_1_text", EDIT)
    user.click("launch_button")
    await user.until_enabled("launch_confirm_button")
    user.click("advanced_button")
    user.find("hyperparameter_n_epochs", QLineEdit).setText(str(EPOCHS))
    user.press("launch_confirm_button", Qt.Key.Key_Space)


if __name__ == "__main__":
    ftdesk.ui.window.Window = ActingWindow  # type: ignore[misc]
    sys.exit(run_window([]))
