-- What the tour has left.
PRAGMA integrity_check;
SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name IN ('author', 'book') ORDER BY 1;
SELECT count(*) FROM number;
SELECT rowid FROM page WHERE page MATCH 'dog*' ORDER BY 1;
ATTACH 'data/other.db' AS other;
CREATE TABLE other.copied AS SELECT * FROM main.book;
BEGIN;
UPDATE book SET price = 0;
UPDATE other.copied SET price = 1;
COMMIT;
SELECT sum(a.price), sum(b.price) FROM main.book a JOIN other.copied b USING (id);
PRAGMA journal_mode = persist;
UPDATE book SET price = 2;
PRAGMA journal_mode = delete;
DROP TABLE number;
PRAGMA incremental_vacuum;
VACUUM;
