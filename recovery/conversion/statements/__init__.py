"""The statements of a conversion, each composed once and shown as it will run."""
