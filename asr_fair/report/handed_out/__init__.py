"""What may leave the house: one rule for the card, the shared package, and whatever comes later.

`results.hand_out` takes out of results whatever tells of few people; pages and tables are made of what is
left by the same code that makes them of everything. `groups` decides which groups that are, `people` and
`told` what figures tell together, `scrubbed` takes out names of files and runs.
"""
