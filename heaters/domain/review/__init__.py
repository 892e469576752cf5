"""The algebra of review, pure: actions, what undoes them, gates, redetection. Knows no database and no clock."""
