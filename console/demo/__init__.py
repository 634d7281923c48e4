"""The demo page: three phones side by side, and what a demo may not do."""
