// Package archive copies a whole installation into one file and back.
//
// A backup is a gzipped tar that knows nothing of the engine: the manifest
// first (versions, migrations, tables with their row counts, heads of the audit
// chains), then the rows of every table, read in one snapshot while the server
// goes on writing, in parts of a few megabytes, then the contents of the data
// folder (photos, map, keys), and last an end mark over the checksums of all
// parts. Rows are typed values, exact to the bit, so that a backup of SQLite
// comes back into PostgreSQL and the other way round.
//
// Load is, beside migrations, the only raw way to write rows: the rows of a
// backup carry their own history and audit chain and must not make new ones.
package archive
