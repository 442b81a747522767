-- Counts of series and studies are of instances that are shown: a rejected one is kept and counts nowhere.
ALTER TABLE instance ADD COLUMN rejected INTEGER NOT NULL DEFAULT 0;

-- Rises with every change of what a series shows, so that metadata made meanwhile is not taken for current.
ALTER TABLE series ADD COLUMN changes INTEGER NOT NULL DEFAULT 0;

-- What was decided about studies, for lists; sealed like rows.
CREATE TABLE decision (
    id INTEGER PRIMARY KEY,
    record BLOB NOT NULL UNIQUE,
    kind INTEGER NOT NULL,
    study BLOB NOT NULL,
    key BLOB NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

CREATE INDEX decision_of_study ON decision (study);

-- Made ready for whoever asks; made again whenever it is missing.
CREATE TABLE metadata (
    series INTEGER PRIMARY KEY REFERENCES series (id),
    instances INTEGER NOT NULL,
    length INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

-- Rows of studies now also say which departments there are: all rows are made anew from the packs.
DELETE FROM instance;
DELETE FROM series;
DELETE FROM study;
DELETE FROM quarantine;
UPDATE mark SET pack = 0, position = 0;
