"""Group statistics: from integer counts to figures, intervals and verdicts.

The chapters, from the ground up; each rests on those before it (a contract in `pyproject.toml`).

- `counting`: what each speaker adds to a group, summed once.
- `results`, `display`: the rows of `results.json`, and what may be shown of them.
- `estimates`: rates, ratios and gaps with intervals from the jackknife over speakers.
- `resampling`: draws of whole speakers; intervals that hold together.
- `models`: ratios adjusted for what else differs.
- `grouping`: dimensions, their combinations, and what the plan declares.
- `noise`, `normalisers`: what conditions and ways of counting words do to one group more than to another.
- `permutations`: whether groups differ at all.
- `planning`: what data could show before anything is transcribed.
- `verdicts`: what the declared comparisons allow to say.
- `systems`, `within`: two recognisers on the same utterances; one dimension within the levels of another.
- `analyse`: all of it, in one call.
"""
