"""Histories in the words of a model and back: nothing is lost, nothing named that few have."""

from dataclasses import replace

import numpy as np
import pytest

from bridge.histories.events import BEFORE, EventTable
from bridge.histories.learnt.durations import durations_of, open_always
from bridge.histories.learnt.gaps import spans_of
from bridge.histories.learnt.masks import masks_of, own_rules, proposals, without_forbidden
from bridge.histories.learnt.moves import moves_of
from bridge.histories.learnt.records import FIRST_KIND, HISTORY, START, encode
from bridge.histories.learnt.stream import Stream
from bridge.histories.learnt.vocabulary import Vocabulary, vocabulary_of
from bridge.histories.learnt.writing import write
from tests.histories.learnt.toy import clinic


@pytest.fixture(scope="module")
def table() -> EventTable:
    return clinic()


@pytest.fixture(scope="module")
def words(table: EventTable) -> Vocabulary:
    return vocabulary_of(table)


def test_a_code_that_few_people_have_is_no_word(table: EventTable, words: Vocabulary) -> None:
    """It would name them."""
    few = table.code.copy()
    few[np.flatnonzero(table.code == "malaria")[:3]] = "kuru"

    rare = replace(table, code=few)
    assert ("condition", "malaria") in words.codes
    assert ("condition", "kuru") not in vocabulary_of(rare).codes
    assert encode(rare, vocabulary_of(rare)).dropped["a code that fewer people have"] == 3


def test_tests_that_come_together_are_one_word(words: Vocabulary) -> None:
    """A panel, taken apart when it is written."""
    assert [token for token in words.codes if token[0] == "test"] == [("test", "hb")]
    assert words.members["test", "hb"] == ("hb", "wbc")


def test_encoding_and_writing_keeps_everything(table: EventTable, words: Vocabulary) -> None:
    """Who, the day, the visit, the code."""
    records = encode(table, words)
    written = write(records, words, open_always(99), np.random.default_rng(0), list(table.person))

    def rows(one: EventTable) -> list[tuple[object, ...]]:
        days = one.time.astype("datetime64[D]").astype(str)
        columns = (one.owner.tolist(), one.visit.tolist(), days, one.kind, one.code)
        return sorted(zip(*columns, strict=True))

    assert rows(written) == rows(table)
    assert (np.diff(written.time.astype(np.int64))[np.diff(written.owner) == 0] >= 0).all()
    assert (written.visit == BEFORE).sum() > 0


def test_spans_hold_each_day_and_give_it_back() -> None:
    """A draw stays in its class and under what is left; a common number is its own class."""
    rng = np.random.default_rng(0)
    days = np.concatenate([np.full(300, 7), rng.integers(0, 3000, 3000)])
    spans = spans_of(days, 56)
    k = spans.classes(days)
    assert (spans.least[k] <= days).all() and (days <= spans.most[k]).all()
    assert spans.least[spans.classes(np.array([7]))] == spans.most[spans.classes(np.array([7]))]
    assert 45 <= len(spans) <= 62
    drawn = spans.drawn(k, days, rng.random(len(days)))
    assert (drawn <= days).all() and (drawn >= spans.least[k]).all()


def test_moves_that_happened_are_allowed(table: EventTable, words: Vocabulary) -> None:
    """Otherwise the loss would be endless; the dead go on to their last day."""
    records = encode(table, words)
    moves = moves_of(records)
    trail = moves.trail(records)
    given = records.given
    inside = ~np.isin(trail.kind, (START, HISTORY))
    begin = (given.begin - given.birth)[trail.owner]
    end = (given.end - given.birth)[trail.owner]
    left = np.where(inside, end, begin - 1) - trail.day
    can = moves.allowed(inside, left, given.dead[trail.owner])
    assert can[np.arange(len(can)), trail.move].all()
    assert (trail.move == moves.last).sum() == given.dead.sum()


def test_a_stream_says_the_same_as_the_records(table: EventTable, words: Vocabulary) -> None:
    """Kinds and codes come back but for days, drawn anew, that run over the end."""
    records = encode(table, words)
    stream, given = Stream(words=words, moves=moves_of(records)), records.given
    streams = stream.tokens(records)
    read = stream.read(streams, records.given, np.random.default_rng(0))
    assert read.broken == 0
    lost = 0
    for k in range(len(records)):
        one, own = read.records.rows(np.array([k])), records.rows(np.array([k]))
        many = len(one.kind)
        assert one.kind.tolist() == own.kind.tolist()[:many]
        assert one.code.tolist() == own.code.tolist()[: own.first[many]]
        lost += len(own.kind) - many
    assert lost < 0.05 * len(records.kind)
    assert (read.records.day <= (given.end - given.birth)[read.records.owner]).all()
    broken = [np.concatenate([one[:1], one[-2:0:-1]]) for one in streams]
    assert stream.read(broken, records.given, np.random.default_rng(0)).broken > 0.2


def test_what_a_rule_forbids_is_taken_out(table: EventTable, words: Vocabulary) -> None:
    """A pregnancy of men; a certificate before the end."""

    odd = replace(table, sex=np.where(table.sex == "F", "M", "F"))
    masks = masks_of(words, own_rules())
    assert masks.certifies.sum() == 1
    kept = without_forbidden(encode(odd, words), masks)
    pregnant = words.codes.index(("condition", "preg"))
    assert kept.dropped["a code that a rule forbids"] == (table.code == "preg").sum()
    assert pregnant not in kept.records.code
    assert not without_forbidden(encode(table, words), masks).dropped
    alive = replace(table, death=np.full(len(table), np.datetime64("NaT", "D")))
    kept = without_forbidden(encode(alive, words), masks)
    assert kept.dropped["a visit that a rule forbids"] > 0
    certificate = np.flatnonzero(masks.certifies)[0] + FIRST_KIND
    assert certificate not in kept.records.kind


def test_rules_are_proposed_and_not_taken(table: EventTable, words: Vocabulary) -> None:
    """What only women have is said."""

    plain = replace(words, display={})
    masks = masks_of(plain, own_rules())
    assert masks.sexes.all()
    said = proposals(encode(table, words), plain, masks)
    assert any(line.startswith("preg: women only") for line in said)


def test_durations_are_of_their_code(table: EventTable, words: Vocabulary) -> None:
    """A drug of three days ends after three days, what has no ends stays open."""

    drug = table.kind == "drug"
    stop = np.where(drug, table.time + np.timedelta64(72, "h"), np.datetime64("NaT", "s"))
    durations = durations_of(replace(table, stop=stop), words)
    al = len(words.kinds) + words.codes.index(("drug", "al"))
    hours = durations.drawn(np.array([al, 0, 0]), np.random.default_rng(0))
    assert hours[0] == pytest.approx(72)
    assert np.isnan(hours[1:]).all()
