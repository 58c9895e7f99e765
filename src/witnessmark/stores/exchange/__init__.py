"""Exchange with other databases: signed bundles, questions and answers without footage, and others' hash lists."""

from witnessmark.stores.exchange.banks import Signal, SignalList, bank_entries, read_signals, write_signals
from witnessmark.stores.exchange.bundle import BANK, Bundle, Listed, Sharing, read_bundle, write_bundle
from witnessmark.stores.exchange.importing import Imported, import_bank, import_bundle, remove_origin
from witnessmark.stores.exchange.inquiry import (
    Answer,
    AnsweredMatch,
    AnsweredStretch,
    Inquiry,
    answer_inquiry,
    read_answer,
    read_inquiry,
    write_inquiry,
)
from witnessmark.stores.exchange.labels import Labels
from witnessmark.stores.exchange.partners import Partner, Partners, grouped, plain_partner
from witnessmark.stores.exchange.vpdq import read_vpdq, recording_of, write_vpdq_json, write_vpdq_text

__all__ = [
    "BANK",
    "Answer",
    "AnsweredMatch",
    "AnsweredStretch",
    "Bundle",
    "Imported",
    "Inquiry",
    "Labels",
    "Listed",
    "Partner",
    "Partners",
    "Sharing",
    "Signal",
    "SignalList",
    "answer_inquiry",
    "bank_entries",
    "grouped",
    "import_bank",
    "import_bundle",
    "plain_partner",
    "read_answer",
    "read_bundle",
    "read_inquiry",
    "read_signals",
    "read_vpdq",
    "recording_of",
    "remove_origin",
    "write_bundle",
    "write_inquiry",
    "write_signals",
    "write_vpdq_json",
    "write_vpdq_text",
]
