"""What each model takes, makes and costs, as dated data, and whether an edit fits it."""
