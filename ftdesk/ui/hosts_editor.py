"""Adding, testing and removing hosts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ftdesk.errors import FtdeskError, InputError
from ftdesk.hosts.connections import check_host_name
from ftdesk.hosts.endpoint import parse_base_url
from ftdesk.hosts.profiles import PROFILES, profile_named
from ftdesk.hosts.types import LOCAL
from ftdesk.settings import HostEntry
from ftdesk.storage.secrets import Key
from ftdesk.ui.desk import Desk
from ftdesk.ui.tasks import Tasks
from ftdesk.ui.text import Label, plural, visible
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, Choice, IconButton, Surface, restyle


class HostsEditor(QWidget):
    """The hosts as a list, and a form for one more. A key goes to the system's keyring, never into a file of ours."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._tasks = Tasks(self, self._failed)
        self._rows: list[Surface] = []
        self._list = QVBoxLayout()
        self._list.setSpacing(UNIT)
        self._message = Label("", "caption", wrap=True)
        self._message.setObjectName("hosts_message")
        self._message.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3 * UNIT)
        column.addLayout(self._list)
        column.addWidget(self._message)
        column.addWidget(self._form())
        self._show_hosts()

    def _form(self) -> Surface:
        form = Surface("tile", 4 * UNIT, 3 * UNIT)
        form.column.addWidget(Label(self.tr("Add a host"), "heading"))
        self._profile = Choice(self.tr("Kind of host"))
        self._profile.setObjectName("host_profile")
        for profile in PROFILES:
            if profile.name != LOCAL:
                self._profile.addItem(profile.title, profile.name)
        self._profile.currentIndexChanged.connect(self._prefill)
        self._name = self._field(self.tr("Name"), "host_name")
        self._address = self._field(self.tr("Address"), "host_base_url")
        self._key = self._field(self.tr("Key"), "host_key")
        self._key.setEchoMode(QLineEdit.EchoMode.Password)
        rows = QFormLayout()
        rows.setSpacing(2 * UNIT)
        rows.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for title, field in (
            (self.tr("Kind"), self._profile),
            (self.tr("Name"), self._name),
            (self.tr("Address"), self._address),
            (self.tr("Key"), self._key),
        ):
            label = Label(title, "mute")
            label.setBuddy(field)
            rows.addRow(label, field)
        form.column.addLayout(rows)
        self._help = Label("", "caption", wrap=True)
        form.column.addWidget(self._help)
        add = Button(self.tr("Add host"), self._add, kind="primary")
        add.setObjectName("add_host_button")
        form.column.addWidget(add, 0, Qt.AlignmentFlag.AlignRight)
        self._prefill()
        return form

    def _field(self, name: str, object_name: str) -> QLineEdit:
        field = QLineEdit()
        field.setAccessibleName(name)
        field.setObjectName(object_name)
        field.returnPressed.connect(self._add)
        return field

    def _prefill(self) -> None:
        profile = profile_named(self._profile.currentData())
        taken = self._desk.app.settings.hosts
        self._name.setText(profile.name if profile.name not in taken else "")
        self._address.setText(profile.base_url)
        self._address.setPlaceholderText(profile.base_url_example)
        self._help.setText(profile.key_help)

    def _show_hosts(self) -> None:
        for row in self._rows:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = [self._row(LOCAL, self.tr("built in, needs no key"))]
        for name, entry in self._desk.app.settings.hosts.items():
            self._rows.append(self._row(name, f"{_title(entry.profile)} · {entry.base_url}"))
        for row in self._rows:
            self._list.addWidget(row)

    def _row(self, name: str, about: str) -> Surface:
        surface = Surface("tile", 2 * UNIT, 0)
        row = QHBoxLayout()
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Label(visible(self._desk.host.title(name))))
        words.addWidget(Label(visible(about), "caption", wrap=True))
        row.addLayout(words, 1)
        test = Button(self.tr("Test"), lambda: self._test(name), kind="quiet")
        test.setAccessibleName(self.tr("Test {name}").format(name=name))
        test.setObjectName(f"test_host_{name}")
        row.addWidget(test)
        if name != LOCAL:
            remove = IconButton("trash-2", self.tr("Remove {name}").format(name=name), lambda: self._remove(name))
            remove.setObjectName(f"remove_host_{name}")
            row.addWidget(remove)
        surface.column.addLayout(row)
        return surface

    def _add(self) -> None:
        name = self._name.text().strip()
        try:
            check_host_name(name)
            if name in self._desk.app.settings.hosts:
                raise InputError(f"There is a host “{name}” already.", hint="Choose another name.")
            address = parse_base_url(self._address.text())
            key = Key.parse(self._key.text()) if self._key.text() else None
        except FtdeskError as error:
            self._say(error.sentence, "error")
            return
        entry = HostEntry(self._profile.currentData(), address)
        self._key.clear()
        self._tasks.start("add", self._keep(name, entry, key))

    async def _keep(self, name: str, entry: HostEntry, key: Key | None) -> None:
        app = self._desk.app
        place = await app.secrets.set(name, key) if key is not None else "nowhere"
        await self._change({**app.settings.hosts, name: entry})
        if place == "memory":
            self._say(
                self.tr("Added. There is no keyring here, so the key is forgotten when ftdesk closes."), "warning"
            )
        else:
            self._say(self.tr("Added {name}.").format(name=name), "caption")
        self._prefill()

    def _remove(self, name: str) -> None:
        self._tasks.start("remove", self._forget(name))

    async def _forget(self, name: str) -> None:
        hosts = {other: entry for other, entry in self._desk.app.settings.hosts.items() if other != name}
        await self._change(hosts)
        await self._desk.app.secrets.delete(name)
        self._say(self.tr("Removed {name} and its key.").format(name=name), "caption")

    def _test(self, name: str) -> None:
        self._say(self.tr("Asking {name}…").format(name=self._desk.host.title(name)), "caption")
        self._tasks.start("test", self._ask(name))

    async def _ask(self, name: str) -> None:
        client = await self._desk.app.hosts.client(name)
        number = len(await client.models())
        models = plural(number, self.tr("1 model"), self.tr("{number} models"))
        self._say(
            self.tr("{name} answers: {models}.").format(name=self._desk.host.title(name), models=models), "accent"
        )

    async def _change(self, hosts: Mapping[str, HostEntry]) -> None:
        app = self._desk.app
        app.save_settings(replace(app.settings, hosts=hosts))
        await app.hosts.update(hosts)
        if self._desk.host.name not in self._desk.host_names():
            self._desk.host.choose(LOCAL)
        self._desk.host.listed.emit()
        self._show_hosts()

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, FtdeskError):
            self._say(error.sentence, "error")
        else:
            self._desk.notices.show_error(error)

    def _say(self, text: str, tone: str) -> None:
        self._message.setText(visible(text))
        restyle(self._message, "tone", tone)
        self._message.show()


def _title(profile: str) -> str:
    return next((known.title for known in PROFILES if known.name == profile), profile)
