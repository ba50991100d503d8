-- A tour of SQLite: what it stores, indexes, searches, computes and undoes.
SELECT sqlite_version() > '3', sqlite_compileoption_used('THREADSAFE=0');
PRAGMA page_size = 1024;
PRAGMA journal_mode;

CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, born INTEGER CHECK (born < 2100));
CREATE TABLE book (id INTEGER PRIMARY KEY, author INTEGER REFERENCES author ON DELETE CASCADE, title TEXT, price REAL);
CREATE INDEX by_price ON book (price, title);
CREATE TABLE log (at INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT);
CREATE TRIGGER told AFTER UPDATE OF price ON book
  BEGIN INSERT INTO log (what) VALUES (old.title || ': ' || old.price || ' -> ' || new.price); END;
PRAGMA foreign_keys = 1;

INSERT INTO author VALUES (1, 'Mary Shelley', 1797), (2, 'Jules Verne', 1828), (3, 'Ἀριστοτέλης', -384);
INSERT INTO book (author, title, price) VALUES (1, 'Frankenstein', 9.5), (1, 'The Last Man', 12.25),
  (2, 'Vingt mille lieues sous les mers', 14), (2, 'Le Tour du monde', 11.75), (3, 'Περὶ ποιητικῆς', 7);

-- Joins, groups, windows, and a recursion.
SELECT name, count(*), avg(price), group_concat(title, '; ') FROM author JOIN book ON author = author.id GROUP BY 1
  ORDER BY 2 DESC, 1;
SELECT title, rank() OVER (ORDER BY price DESC), sum(price) OVER (ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM book;
WITH RECURSIVE collatz (n, steps) AS (VALUES (27, 0) UNION ALL
  SELECT iif(n % 2, 3 * n + 1, n / 2), steps + 1 FROM collatz WHERE n > 1) SELECT max(n), max(steps) FROM collatz;
EXPLAIN QUERY PLAN SELECT title FROM book WHERE price > 10 ORDER BY price;

-- What is undone.
BEGIN;
DELETE FROM author WHERE id = 1;
SELECT 'without her', count(*) FROM book;
SAVEPOINT inner;
DELETE FROM book;
ROLLBACK TO inner;
SELECT 'inner undone', count(*) FROM book;
ROLLBACK;
SELECT 'all undone', count(*) FROM book;
UPDATE book SET price = price * 1.1 WHERE author = 2;
SELECT * FROM log;

-- Many rows, so that pages split, and are free again.
CREATE TABLE number (n INTEGER PRIMARY KEY, square INTEGER, word TEXT);
INSERT INTO number WITH RECURSIVE up (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM up WHERE n < 500)
  SELECT n, n * n, printf('%05d-%x', n * 7919 % 10007, n * n) FROM up;
CREATE INDEX by_word ON number (word);
SELECT count(*), sum(square), min(word), max(word) FROM number;
SELECT n, word FROM number WHERE word GLOB '00*' ORDER BY word;
DELETE FROM number WHERE n % 3 = 0;
UPDATE number SET word = word || hex(zeroblob(40)) WHERE n % 50 = 1;
SELECT count(*), total(length(word)) FROM number;

-- Functions: text, numbers, dates, JSON.
SELECT upper('straße'), length('Ἀριστοτέλης'), substr('abcdef', -3, 2), replace('aXbX', 'X', '--'), quote(x'00ff'), instr('abc', 'c');
SELECT 7 / 2, 7 / 2.0, 9223372036854775807 + 1, round(2.5), 1e400, 0.1 + 0.2, typeof(1 / 0), cast('12abc' AS INTEGER), sqrt(2), ln(10);
SELECT date('2024-02-29', '+1 year'), strftime('%W %j %s', '2001-09-09 01:46:40'), julianday('1858-11-17');
SELECT json_extract('{"a": [1, {"b": "deep"}]}', '$.a[1].b'), json_group_array(n) FROM (SELECT n FROM number LIMIT 5);
SELECT key, value, type FROM json_each('{"x": 1.5, "y": [true, null], "z": "s"}');

-- Full text, and rectangles.
CREATE VIRTUAL TABLE page USING fts5 (body);
INSERT INTO page VALUES ('the quick brown fox'), ('a lazy dog sleeps'), ('quick dogs and lazy foxes');
SELECT rowid, highlight(page, 0, '[', ']') FROM page WHERE page MATCH 'quick OR lazy' ORDER BY rank, rowid;
CREATE VIRTUAL TABLE area USING rtree (id, x0, x1, y0, y1);
INSERT INTO area SELECT n, n % 20, n % 20 + 1.5, n / 20, n / 20 + 1.5 FROM number WHERE n < 300;
SELECT count(*) FROM area WHERE x0 < 5 AND y1 > 10;

VACUUM;
PRAGMA integrity_check;
PRAGMA page_count;
INSERT INTO author VALUES (4, 'Jules Verne', 1900);
