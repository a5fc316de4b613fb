// Package locale holds the few texts of the backend that are neither errors
// (those are in errs, beside their rules) nor labels of a room's own data:
// names of exports, sentences of reports, notices. The texts are in zh.json
// and en.json under the same keys; a test fails on a key that one language
// lacks, that no code uses, or whose placeholders differ.
package locale
