"""The program: command line, application, order of the steps, demo."""

__version__ = "0.1.0"
