"""The verbs of the command line, one short file each; the only place where everything is joined."""
