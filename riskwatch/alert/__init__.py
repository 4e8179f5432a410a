"""From an assessment to a graded alert and its life."""
