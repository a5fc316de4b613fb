// Package intake brings matters in from files: CSV, JSON lines and Excel, as
// cities have them, with the columns, dates and place names that they use.
//
// A tabular.Source reads rows one after another and never the whole file; a Mapping
// says which column is what; a resolver turns a row into a Matter, or into row
// errors that name row, field and remedy in both languages; Run carries the
// matters to the case room in chunks, each durable before the next. A matter
// is known by its outside number, or by a hash of its content where the file
// has none, so that a file can be run again without doubling.
//
// The room knows the case room only through Cases, and the city through City.
package intake
