"""Other programs' files, in and out: containers hold rows, shapes say what a row means."""
