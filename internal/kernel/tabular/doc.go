// Package tabular reads tables from files as cities have them: CSV, JSON lines and
// Excel, in any usual encoding, with titles above the headings, merged cells and
// damaged rows. A Source gives rows one after another and never holds the whole
// file; what is wrong names file, row and remedy in both languages.
package tabular
