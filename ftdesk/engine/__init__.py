"""The host that is built in: a local server that speaks OpenAI's REST protocol, and the process that trains.

A separate program. The rest of ftdesk starts it by its command line and talks to it over HTTP only. It opens no
connection to anywhere, listens on 127.0.0.1 alone, and keeps everything in one data folder.

``command`` starts it · ``server`` listens · ``api`` answers requests · ``store`` remembers · ``jobs`` schedules and
trains · ``trainers`` are what there is to train.
"""
