"""An address says what is asked for, and everything that it cannot mean is refused by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr_fair.report.links import utterances_query
from asr_fair.view.addresses import Place, ServerAddresses, place_of
from asr_fair.view.browser import Browser
from asr_fair.view.change import Other
from asr_fair.view.kinds import KIND_TITLES, Kind
from asr_fair.view.query import SORT_TITLES, Query, QueryError, Sort, parameters, parse_query
from view.made_run import HOSTILE_GROUP, TEXTS


def test_the_links_of_a_report_are_understood(made: Browser) -> None:
    text = utterances_query(
        condition="noisy", system="two", kind="runaway", groups={"accent": HOSTILE_GROUP, "place": "ward"}
    )
    expected = Query("noisy", "two", Kind.RUNAWAY, {"accent": HOSTILE_GROUP, "place": "ward"})
    assert parse_query(text, made.catalogue) == expected


@given(data=st.data())
def test_a_query_becomes_text_and_itself_again(made: Browser, data: st.DataObject) -> None:
    catalogue = made.catalogue
    labels = {name: st.sampled_from(tag.groups) for name, tag in catalogue.tags.items()}
    names = (catalogue.conditions, catalogue.systems)
    sides = st.tuples(*(st.sampled_from([None, *each]) for each in names))
    texts = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=200)
    pair = data.draw(sides)
    other = Other(*pair) if any(pair) else None
    by_change = (Sort.WORSE, Sort.BETTER)  # which always compare with something
    query = Query(
        condition=data.draw(st.sampled_from([None, *catalogue.conditions])),
        system=data.draw(st.sampled_from([None, *catalogue.systems])),
        kind=data.draw(st.sampled_from([None, *Kind])),
        groups=data.draw(st.fixed_dictionaries({}, optional=labels)),
        said=data.draw(st.none() | texts),
        other=other,
        sort=data.draw(st.sampled_from([each for each in Sort if other or each not in by_change])),
        page=data.draw(st.integers(1, 10**9)),
    )
    assert parse_query(query.text, catalogue) == query


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("condition=cleam", "unknown condition 'cleam'. Did you mean 'clean'"),
        ("system=three", "unknown system 'three'"),
        ("kind=sneezes", "unknown kind 'sneezes'"),
        ("sort=up", "unknown sort 'up'"),
        ("tag.acent=Irish", "unknown tag 'acent'. Did you mean 'accent'"),
        ("tag.accent=Welsh", "unknown group 'Welsh'"),
        ("than.condition=cleam", "unknown condition 'cleam'. Did you mean 'clean'"),
        ("text=" + "a" * 201, "must be 200 characters or fewer, got 201"),
        ("conditions=clean", "unknown parameter 'conditions'"),
        ("condition=clean&condition=noisy", "more than once"),
        ("page=0", "whole number"),
        ("page=-1", "whole number"),
        ("page=1.5", "whole number"),
        ("page=²", "whole number"),
        ("page=" + "9" * 30, None),
        ("condition=%ff", "cannot be read"),
        ("&".join(f"a{n}=1" for n in range(300)), "cannot be read"),
    ],
)
def test_what_there_is_not_is_refused_by_name(made: Browser, text: str, message: str | None) -> None:
    if message is None:
        assert parse_query(text, made.catalogue).page == 9_999_999_999
        return
    with pytest.raises(QueryError) as caught:
        parse_query(text, made.catalogue)
    assert message in str(caught.value)


def test_a_form_that_leaves_fields_empty_asks_for_nothing(made: Browser) -> None:
    assert parse_query("condition=&tag.accent=&kind=&page=", made.catalogue) == Query()
    assert not Query().text


def test_every_kind_and_order_has_words_of_its_own() -> None:
    assert set(KIND_TITLES) == set(Kind)
    assert set(SORT_TITLES) == set(Sort)
    assert len(set(KIND_TITLES.values())) == len(Kind)


@pytest.mark.parametrize("utterance_id", list(TEXTS))
def test_the_address_of_an_utterance_leads_back_to_it(made: Browser, utterance_id: str) -> None:
    query = Query(kind=Kind.ERRORS, groups={"accent": HOSTILE_GROUP}, page=3)
    place = Place(made.numbers[utterance_id], ("noisy", "two"), query, beside=("clean", "one"))
    path, _, text = ServerAddresses(made.catalogue).utterance(place).partition("?")
    assert path == "utterance"
    assert place_of(parameters(text), made.catalogue, made.numbers) == place


def test_a_place_without_a_column_is_the_first_that_the_filter_allows(made: Browser) -> None:
    asked = {"id": "rtl", "condition": "noisy", "beside.system": "two"}
    place = place_of(asked, made.catalogue, made.numbers)
    assert (place.column, place.beside) == (("noisy", "one"), ("noisy", "two"))
    assert place_of({"id": "rtl", "beside.system": "one"}, made.catalogue, made.numbers).beside is None


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "unknown utterance ''"),
        ({"id": "../../etc/passwd"}, "unknown utterance"),
        ({"id": "rtl", "at.condition": "loud"}, "unknown condition 'loud'"),
        ({"id": "rtl", "path": "/etc/passwd"}, "unknown parameter 'path'"),
    ],
)
def test_places_that_there_are_not_are_refused(made: Browser, asked: dict[str, str], message: str) -> None:
    with pytest.raises(QueryError, match=message):
        place_of(asked, made.catalogue, made.numbers)


def test_an_order_by_change_without_a_word_on_what_compares_with_clean(made: Browser) -> None:
    assert parse_query("sort=worse", made.catalogue).other == Other("clean", None)
    assert parse_query("sort=worse&than.system=two", made.catalogue).other == Other(None, "two")
