"""What the place shows while no dataset is open: what belongs here, and the first steps."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from ftdesk.ui.files import Files
from ftdesk.ui.widgets import EmptyState


class Welcome(EmptyState):
    def __init__(self, files: Files, parent: QWidget | None = None) -> None:
        super().__init__("message-square", "", "", parent)
        self.say(
            self.tr("Write the examples a model learns from"),
            self.tr(
                "Open or import a file, start a new one, or try the sample. "
                "It all works on this computer, without a key."
            ),
        )
        self.offer(self.tr("Try the sample"), files.try_sample, primary=True).setObjectName("try_sample_button")
        self.offer(self.tr("Open…"), files.choose_and_open).setObjectName("open_button")
        self.offer(self.tr("Import…"), files.transfers.choose_import).setObjectName("welcome_import_button")
        self.offer(self.tr("New dataset"), files.new).setObjectName("new_dataset_button")
