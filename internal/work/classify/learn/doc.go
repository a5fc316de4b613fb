// Package learn sorts messages by a linear model of their words: pure Go, trained
// in seconds, microseconds a message, and able to say which words spoke.
//
// A text becomes units (Chinese characters, Latin words, numbers), a lexicon found
// in the training texts cuts it into words, words of no meaning are dropped, and
// what is left – characters, pairs, words – counts more the earlier it stands. A
// linear support vector machine for each label weighs these features; held-back
// parts of the training texts tell how sure a score is. docs/classify.md tells the
// method, its figures and its limits.
//
// The package knows neither database nor server. The same examples give the same
// model, byte for byte.
package learn
