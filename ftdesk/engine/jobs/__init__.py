"""Running jobs: ``scheduler`` starts one process per phase of a job, ``worker`` is what runs in it.

``formats`` knows the training files, ``validation`` checks them, ``training`` takes the steps.
"""
