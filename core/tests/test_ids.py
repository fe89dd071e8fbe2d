"""Ids drawn in bulk are as random as those drawn one by one."""

from itertools import islice

from core.ids import fresh_ids


def test_ids_are_random_uuids_of_version_four():
    drawn = list(islice(fresh_ids(), 1000))
    assert {key.version for key in drawn} == {4}
    assert len(set(drawn)) == 1000


def test_two_streams_draw_different_ids():
    assert not set(islice(fresh_ids(), 500)) & set(islice(fresh_ids(), 500))
