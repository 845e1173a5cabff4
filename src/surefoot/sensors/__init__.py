"""How readings come in: radio and files become ``Samples`` and ``Gap``."""
