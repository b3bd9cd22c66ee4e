"""One prompt, several models, their answers as they stream in."""
