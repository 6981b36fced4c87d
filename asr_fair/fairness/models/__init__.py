"""Regression models of error counts, for ratios adjusted for what differs between groups beside the group.

Rows (`table`) become a design matrix (`design`), which each model takes and answers with a `Fit` (`fit`):
`poisson` with a speaker-clustered covariance is the primary one; `gamma` and `normal` give every speaker a
random intercept. `adjust` puts unadjusted and adjusted side by side.
"""
