-- Tokens are keyed and one-way; "sealed" is ciphertext. Nothing else says anything about a patient.
CREATE TABLE study (
    id INTEGER PRIMARY KEY,
    token BLOB NOT NULL UNIQUE,
    patient BLOB NOT NULL,
    key BLOB NOT NULL,
    series_count INTEGER NOT NULL DEFAULT 0,
    instance_count INTEGER NOT NULL DEFAULT 0,
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    token BLOB NOT NULL UNIQUE,
    study INTEGER NOT NULL REFERENCES study (id),
    instance_count INTEGER NOT NULL DEFAULT 0,
    sealed BLOB NOT NULL
) STRICT;

CREATE INDEX series_of_study ON series (study);

-- A rowid table, so that the instances of a series lie side by side in the order of their commits.
CREATE TABLE instance (
    id INTEGER PRIMARY KEY,
    token BLOB NOT NULL UNIQUE,
    series INTEGER NOT NULL REFERENCES series (id),
    class BLOB NOT NULL,
    digest BLOB NOT NULL,
    form INTEGER NOT NULL,
    pack INTEGER NOT NULL,
    position INTEGER NOT NULL,
    length INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

CREATE INDEX instance_of_series ON instance (series);

CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY,
    content BLOB NOT NULL UNIQUE,
    device BLOB NOT NULL,
    instance BLOB NOT NULL,
    reason INTEGER NOT NULL,
    key BLOB NOT NULL,
    pack INTEGER NOT NULL,
    position INTEGER NOT NULL,
    length INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

CREATE INDEX quarantine_of_device ON quarantine (device);

-- Everything committed to the packs before this position is in the tables above.
CREATE TABLE mark (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    pack INTEGER NOT NULL,
    position INTEGER NOT NULL
) STRICT;

INSERT INTO mark (id, pack, position) VALUES (1, 0, 0);
