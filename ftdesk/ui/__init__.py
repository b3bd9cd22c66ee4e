"""The window. The only package that knows Qt.

How a place is built: subclass ``panel.Panel`` in a folder of its own and name it in ``panels.PANELS``. A panel is given
the ``desk.Desk``: services (``desk.app.jobs`` …), the open dataset, notices, background work, and ``desk.requests`` for
what it wants of another place; panels never import panels, the window connects them.

- Coroutines: ``self.tasks.start("name", coroutine)`` and ``consume(events, apply)``; start them in ``activated``, slots
  or tasks, never in a constructor. No ``exec()`` of a dialog in a coroutine: ``open()`` and its ``finished`` signal.
- Work over 100 ms: ``work = desk.background.begin(title, cancel)``, ``work.report(...)``, and ``work.end()`` in a
  ``finally``.
- Errors: let them reach ``tasks``, or ``desk.notices.show_error(error)``. Nothing asks "are you sure"; it does it and
  ``desk.dataset.offer_undo(text)`` offers the way back.
- Text of data, models and servers: ``text.Label`` (plain), ``text.SafeText`` (Markdown), ``set_tooltip``, ``one_line``;
  never a raw ``QLabel`` or ``setToolTip``.
- Look: ``widgets`` (Surface, Button, IconButton, Choice, Chip, Tile, EmptyState, Column), measures in multiples of
  ``tokens.UNIT``, colours only from ``tokens(self.palette())`` in a ``paintEvent``; lists are ``long_list.LongList``.
- Whatever a person acts on has an object name (see the tests) and an accessible name. Strings go through ``self.tr``.
- What a place can do is a ``self.command(text, do, keys)``: the command palette and the list of shortcuts read these.
"""
