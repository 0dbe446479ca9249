"""The demo: an imaginary application, the incident that befell its database, and its service."""
