usher_test(audit
  SOURCES audit_test.cpp
  LINK usher::audit SQLite::SQLite3)
