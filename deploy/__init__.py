"""Starting and stopping a whole installation on one machine. Standard library only: it runs before anything is installed."""
