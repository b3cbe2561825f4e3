"""In the place of a module that the emulated board has not."""
