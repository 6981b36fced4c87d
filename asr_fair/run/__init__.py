"""From jobs to transcripts: batches, the workers that run them, and a store that can be continued."""
