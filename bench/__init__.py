"""What the platform costs, as ratios against a bare floor measured in the same run."""
