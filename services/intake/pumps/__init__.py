"""What intake's worker does again and again, a module for each subject."""
