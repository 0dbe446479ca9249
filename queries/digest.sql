-- How many rows does a table have, and what is the digest of each column that is converted?
-- Only rows of its own: those of partitions and children are theirs.
-- Composed: {table}, {digests}. A digest is the sum of each value's 64-bit hash as text: it does not
-- depend on the order of the rows, and is the same for a uuid and for the text of that uuid.
SELECT count(*) AS rows, ARRAY[{digests}]::text[] AS digests
FROM ONLY {table};
