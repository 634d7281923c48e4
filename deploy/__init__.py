"""Starting and stopping a whole installation on one machine.

Standard library only (but for watch.py): it runs before anything is installed.
"""
