// Package search finds texts by words, in Chinese and Latin script, on both engines.
//
// One tokenizer serves FTS5 and tsvector. Text is folded (full-width to
// half-width, lower case), cut into unbroken runs of letters and digits, and
// each stretch of Chinese characters becomes overlapping pairs plus its last
// character; Latin words and numbers stay whole. A query becomes, for each of
// its runs, a phrase of neighbouring tokens whose last word may be a beginning:
// one, two or more characters in a row find exactly the texts that hold them.
//
// Index rows are written behind the business write by an Indexer, which follows
// a Source by a cursor kept in search_cursor. Indexing twice is harmless.
package search
