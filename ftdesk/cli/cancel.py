"""``ftdesk cancel``: stop a training job for good."""

from __future__ import annotations

import argparse

from ftdesk.cli.steering import add_job_arguments as add_arguments
from ftdesk.cli.steering import steer
from ftdesk.jobs.service import JobService

__all__ = ["add_arguments", "run"]


def run(arguments: argparse.Namespace) -> int:
    return steer(arguments, JobService.cancel)
