"""Group statistics: from integer counts to figures, intervals and verdicts."""
