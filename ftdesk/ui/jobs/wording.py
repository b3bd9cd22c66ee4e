"""Jobs in words: status, what happens next, times and amounts."""

from __future__ import annotations

import time

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale

from ftdesk.hosts.types import LOCAL, JobStatus
from ftdesk.jobs.types import Job
from ftdesk.ui.job_feed import JobStory, Progress

ICONS: dict[JobStatus, tuple[str, str]] = {
    "launching": ("upload", "accent"),
    "unknown": ("circle-question-mark", "warning"),
    "validating_files": ("list-checks", "accent"),
    "queued": ("clock", "mute"),
    "running": ("loader-circle", "accent"),
    "paused": ("pause", "warning"),
    "succeeded": ("circle-check", "accent"),
    "failed": ("circle-x", "error"),
    "cancelled": ("circle-stop", "mute"),
}
"""The icon of a status and the name of its colour in ``Tokens``."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("Jobs", text)


def status_word(status: JobStatus) -> str:
    return {
        "launching": _tr("Starting"),
        "unknown": _tr("Unclear"),
        "validating_files": _tr("Checking files"),
        "queued": _tr("Queued"),
        "running": _tr("Running"),
        "paused": _tr("Paused"),
        "succeeded": _tr("Succeeded"),
        "failed": _tr("Failed"),
        "cancelled": _tr("Cancelled"),
    }[status]


def status_sentence(story: JobStory, now: float | None = None) -> str:
    """Where the job is and what comes next. ``now`` is in Unix seconds."""
    job = story.job
    match job.status:
        case "launching":
            return story.note or _tr("Starting: the files are sent to the host.")
        case "unknown":
            return _tr(
                "Unclear: the host’s answer to the launch was lost. ftdesk keeps looking for the job; "
                "starting it again could cost twice."
            )
        case "validating_files":
            return _tr("Checking files: the host reads them before it trains.")
        case "queued":
            return _tr("Queued: waiting for its turn.")
        case "running":
            return _running(story, time.time() if now is None else now)
        case "paused":
            return _with_step(_tr("Paused"), story.progress) + _tr(" Resume it to go on.")
        case "succeeded":
            return _tr("Succeeded{time}. The new model is {model}.").format(
                time=_taken(job), model=f"{job.host}/{job.fine_tuned_model}" if job.fine_tuned_model else "…"
            )
        case "failed":
            return _tr("Failed{time}: {reason}").format(
                time=_taken(job), reason=_sentence(job.error or _tr("the host gave no reason"))
            )
        case "cancelled":
            reason = f" {_sentence(job.error)}" if job.error else ""
            return _tr("Cancelled{time}.").format(time=_taken(job)) + reason


def next_step(story: JobStory) -> str:
    """What to do about the state, where there is something to do; or what goes on by itself."""
    job = story.job
    if story.note and job.status != "launching":
        return story.note
    if job.status == "failed":
        return _tr("Correct the data or the settings and train again; the events below have the details.")
    if story.is_active and job.host == LOCAL and job.status != "paused":
        return _tr("It trains on this computer. If you close ftdesk, it goes on with the next start.")
    return ""


def duration(seconds: float) -> str:
    """Seconds as a person says them: 41 s, 2 min 5 s, 1 h 3 min."""
    whole = max(0, round(seconds))
    if whole < 60:
        return _tr("{s} s").format(s=whole)
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return _tr("{min} min").format(min=minutes) + (
            " " + _tr("{s} s").format(s=rest) if rest and minutes < 10 else ""
        )
    hours, rest = divmod(round(whole / 60), 60)
    return _tr("{h} h").format(h=hours) + (" " + _tr("{min} min").format(min=rest) if rest else "")


def when(seconds: int) -> str:
    """A moment in local time: only the time today, with the day otherwise."""
    if not seconds:
        return "–"
    moment, today = QDateTime.fromSecsSinceEpoch(seconds), QDateTime.currentDateTime().date()
    locale = QLocale()
    clock = locale.toString(moment.time(), QLocale.FormatType.ShortFormat)
    if moment.date() == today:
        return clock
    day = "d MMM" if moment.date().year() == today.year() else "d MMM yyyy"
    return f"{locale.toString(moment.date(), day)}, {clock}"


def clock_time(seconds: int) -> str:
    """The time of day in local time, with seconds."""
    return QDateTime.fromSecsSinceEpoch(seconds).toString("HH:mm:ss")


def money(dollars: float | None, host: str) -> str:
    if host == LOCAL:
        return _tr("free")
    return "–" if dollars is None else f"${dollars:,.2f}"


def _running(story: JobStory, now: float) -> str:
    text = _with_step(_tr("Running"), story.progress)
    if story.job.estimated_finish is not None and story.progress is not None:
        text += _tr(" About {time} left.").format(time=duration(story.job.estimated_finish - now))
    return text


def _with_step(word: str, progress: Progress | None) -> str:
    if progress is None:
        return f"{word}."
    step = f"{progress.step:,}"
    at = _tr("step {step} of {total}").format(step=step, total=f"{progress.total:,}") if progress.total else step
    loss = "" if progress.loss is None else _tr(", loss {loss}").format(loss=f"{progress.loss:.3f}")
    return f"{word}: {at}{loss}."


def _taken(job: Job) -> str:
    if job.finished_at is None or not job.created_at:
        return ""
    return _tr(" after {time}").format(time=duration(job.finished_at - job.created_at))


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?", "…")) else text + "."
