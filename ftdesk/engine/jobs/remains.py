"""What lies in the folder of a job, and which of it is still of use."""

from __future__ import annotations

from pathlib import Path

from ftdesk.engine.store import Store
from ftdesk.engine.store.jobs import Job

LOG = "trainer.log"
"""What the last process of a job printed."""


def tidy(place: Path, job: Job, store: Store) -> None:
    """Remove what killed and ended runs left: states that are not the last one, weights that no model names."""
    wanted = {model.weights for model in store.models.of_job(job.id)} | {job.state_file, LOG}
    for path in place.iterdir():
        if path.name not in wanted:
            path.unlink(missing_ok=True)
