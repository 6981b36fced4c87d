"""Who is compared with whom: dimensions, their combinations, and what the plan declares of them."""
