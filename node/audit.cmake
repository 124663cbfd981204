# The audit is a library of its own: it needs no actor, and its tests need no node.
usher_library(audit
  SOURCES audit.cpp order_ledger.cpp section_ledger.cpp
  PUBLIC usher::domain usher::persistence)
