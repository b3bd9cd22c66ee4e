"""OpenAI's REST protocol over the store and the scheduler.

``app`` lists the routes, ``guard`` decides who may call them, ``errors`` are what is said when they cannot be served.
``parameters`` and ``multipart`` read requests, ``views`` writes answers, and a module per resource lies between.
"""
